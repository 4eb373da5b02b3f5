"""HARD_SWISH of int8, by table: x * relu6(x + 3) / 6 in 16-bit fixed point."""

from __future__ import annotations

import math

import numpy as np

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    divide_by_power_of_two,
    quantize_multiplier,
    reduced_multiplier,
    scale_of,
    zero_point_of,
)
from tinyq.codegen.kernel import Node, register
from tinyq.codegen.tables import ByTable, CodeFunction

_HEADROOM_BITS = 7  # by which inputs are shifted left
_LOW, _HIGH = -(2**15), 2**15 - 1


def _factors(node: Node) -> tuple[float, float]:
    """From shifted inputs to outputs, and to codes of 3/32768, in single precision."""
    single = np.float32
    shifted = single(1 / 128) * single(scale_of(node.input(0)))
    return float(shifted / single(scale_of(node.output))), float(shifted / (single(3) / single(32768)))


def objection(node: Node) -> str:
    """What speaks against the factors."""
    output, ramp = (quantize_multiplier(f) for f in _factors(node))
    return checks.require(-15 <= output[1] <= 0, "its output's scale is too far from its input's") or checks.require(
        -15 <= ramp[1] <= 15, "its input's scale is too large or too small"
    )


def _high(a: int, b: int) -> int:
    """a * b / 2^15, rounded to nearest, ties up."""
    return (a * b + (1 << 14)) >> 15


def _shift_left(x: int, bits: int) -> int:
    return min(max(x << bits, _LOW), _HIGH)


def function_of(node: Node) -> CodeFunction:
    """The ramp relu6(x + 3) / 6 has 15 fractional bits; it is computed around x = 0, where it is 1/2."""
    output, ramp = _factors(node)
    output_multiplier, output_shift = quantize_multiplier(output)
    ramp_multiplier, ramp_shift = quantize_multiplier(ramp)
    output_multiplier, ramp_multiplier = reduced_multiplier(output_multiplier), reduced_multiplier(ramp_multiplier)
    source_zero, zero_point = zero_point_of(node.input(0)), zero_point_of(node.output)

    def ramp_of(x: int) -> int:
        if ramp_shift > 0:  # in two steps, so that what saturates does so at the right time
            y = _shift_left(_high(_shift_left(x, ramp_shift - 1), ramp_multiplier), 1)
        else:
            y = divide_by_power_of_two(_high(x, ramp_multiplier), -ramp_shift)
        return (y + (1 << 15)) >> 1

    def code_of(code: int) -> int:
        x = (code - source_zero) << _HEADROOM_BITS
        product = math.trunc(ramp_of(x) * _high(x, output_multiplier) / 2**15)
        return divide_by_power_of_two(product, -output_shift) + zero_point

    return code_of


register(ByTable("HARD_SWISH", function_of, objection), "int8")
