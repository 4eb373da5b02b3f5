"""CONCATENATION of any type."""

from __future__ import annotations

import math

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.moves import ANY, type_names
from tinyq.graph import DType
from tinyq.graph.options import ConcatenationOptions

_MAX_INPUTS = 10  # of TFLM


def axis_of(node: Node) -> int:
    """The axis, counted from the front."""
    assert isinstance(node.op.options, ConcatenationOptions)  # noqa: S101 - the reader gives it these
    axis = node.op.options.axis
    return axis + len(node.output.shape) if axis < 0 else axis


class Concatenation:
    """``tq_concatenate``, one call for each input."""

    kinds = ("CONCATENATION",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, range(1, _MAX_INPUTS + 1))
            or checks.require(min(node.op.inputs) >= 0, "one of its inputs is missing")
            or checks.dtypes(*((t, node.output.dtype) for t in node.inputs))
            or checks.require(node.output.dtype.bits % 8 == 0, f"its type is {node.output.dtype}")
            or self._shape_objection(node)
            or self._quantization_objection(node)
            or checks.require(self._options(node).activation == "NONE", "it has a fused activation")
        )

    def _options(self, node: Node) -> ConcatenationOptions:
        assert isinstance(node.op.options, ConcatenationOptions)  # noqa: S101 - the reader gives it these
        return node.op.options

    def _shape_objection(self, node: Node) -> str:
        shape, axis = node.output.shape, axis_of(node)
        if not 0 <= axis < len(shape):
            return f"its axis is no dimension of {shape}"
        for tensor in node.inputs:
            if len(tensor.shape) != len(shape):
                return "its inputs differ in their number of dimensions"
            if objection := checks.shape(tensor, (*shape[:axis], tensor.shape[axis], *shape[axis + 1 :])):
                return objection
        total = sum(t.shape[axis] for t in node.inputs)
        return checks.shape(node.output, (*shape[:axis], total, *shape[axis + 1 :]))

    def _quantization_objection(self, node: Node) -> str:
        if node.output.dtype is not DType.INT8:
            return checks.int16_symmetric(*node.inputs, node.output)
        return checks.quantized(*node.inputs, node.output) or checks.first(
            checks.same_quantization(tensor, node.output) for tensor in node.inputs
        )

    def cost(self, node: Node, target: Target) -> float:
        return 2.0 * node.output.nbytes

    def emit(self, node: Node, target: Target) -> Emission:
        axis, size = axis_of(node), node.output.dtype.bits // 8
        rows = math.prod(node.output.shape[:axis])
        calls, offset = [], 0
        for position, tensor in enumerate(node.inputs):
            row_bytes = math.prod(tensor.shape[axis:]) * size
            arguments = (rows, row_bytes, node.output.nbytes // rows, Input(position), Output(0, offset))
            calls.append(Call("tq_concatenate", arguments))
            offset += row_bytes
        return Emission(calls=tuple(calls), headers=("tq_concatenate.h",))


register(Concatenation(), *type_names(ANY))
