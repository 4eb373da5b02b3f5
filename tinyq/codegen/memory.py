"""Which tensors share bytes, how long they live, and where they lie in the arena."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from tinyq.codegen.in_place import Chain, Life, Link, Move, chains
from tinyq.errors import UnsupportedError
from tinyq.footprint.planner import Buffer, MemoryPlan, plan_memory
from tinyq.graph import Graph

ALIGNMENT = 16


@dataclass(frozen=True)
class Memory:
    """Where every tensor and scratch buffer of a program is.

    Attributes:
        plan: The arena.
        roots: For each tensor that is used, the tensor whose bytes it is: itself, or what it is an alias of.
        tensor_offsets: Arena offset by root tensor; constants are not in it.
        scratch_offsets: Arena offset by op index.
        moves: What is moved before an op, by its index; the op reads it from where it is then.
    """

    plan: MemoryPlan
    roots: Mapping[int, int]
    tensor_offsets: Mapping[int, int]
    scratch_offsets: Mapping[int, int]
    moves: Mapping[int, Move]


def plan_tensors(
    graph: Graph,
    aliases: Mapping[int, int],
    scratch: Mapping[int, int],
    leads: Mapping[int, Mapping[int, int]] = MappingProxyType({}),
) -> Memory:
    """Place all activations and scratch buffers.

    Inputs are there before the first op, outputs after the last one, and neither is overwritten earlier or later than
    that; variables live all the time; every other tensor lives from the op that writes it to the last op that reads it
    or one of its aliases.

    Args:
        aliases: Output tensor -> input tensor whose bytes it is.
        scratch: Op index -> bytes.
        leads: Op index -> inputs that its output may lie over, as :attr:`tinyq.codegen.kernel.Emission.leads`.

    Raises:
        UnsupportedError: A tensor is neither constant nor computed, or an input is constant.
    """
    roots = _roots(graph, aliases)
    last_step = max(len(graph.ops) - 1, 0)
    first: dict[int, int] = {}
    last: dict[int, int] = {}

    def live(tensor: int, step: int) -> None:
        root = roots[tensor]
        first[root] = min(first.get(root, step), step)
        last[root] = max(last.get(root, step), step)

    for tensor in graph.inputs:
        live(tensor, 0)
    for step, op in enumerate(graph.ops):
        for tensor in (*op.inputs, *op.outputs):
            if tensor >= 0:
                live(tensor, step)
    for tensor in graph.outputs:
        live(tensor, last_step)
    for tensor in variables(graph):
        live(tensor, 0)
        live(tensor, last_step)

    activations = [t for t in first if not graph.tensors[t].is_constant]
    lives = {t: Life(graph.tensors[t].nbytes, first[t], last[t]) for t in activations}
    kept = {roots[t] for t in (*graph.outputs, *variables(graph))}
    joined = chains(lives, _links(graph, roots, lives, leads, kept), ALIGNMENT)
    buffers = [_buffer(chain, lives) for chain in joined]
    scratches = sorted(op for op, size in scratch.items() if size > 0)
    buffers += [Buffer(f"scratch of op {op}", scratch[op], op, op) for op in scratches]
    plan = plan_memory(buffers, ALIGNMENT)
    bases = plan.offsets
    offsets: dict[int, int] = {}
    moves: dict[int, Move] = {}
    for chain, base in zip(joined, bases, strict=False):
        offsets.update((tensor, base + offset) for tensor, offset in zip(chain.tensors, chain.offsets, strict=True))
        for step, move in chain.moves.items():
            moves[step] = replace(move, source=base + move.source, target=base + move.target)
    return Memory(plan, roots, offsets, dict(zip(scratches, bases[len(joined) :], strict=True)), moves)


def _buffer(chain: Chain, lives: Mapping[int, Life]) -> Buffer:
    size = chain.size if len(chain.tensors) > 1 else lives[chain.tensors[0]].size
    return Buffer(" + ".join(f"tensor {t}" for t in chain.tensors), size, chain.first, chain.last)


def _links(
    graph: Graph,
    roots: Mapping[int, int],
    lives: Mapping[int, Life],
    leads: Mapping[int, Mapping[int, int]],
    kept: Collection[int],
) -> list[Link]:
    """Ops whose output may be computed in place of an input: one that nobody reads later, and that has one reader in
    the op itself. Of several the one that was written last.
    """
    found = []
    for step, positions in leads.items():
        op = graph.ops[step]
        inputs, output = [roots[t] for t in op.inputs if t >= 0], op.outputs[0]
        sources = {
            root: lead
            for position, lead in positions.items()
            if (root := roots[op.inputs[position]]) in lives
            and lives[root].last == step
            and root not in kept
            and inputs.count(root) == 1
        }
        if sources and roots[output] == output and not graph.tensors[output].is_variable:
            source = max(sources, key=lambda root: lives[root].first)
            found.append(Link(step, source, output, sources[source]))
    return found


def room_for_scratch(graph: Graph, index: int) -> int:
    """Bytes of scratch that an op may take while no more memory is in use than where the activations need most.

    Aliases are taken for tensors of their own, which errs by the size of small ones.
    """
    lives: dict[int, list[int]] = {t: [0] for t in graph.inputs}
    for step, op in enumerate(graph.ops):
        for tensor in (*op.inputs, *op.outputs):
            if tensor >= 0 and not graph.tensors[tensor].is_constant:
                lives.setdefault(tensor, []).append(step)
    for tensor in graph.outputs:
        lives.setdefault(tensor, []).append(len(graph.ops) - 1)
    used = [0] * len(graph.ops)
    for tensor, steps in lives.items():
        for step in range(min(steps), max(steps) + 1):
            used[step] += -(-graph.tensors[tensor].nbytes // ALIGNMENT) * ALIGNMENT
    return max(used) - used[index]


def variables(graph: Graph) -> tuple[int, ...]:
    """Tensors that keep their values between inferences, as far as they are used."""
    used = {t for op in graph.ops for t in (*op.inputs, *op.outputs)}
    return tuple(i for i, t in enumerate(graph.tensors) if t.is_variable and not t.is_constant and i in used)


def _roots(graph: Graph, aliases: Mapping[int, int]) -> dict[int, int]:
    roots = {i: i for i, t in enumerate(graph.tensors) if t.is_constant}
    for tensor in graph.inputs:
        if tensor in roots:
            raise UnsupportedError(
                f"Input tensor {graph.tensors[tensor].name!r} is constant.", "Remove it from the model's inputs."
            )
    roots.update({t: t for t in (*graph.inputs, *variables(graph))})
    for op in graph.ops:
        for tensor in op.inputs:
            if tensor >= 0 and tensor not in roots:
                raise UnsupportedError(
                    f"{op.kind} reads tensor {graph.tensors[tensor].name!r}, which nothing writes.",
                    "Export the model again.",
                )
        for tensor in op.outputs:
            roots[tensor] = roots[aliases[tensor]] if tensor in aliases else tensor
    return roots
