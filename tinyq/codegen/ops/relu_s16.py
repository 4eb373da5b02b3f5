"""RELU and RELU6 of int16: a clamp where no rescaling is needed."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import quantize_multiplier
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.ops.relu import ReluByClamp, factor_of, objection
from tinyq.graph import DType


class ReluInt16:
    """``tq_relu_s16``."""

    kinds = ("RELU",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return objection(node, DType.INT16) or checks.int16_symmetric(node.input(0), node.output)

    def cost(self, node: Node, target: Target) -> float:
        return 20.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        multiplier, shift = quantize_multiplier(factor_of(node))
        arguments = (multiplier, shift, node.output.elements, Input(0), Output())
        return Emission(calls=(Call("tq_relu_s16", arguments),), headers=("tq_relu_s16.h",))


class ClampInt16(ReluByClamp):
    """``tq_clamp_s16``; TFLM's RELU of int16 knows no zero points, its RELU6 does."""

    def objection(self, node: Node, target: Target) -> str:
        symmetric = "" if node.op.kind == "RELU6" else checks.int16_symmetric(node.input(0), node.output)
        return super().objection(node, target) or symmetric


register(ReluInt16())
register(ClampInt16(DType.INT16), "int16")
