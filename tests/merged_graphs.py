"""Several models as one, so that a single program shows what each of them does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinyq.graph import Graph, Op, Tensor


def merged(graphs: Sequence[Graph]) -> Graph:
    """All tensors, operators, inputs and outputs, in the order of the models; nothing connects them."""
    tensors: list[Tensor] = []
    ops: list[Op] = []
    inputs: list[int] = []
    outputs: list[int] = []
    for number, graph in enumerate(graphs):
        first = len(tensors)
        tensors += [replace(t, name=f"model_{number}/{t.name}") for t in graph.tensors]
        for op in graph.ops:
            moved = tuple(t + first if t >= 0 else t for t in op.inputs)
            shifted = tuple(t + first for t in op.intermediates)
            ops.append(replace(op, inputs=moved, outputs=tuple(t + first for t in op.outputs), intermediates=shifted))
        inputs += [t + first for t in graph.inputs]
        outputs += [t + first for t in graph.outputs]
    return Graph(tuple(tensors), tuple(ops), tuple(inputs), tuple(outputs))
