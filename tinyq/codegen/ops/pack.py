"""PACK of any type: a concatenation along a new axis."""

from __future__ import annotations

import math

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.moves import Mover, moved, type_names
from tinyq.graph import DType
from tinyq.graph.options import PackOptions


def axis_of(node: Node) -> int:
    """The new axis, counted from the front."""
    assert isinstance(node.op.options, PackOptions)  # noqa: S101 - the reader gives it these
    axis = node.op.options.axis
    return axis + len(node.output.shape) if axis < 0 else axis


class Pack(Mover):
    """``tq_concatenate``, one call for each input."""

    TYPES = (DType.INT8, DType.INT16, DType.INT32, DType.INT64, DType.FLOAT32)
    kinds = ("PACK",)

    def objection(self, node: Node, target: Target) -> str:
        count = len(node.op.inputs)
        return (
            checks.require(count > 0, "it has no inputs")
            or checks.arity(node, count)
            or checks.first(moved(node, tensor, (node.output,), self.TYPES) for tensor in node.inputs)
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        axis, shape = axis_of(node), node.input(0).shape
        if not 0 <= axis <= len(shape):
            return f"its axis is no dimension of {node.output.shape}"
        return checks.first(checks.shape(tensor, shape) for tensor in node.inputs) or checks.shape(
            node.output, (*shape[:axis], len(node.inputs), *shape[axis:])
        )

    def emit(self, node: Node, target: Target) -> Emission:
        rows = math.prod(node.output.shape[: axis_of(node)])
        row_bytes = node.input(0).nbytes // rows
        total = node.output.nbytes // rows
        calls = tuple(
            Call("tq_concatenate", (rows, row_bytes, total, Input(i), Output(0, i * row_bytes)))
            for i in range(len(node.inputs))
        )
        return Emission(calls=calls, headers=("tq_concatenate.h",))


register(Pack(), *type_names(Pack.TYPES))
