"""What a quantized graph takes of flash, RAM and time, as far as its bit widths decide."""

from __future__ import annotations

from dataclasses import dataclass

from tinyq.footprint.arena import activation_buffers
from tinyq.footprint.planner import plan_memory
from tinyq.graph import DType, Graph, macs

METHODS = {
    "flash": "bytes of the operators' constants; code and tables apart",
    "ram": "the planner's arena for activations alone; scratch buffers apart",
    "cost": "multiply-accumulates, those of int16 activations counted twice; not measured on a target",
}
"""How each figure is obtained."""

_INT16_COST = 2


@dataclass(frozen=True)
class Resources:
    """What one model takes.

    Attributes:
        flash: Bytes of the constants that operators read.
        ram: Bytes of the arena that holds its activations.
        cost: Multiply-accumulates, weighted by the width of activations.
    """

    flash: int
    ram: int
    cost: int

    def relative_to(self, other: Resources) -> float:
        """Sum of the three, each as a part of the other's."""
        pairs = ((self.flash, other.flash), (self.ram, other.ram), (self.cost, other.cost))
        return sum(a / max(1, b) for a, b in pairs)


def resources(graph: Graph) -> Resources:
    """What a quantized graph takes."""
    constants = {t for op in graph.ops for t in op.inputs if t >= 0 and graph.tensors[t].is_constant}
    cost = 0
    for op in graph.ops:
        wide = bool(op.inputs) and op.inputs[0] >= 0 and graph.tensors[op.inputs[0]].dtype is DType.INT16
        cost += macs(graph, op) * (_INT16_COST if wide else 1)
    return Resources(
        flash=sum(graph.tensors[t].nbytes for t in constants),
        ram=plan_memory(list(activation_buffers(graph).values())).size,
        cost=cost,
    )
