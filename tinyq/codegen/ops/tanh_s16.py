"""TANH of int16."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import nearest_power_of_two, scale_of
from tinyq.codegen.kernel import (
    Call,
    Constant,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Ref,
    Target,
    register,
)
from tinyq.codegen.ops import logistic_s16
from tinyq.codegen.tables import unary_objection
from tinyq.graph import DType

_EXACT = {-12: 3, -11: 6}  # log2 of the scales that are not approximated, and their multipliers


def multiplier_and_shift(scale: float) -> tuple[int, int]:
    """From input codes to codes of 1/12288, as TFLM chooses them."""
    exponent = nearest_power_of_two(scale)
    if exponent in _EXACT:
        return _EXACT[exponent], 0
    return logistic_s16.scaled_multiplier(scale)


class TanhInt16:
    """``tq_tanh_s16``."""

    kinds = ("TANH",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            unary_objection(node, DType.INT16)
            or checks.int16_symmetric(node.input(0), node.output)
            or checks.require(nearest_power_of_two(scale_of(node.output)) == -15, "its output's scale is not 1/32768")
            or checks.require(
                multiplier_and_shift(scale_of(node.input(0)))[0] <= logistic_s16.MAX_MULTIPLIER,
                "its input's scale is too large",
            )
        )

    def cost(self, node: Node, target: Target) -> float:
        return 25.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        multiplier, shift = multiplier_and_shift(scale_of(node.input(0)))
        params = Params(
            "tq_tanh_s16_params",
            {"count": node.output.elements, "multiplier": multiplier, "shift": shift, "table": Ref("table")},
        )
        return Emission(
            calls=(Call("tq_tanh_s16", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_tanh_s16.h",),
            params=params,
            constants=(Constant("table", logistic_s16.table(), "1 / (1 + exp(-i / 24)), 16 fractional bits"),),
        )


register(TanhInt16(), "int16")
