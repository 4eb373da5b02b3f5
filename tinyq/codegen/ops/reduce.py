"""REDUCE_MAX and REDUCE_MIN over any axes."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, Value, register
from tinyq.codegen.ops.mean import axes_of, reduced_shape_objection
from tinyq.codegen.pairs import SUFFIXES
from tinyq.codegen.shapes import Loop, merge, nest, row_major
from tinyq.graph import DType

_TYPES = (DType.INT8, DType.FLOAT32)


def reduction_members(node: Node) -> dict[str, Value]:
    """Members of a ``tq_reduce_params``."""
    source, axes = node.input(0), axes_of(node)
    loops = [Loop(size, (stride, 0)) for size, stride in zip(source.shape, row_major(source.shape), strict=True)]
    return {
        "kept": nest(merge(loop for i, loop in enumerate(loops) if i not in axes)),
        "reduced": nest(merge(loop for i, loop in enumerate(loops) if i in axes)),
    }


class Reduce:
    """``tq_reduce_*``."""

    kinds = ("REDUCE_MAX", "REDUCE_MIN")
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or checks.require(
                node.input(0).dtype in _TYPES,
                f"TensorFlow Lite Micro has no {node.op.kind} of {node.input(0).dtype}",
            )
            or checks.dtypes((node.input(1), DType.INT32), (node.output, node.input(0).dtype))
            or checks.constant(node.input(1), "axes")
            or self._quantization_objection(node)
            or reduced_shape_objection(node)
        )

    def _quantization_objection(self, node: Node) -> str:
        if node.output.dtype is not DType.INT8:
            return ""
        tensors = node.input(0), node.output
        return checks.quantized(*tensors) or checks.same_quantization(*tensors)

    def cost(self, node: Node, target: Target) -> float:
        return 8.0 * node.input(0).elements

    def emit(self, node: Node, target: Target) -> Emission:
        params = Params("tq_reduce_params", reduction_members(node))
        function = f"tq_{node.op.kind.lower()}_{SUFFIXES[node.output.dtype]}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output())),), headers=("tq_reduce.h",), params=params
        )


register(Reduce(), *(t.value for t in _TYPES))
