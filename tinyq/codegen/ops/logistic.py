"""LOGISTIC of int8, by table."""

from __future__ import annotations

import math

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    divide_by_power_of_two,
    logistic,
    quantize_multiplier,
    scale_code,
    scale_of,
    table,
    zero_point_of,
)
from tinyq.codegen.kernel import Call, Constant, Emission, Input, Node, Output, Ref, Target, register
from tinyq.graph import DType, Tensor

_INTEGER_BITS = 4  # of the scaled input


def input_scaling(tensor: Tensor) -> tuple[int, int, int]:
    """Multiplier and shift to 27 fractional bits, and the distance from the zero point where that would saturate."""
    multiplier, shift = quantize_multiplier(scale_of(tensor) * 2.0 ** (31 - _INTEGER_BITS))
    radius = math.floor((2**_INTEGER_BITS - 1) * 2.0 ** (31 - _INTEGER_BITS) / 2.0**shift)
    return multiplier, shift, radius


def logistic_code(tensor: Tensor, code: int) -> int:
    """The output code, at a scale of 1/256 and a zero point of -128, for one code of the input tensor."""
    multiplier, shift, radius = input_scaling(tensor)
    x = code - zero_point_of(tensor)
    if x <= -radius:
        return -128
    if x >= radius:
        return 127
    return divide_by_power_of_two(logistic(scale_code(x, multiplier, shift)), 23) - 128


class Logistic:
    """``tq_lookup``."""

    kinds = ("LOGISTIC",)
    variant = "portable, table"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.meant_for((node.input(0), DType.INT8))
            or checks.dtypes((node.output, DType.INT8))
            or checks.quantized(node.input(0), node.output)
            or checks.shape(node.output, node.input(0).shape)
            or checks.require(zero_point_of(node.output) == -128, "its output's zero point is not -128")
        )

    def cost(self, node: Node, target: Target) -> float:
        return 6.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        codes = table(lambda code: logistic_code(node.input(0), code), DType.INT8, DType.INT8)
        return Emission(
            calls=(Call("tq_lookup", (Ref("table"), node.output.elements, Input(0), Output())),),
            headers=("tq_lookup.h",),
            constants=(Constant("table", codes, "output code by the bits of the input code"),),
        )


register(Logistic(), "int8")
