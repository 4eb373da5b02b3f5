"""SQUARED_DIFFERENCE of int8 and int16, with broadcasting."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import multiplier_objection, quantize_multiplier, scale_of, zero_point_of
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.pairs import SUFFIXES, operand, pair_call, pair_objection, smaller_than_one
from tinyq.graph import DType

_HEADROOM_BITS = {DType.INT8: 7, DType.INT16: 0}  # by which operands are shifted left before they are scaled


def factors_of(node: Node) -> tuple[float, float, float]:
    """Factors of both operands, which are brought to twice the larger scale, and of the square."""
    scales = scale_of(node.input(0)), scale_of(node.input(1))
    twice, headroom = 2 * max(scales), _HEADROOM_BITS[node.output.dtype]
    return scales[0] / twice, scales[1] / twice, twice * twice / ((1 << (2 * headroom)) * scale_of(node.output))


class SquaredDifference:
    """``tq_squared_difference_*``."""

    kinds = ("SQUARED_DIFFERENCE",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            pair_objection(node, tuple(_HEADROOM_BITS))
            or checks.quantized(node.input(0), node.input(1), node.output)
            or checks.int16_symmetric(node.input(0), node.input(1), node.output)
            or smaller_than_one(*factors_of(node)[:2])
            or multiplier_objection(factors_of(node)[2])
        )

    def cost(self, node: Node, target: Target) -> float:
        return 45.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        first, second, square = factors_of(node)
        multiplier, shift = quantize_multiplier(square)
        return pair_call(
            f"tq_squared_difference_{SUFFIXES[node.output.dtype]}",
            "tq_squared_difference.h",
            "tq_squared_difference_params",
            node,
            {
                "operands": (operand(node.input(0), first), operand(node.input(1), second)),
                "multiplier": multiplier,
                "shift": shift,
                "output_zero_point": zero_point_of(node.output),
            },
        )


register(SquaredDifference(), "int8", "int16")
