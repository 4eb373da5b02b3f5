"""DIV of int8, with broadcasting."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    activation_objection,
    activation_range,
    multiplier_objection,
    quantize_multiplier,
    scale_of,
    zero_point_of,
)
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.pairs import pair_call, pair_objection
from tinyq.graph import DType
from tinyq.graph.options import DivOptions

_MAX_SHIFT = 23  # beyond it, some quotients would have to be shifted to the left


def factor_of(node: Node) -> float:
    """What a quotient of codes is multiplied with."""
    return scale_of(node.input(0)) / (scale_of(node.input(1)) * scale_of(node.output))


class Div:
    """``tq_div_s8``."""

    kinds = ("DIV",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            pair_objection(node, (DType.INT8,))
            or checks.quantized(node.input(0), node.input(1), node.output)
            or activation_objection(self._options(node).activation, node.output)
            or multiplier_objection(factor_of(node))
            or checks.require(
                quantize_multiplier(factor_of(node))[1] <= _MAX_SHIFT, "its output's scale is too small for its inputs'"
            )
        )

    def cost(self, node: Node, target: Target) -> float:
        return 150.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        multiplier, shift = quantize_multiplier(factor_of(node))
        low, high = activation_range(self._options(node).activation, node.output)
        return pair_call(
            "tq_div_s8",
            "tq_div_s8.h",
            "tq_div_s8_params",
            node,
            {
                "zero_points": (zero_point_of(node.input(0)), zero_point_of(node.input(1))),
                "multiplier": multiplier,
                "shift": shift,
                "output_zero_point": zero_point_of(node.output),
                "output_min": low,
                "output_max": high,
            },
        )

    def _options(self, node: Node) -> DivOptions:
        assert isinstance(node.op.options, DivOptions)  # noqa: S101 - the reader gives it these
        return node.op.options


register(Div(), "int8")
