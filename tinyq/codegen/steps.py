"""The kernels of a whole program, by what matters most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyq.codegen.choose import able_kernels, choose
from tinyq.codegen.flash import smallest
from tinyq.codegen.kernel import Emission, Kernel, Node, Target
from tinyq.codegen.memory import Memory, plan_tensors
from tinyq.graph import Graph


@dataclass(frozen=True)
class Step:
    """What carries out one operator, and why it was taken."""

    kernel: Kernel
    emission: Emission
    reason: str


def steps_of(graph: Graph, target: Target) -> tuple[Step, ...]:
    """A step for each operator.

    Raises:
        UnsupportedError: There is no kernel for one; the message names operator, tensor and layer.
    """
    nodes = [Node(graph, i) for i in range(len(graph.ops))]
    if target.optimize not in ("size", "ram"):
        choices = [choose(node, target) for node in nodes]
        return tuple(
            Step(choice.kernel, choice.kernel.emit(node, target), choice.reason)
            for node, choice in zip(nodes, choices, strict=True)
        )
    candidates = [
        [Step(kernel, kernel.emit(node, target), "") for kernel in able_kernels(node, target)] for node in nodes
    ]
    if target.optimize == "size":
        return _least_flash(candidates, target)
    return _least_ram(graph, candidates, target)


def memory_of(graph: Graph, steps: Sequence[Step], target: Target) -> Memory:
    """Where everything lies; outputs over inputs only where RAM matters most, as that may take time."""
    aliases = {
        graph.ops[i].outputs[0]: graph.ops[i].inputs[step.emission.alias]
        for i, step in enumerate(steps)
        if step.emission.alias is not None
    }
    scratch = {i: step.emission.scratch_bytes for i, step in enumerate(steps)}
    leads = {i: step.emission.leads for i, step in enumerate(steps) if step.emission.leads}
    return plan_tensors(graph, aliases, scratch, leads if target.optimize == "ram" else {})


def _least_flash(candidates: Sequence[Sequence[Step]], target: Target) -> tuple[Step, ...]:
    found = smallest([[step.emission for step in steps] for steps in candidates], target.name)
    return tuple(
        Step(steps[i].kernel, steps[i].emission, _reason("with it, code and constants are smallest", steps))
        for steps, i in zip(candidates, found, strict=True)
    )


def _least_ram(graph: Graph, candidates: Sequence[Sequence[Step]], target: Target) -> tuple[Step, ...]:
    """Of each operator the kernel that works in the fewest bytes; then faster ones, where the arena stays as small."""
    chosen = []
    for i, steps in enumerate(candidates):
        # of equal ones that with less scratch, for which nothing needs to be in place
        sizes = [(_working_bytes(graph, i, step.emission), step.emission.scratch_bytes) for step in steps]
        chosen.append(steps[sizes.index(min(sizes))])
    arena = memory_of(graph, chosen, target).plan.size
    for i, steps in enumerate(candidates):
        for step in steps:
            if step is chosen[i]:
                break
            trial = [*chosen[:i], step, *chosen[i + 1 :]]
            if memory_of(graph, trial, target).plan.size <= arena:
                chosen = trial
                break
    return tuple(
        Step(step.kernel, step.emission, _reason("the fastest without a larger arena", steps))
        for step, steps in zip(chosen, candidates, strict=True)
    )


def _working_bytes(graph: Graph, index: int, emission: Emission) -> int:
    """Bytes of the activations and scratch of one operator, if it may work in place."""
    op = graph.ops[index]
    inputs = {t: graph.tensors[t].nbytes for t in op.inputs if t >= 0 and not graph.tensors[t].is_constant}
    output = sum(graph.tensors[t].nbytes for t in op.outputs)
    if emission.alias is not None:
        return sum(inputs.values())
    apart = sum(inputs.values()) + output
    together = [
        apart - inputs[t] - output + max(output, inputs[t] + lead)
        for position, lead in emission.leads.items()
        if (t := op.inputs[position]) in inputs
    ]
    return min([apart, *together]) + emission.scratch_bytes


def _reason(best: str, steps: Sequence[Step]) -> str:
    return f"{best}, of {len(steps)} kernels" if len(steps) > 1 else "the one kernel for this"
