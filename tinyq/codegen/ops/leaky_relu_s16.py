"""LEAKY_RELU of int16."""

from __future__ import annotations

from tinyq.codegen.arithmetic import quantize_multiplier, zero_point_of
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, Value, register
from tinyq.codegen.ops import leaky_relu
from tinyq.codegen.tables import unary_objection
from tinyq.graph import DType


class LeakyReluInt16:
    """``tq_leaky_relu_s16``."""

    kinds = ("LEAKY_RELU",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return unary_objection(node, DType.INT16) or leaky_relu.objection(node)

    def cost(self, node: Node, target: Target) -> float:
        return 20.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        positive, negative = leaky_relu.factors_of(node)
        params = Params(
            "tq_leaky_relu_s16_params",
            {
                "count": node.output.elements,
                "input_zero_point": zero_point_of(node.input(0)),
                "positive": self._factor(positive),
                "negative": self._factor(abs(negative)),
                "sign": -1 if negative < 0 else 1,
                "output_zero_point": zero_point_of(node.output),
            },
        )
        return Emission(
            calls=(Call("tq_leaky_relu_s16", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_leaky_relu_s16.h",),
            params=params,
        )

    def _factor(self, factor: float) -> dict[str, Value]:
        multiplier, shift = quantize_multiplier(factor)
        return {"multiplier": multiplier, "shift": shift}


register(LeakyReluInt16(), "int16")
