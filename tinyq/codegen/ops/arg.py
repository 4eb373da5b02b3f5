"""ARG_MAX and ARG_MIN along one axis."""

from __future__ import annotations

import math

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.pairs import SUFFIXES
from tinyq.graph import DType

_TYPES = (DType.INT8, DType.FLOAT32)


def axis_of(node: Node) -> int:
    """The axis, counted from the front."""
    data = node.input(1).data
    assert data is not None  # noqa: S101 - checked by objection()
    axis = int(data.reshape(-1)[0])
    return axis + len(node.input(0).shape) if axis < 0 else axis


class Arg:
    """``tq_arg_*``."""

    kinds = ("ARG_MAX", "ARG_MIN")
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or checks.require(
                node.input(0).dtype in _TYPES,
                f"TensorFlow Lite Micro has no {node.op.kind} of {node.input(0).dtype}",
            )
            or checks.dtypes((node.input(1), DType.INT32), (node.output, DType.INT32))
            or checks.constant(node.input(1), "axes")
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        shape = node.input(0).shape
        if node.input(1).elements != 1 or not 0 <= axis_of(node) < len(shape):
            return f"its axis is no dimension of {shape}"
        return checks.shape(node.output, (*shape[: axis_of(node)], *shape[axis_of(node) + 1 :]))

    def cost(self, node: Node, target: Target) -> float:
        return 8.0 * node.input(0).elements

    def emit(self, node: Node, target: Target) -> Emission:
        shape, axis = node.input(0).shape, axis_of(node)
        params = Params(
            "tq_arg_params",
            {"outer": math.prod(shape[:axis]), "axis": shape[axis], "inner": math.prod(shape[axis + 1 :])},
        )
        function = f"tq_{node.op.kind.lower()}_{SUFFIXES[node.input(0).dtype]}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output())),), headers=("tq_arg.h",), params=params
        )


register(Arg(), *(t.value for t in _TYPES))
