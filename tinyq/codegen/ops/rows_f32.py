"""SOFTMAX, LOG_SOFTMAX and L2_NORMALIZATION of float32 along the last dimension."""

from __future__ import annotations

from tinyq.codegen import checks, literals
from tinyq.codegen.kernel import Argument, Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.ops import l2_normalization
from tinyq.graph import DType
from tinyq.graph.options import SoftmaxOptions

_FUNCTIONS = {
    "SOFTMAX": "tq_softmax_f32", "LOG_SOFTMAX": "tq_log_softmax_f32", "L2_NORMALIZATION": "tq_l2_normalization_f32",
}  # fmt: skip


class RowsFloat:
    """``tq_softmax_f32`` and its like."""

    kinds = tuple(_FUNCTIONS)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.meant_for((node.input(0), DType.FLOAT32))
            or checks.dtypes((node.output, DType.FLOAT32))
            or checks.shape(node.output, node.input(0).shape)
            or checks.require(len(node.input(0).shape) > 0, "it has no dimensions")
            or (l2_normalization.common_objection(node) if node.op.kind == "L2_NORMALIZATION" else "")
        )

    def cost(self, node: Node, target: Target) -> float:
        return 150.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        depth = node.input(0).shape[-1]
        arguments: tuple[Argument, ...] = (node.output.elements // depth, depth, Input(0), Output())
        if isinstance(node.op.options, SoftmaxOptions):
            arguments = (literals.number(float(node.op.options.beta)), *arguments)
        return Emission(calls=(Call(_FUNCTIONS[node.op.kind], arguments),), headers=("tq_rows_f32.h",))


register(RowsFloat(), "float32")
