"""TANH of int8, by table."""

from __future__ import annotations

from tinyq.codegen.arithmetic import divide_by_power_of_two, hyperbolic_tangent, scale_code, zero_point_of
from tinyq.codegen.kernel import Node, register
from tinyq.codegen.ops.logistic import input_scaling
from tinyq.codegen.tables import ByTable, CodeFunction


def function_of(node: Node) -> CodeFunction:
    """Output codes at a scale of 1/128 and a zero point of 0."""
    zero_point = zero_point_of(node.input(0))
    multiplier, shift, radius = input_scaling(node.input(0))

    def code_of(code: int) -> int:
        x = code - zero_point
        if abs(x) >= radius:
            return 127 if x >= radius and x > -radius else -128
        return divide_by_power_of_two(hyperbolic_tangent(scale_code(x, multiplier, shift)), 24)

    return code_of


register(ByTable("TANH", function_of), "int8")
