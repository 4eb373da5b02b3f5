"""ABS of int8, by table."""

from __future__ import annotations

from tinyq.codegen.arithmetic import (
    multiplier_objection,
    quantize_multiplier,
    scale_code,
    scale_of,
    zero_point_of,
)
from tinyq.codegen.kernel import Node, register
from tinyq.codegen.tables import ByTable, CodeFunction


def factor_of(node: Node) -> float:
    """From input to output codes."""
    return scale_of(node.input(0)) / scale_of(node.output)


def objection(node: Node) -> str:
    """What speaks against the factor."""
    return multiplier_objection(factor_of(node))


def function_of(node: Node) -> CodeFunction:
    """Magnitudes, rescaled."""
    multiplier, shift = quantize_multiplier(factor_of(node))
    source_zero, zero_point = zero_point_of(node.input(0)), zero_point_of(node.output)
    return lambda code: scale_code(abs(code - source_zero), multiplier, shift) + zero_point


register(ByTable("ABS", function_of, objection), "int8")
