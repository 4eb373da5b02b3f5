"""Several models as one, so that a single program shows what each of them does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinyq.graph import Graph, Op, Tensor
from tinyq.graph.options import CallOnceOptions, VarHandleOptions


def merged(graphs: Sequence[Graph]) -> Graph:
    """All tensors, operators, inputs and outputs, in the order of the models; nothing connects them."""
    tensors: list[Tensor] = []
    ops: list[Op] = []
    inputs: list[int] = []
    outputs: list[int] = []
    initializers: list[Graph] = []
    for number, graph in enumerate(graphs):
        first, once = len(tensors), len(initializers)
        tensors += [replace(t, name=f"model_{number}/{t.name}") for t in graph.tensors]
        for op in graph.ops:
            moved = tuple(t + first if t >= 0 else t for t in op.inputs)
            shifted = tuple(t + first for t in op.intermediates)
            outputs_of = tuple(t + first for t in op.outputs)
            ops.append(replace(_own(op, number, once), inputs=moved, outputs=outputs_of, intermediates=shifted))
        inputs += [t + first for t in graph.inputs]
        outputs += [t + first for t in graph.outputs]
        initializers += [replace(g, ops=tuple(_own(op, number, once) for op in g.ops)) for g in graph.initializers]
    return Graph(tuple(tensors), tuple(ops), tuple(inputs), tuple(outputs), initializers=tuple(initializers))


def _own(op: Op, number: int, once: int) -> Op:
    """The operator with variables of its own model's, and with the place that initializers get."""
    if isinstance(op.options, VarHandleOptions):
        return replace(op, options=replace(op.options, shared_name=f"model_{number}/{op.options.shared_name}"))
    if isinstance(op.options, CallOnceOptions):
        return replace(op, options=CallOnceOptions(op.options.subgraph + once))
    return op
