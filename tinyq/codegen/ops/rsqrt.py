"""RSQRT of int8, by table. Where TFLM fails, for negative inputs, and for 0, the output is the largest code."""

from __future__ import annotations

import numpy as np

from tinyq.codegen.arithmetic import (
    inverse_square_root,
    multiplier_objection,
    quantize_multiplier,
    scale_code,
    scale_of,
    zero_point_of,
)
from tinyq.codegen.kernel import Node, register
from tinyq.codegen.tables import ByTable, CodeFunction

_FRACTIONAL_BITS = 20  # of 1 / sqrt(x)
_LARGEST = 127


def factor_of(node: Node) -> float:
    """From 1 / sqrt(input code) to output codes, in single precision but for the last division."""
    single = np.float32
    return 1.0 / float(np.sqrt(single(scale_of(node.input(0)))) * single(scale_of(node.output)))


def objection(node: Node) -> str:
    """What speaks against the factor."""
    return multiplier_objection(factor_of(node)) or (
        "" if quantize_multiplier(factor_of(node))[1] <= 30 - _FRACTIONAL_BITS else "its output's scale is too small"
    )


def function_of(node: Node) -> CodeFunction:
    """1 / sqrt(x)."""
    multiplier, shift = quantize_multiplier(factor_of(node))
    source_zero, zero_point = zero_point_of(node.input(0)), zero_point_of(node.output)

    def code_of(code: int) -> int:
        x = code - source_zero
        if x <= 0:
            return _LARGEST
        root_multiplier, root_shift = inverse_square_root(x)
        root = scale_code(1, root_multiplier, root_shift + _FRACTIONAL_BITS)
        return scale_code(root, multiplier, shift - _FRACTIONAL_BITS) + zero_point

    return code_of


register(ByTable("RSQRT", function_of, objection), "int8")
