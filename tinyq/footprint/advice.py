"""What would make a model smaller on a board, with the bytes that it would save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tinyq.footprint.arena import activation_buffers
from tinyq.footprint.estimate import Footprint
from tinyq.graph import DType, Graph, layer_name
from tinyq.hardware.boards import Board, Role

_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
_FLASH: tuple[Role, ...] = ("code", "model")
_RESERVE_STEP = 256
_RESERVE_MARGIN = 1.25
_WORTH_NAMING = 0.02  # of the flash or the RAM that is used


@dataclass(frozen=True)
class Advice:
    """One way to need less.

    Attributes:
        text: What to do.
        savings: Bytes that it saves, by what they are used for.
        fits: Whether it alone is enough, where the board is too small.
    """

    text: str
    savings: Mapping[Role, int] = field(default_factory=lambda: MappingProxyType({}))
    fits: bool = False

    @property
    def flash_bytes(self) -> int:
        return sum(self.savings.get(role, 0) for role in _FLASH)

    @property
    def ram_bytes(self) -> int:
        return sum(count for role, count in self.savings.items() if role not in _FLASH)


def advice(graph: Graph, board: Board, footprint: Footprint, others: Mapping[str, Footprint]) -> tuple[Advice, ...]:
    """Ways to shrink a model, those that save most of what is short first.

    Args:
        graph: The quantized model.
        board: The board.
        footprint: What the model takes there.
        others: How else it could be built -> what it would take then.
    """
    found = [
        *_stack(board, footprint),
        *_peak(graph),
        *_weights(graph),
        *(_other(text, footprint, other) for text, other in others.items()),
    ]
    limits = footprint.flash_bytes * _WORTH_NAMING, footprint.ram_bytes * _WORTH_NAMING
    named = [a for a in found if a.flash_bytes >= limits[0] or a.ram_bytes >= limits[1]]
    judged = [Advice(a.text, a.savings, _fits(board, footprint, a)) for a in named]
    short_of_flash = any(_is_flash(board, s.region) for s in footprint.shortages)
    return tuple(sorted(judged, key=lambda a: (not a.fits, -(a.flash_bytes if short_of_flash else a.ram_bytes))))


def _stack(board: Board, footprint: Footprint) -> list[Advice]:
    if footprint.stack is None:
        return []
    used = footprint.stack.bytes
    enough = -(-int(used * _RESERVE_MARGIN) // _RESERVE_STEP) * _RESERVE_STEP
    text = f"reserve {enough:,} bytes of stack, of which about {used:,} are used: -DSTACK_BYTES={enough}"
    return [Advice(text, {"data": board.stack_bytes - enough})] if enough < board.stack_bytes else []


def _peak(graph: Graph) -> list[Advice]:
    """Half of the largest tensor where activations need most, down to where something else needs as much."""
    buffers = activation_buffers(graph)
    steps = range(len(graph.ops) + 1)
    live = {step: [i for i, b in buffers.items() if b.first <= step <= b.last] for step in steps}
    size = {step: sum(graph.tensors[i].nbytes for i in found) for step, found in live.items()}
    peak = max(steps, key=lambda step: size[step])
    if not live[peak]:
        return []
    largest = max(live[peak], key=lambda i: graph.tensors[i].nbytes)
    half = graph.tensors[largest].nbytes // 2
    saved = size[peak] - max(size[step] - (half if largest in live[step] else 0) for step in steps)
    producer = graph.producers.get(largest)
    if producer is None:
        text = f"halve the input {graph.tensors[largest].name}, the largest of what is live at the peak"
    else:
        name = layer_name(graph, graph.ops[producer])
        text = f"halve the channels or the resolution of {name}, whose output is the largest at the peak"
    return [Advice(text, {"arena": saved})]


def _weights(graph: Graph) -> list[Advice]:
    """4-bit weights, and the layer that holds most."""
    by_layer: dict[str, int] = {}
    seen: set[int] = set()
    for op in graph.ops:
        index = op.input(1)
        if op.kind not in _WEIGHTED or index < 0 or index in seen:
            continue
        tensor = graph.tensors[index]
        if tensor.is_constant and tensor.dtype is DType.INT8:
            seen.add(index)
            name = layer_name(graph, op)
            by_layer[name] = by_layer.get(name, 0) + tensor.nbytes
    if not by_layer:
        return []
    total, largest = sum(by_layer.values()), max(by_layer, key=lambda n: by_layer[n])
    return [
        Advice("give all layers 4-bit weights: --scheme w4a8 (look at the accuracy)", {"model": total // 2}),
        Advice(f"halve {largest}, which holds {by_layer[largest]:,} of {total:,} bytes of weights",
               {"model": by_layer[largest] // 2}),
    ]  # fmt: skip


def _other(text: str, footprint: Footprint, other: Footprint) -> Advice:
    """Another way to build; roles in which it takes more are negative savings."""
    savings: dict[Role, int] = {}
    for sign, found in ((1, footprint), (-1, other)):
        for part in (*found.flash, *found.ram):
            savings[part.role] = savings.get(part.role, 0) + sign * part.bytes
    return Advice(text, savings)


def _fits(board: Board, footprint: Footprint, found: Advice) -> bool:
    """Whether no memory is too small any more."""
    if not footprint.shortages:
        return False
    for shortage in footprint.shortages:
        saved = sum(count for role, count in found.savings.items() if _region(board, role) == shortage.region)
        if shortage.needed - saved > shortage.limit:
            return False
    return True


def _region(board: Board, role: Role) -> str | None:
    region = board.region(role)
    return region.name if region is not None else None


def _is_flash(board: Board, region: str) -> bool:
    return region in {_region(board, role) for role in _FLASH}
