"""ELU of int8, by table."""

from __future__ import annotations

import math

import numpy as np

from tinyq.codegen.arithmetic import round_half_away, scale_of, zero_point_of
from tinyq.codegen.kernel import Node, register
from tinyq.codegen.tables import ByTable, CodeFunction


def function_of(node: Node) -> CodeFunction:
    """In single precision."""
    single = np.float32
    scale, inverse = single(scale_of(node.input(0))), single(1) / single(scale_of(node.output))
    source_zero, zero_point = zero_point_of(node.input(0)), zero_point_of(node.output)

    def code_of(code: int) -> int:
        x = scale * single(code - source_zero)
        y = single(math.exp(float(x))) - single(1) if x < 0 else x
        return round_half_away(float(y * inverse)) + zero_point

    return code_of


register(ByTable("ELU", function_of), "int8")
