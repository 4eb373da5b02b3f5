"""LEAKY_RELU of int8, by table."""

from __future__ import annotations

from tinyq.codegen.arithmetic import multiplier_objection, quantize_multiplier, scale_code, scale_of, zero_point_of
from tinyq.codegen.kernel import Node, register
from tinyq.codegen.tables import ByTable, CodeFunction
from tinyq.graph.options import OpaqueOptions


def slope_of(node: Node) -> float:
    """The slope for negative inputs."""
    options = node.op.options
    return float(dict(options.values).get("alpha", 0.0)) if isinstance(options, OpaqueOptions) else 0.0


def factors_of(node: Node) -> tuple[float, float]:
    """From input to output codes, for inputs that are not negative and for those that are."""
    source, output = scale_of(node.input(0)), scale_of(node.output)
    return source / output, source * slope_of(node) / output


def objection(node: Node) -> str:
    """What speaks against the factors."""
    positive, negative = factors_of(node)
    return multiplier_objection(positive) or multiplier_objection(abs(negative))


def function_of(node: Node) -> CodeFunction:
    """A negative slope is the mirror image of a positive one, rounding included."""
    positive, negative = factors_of(node)
    same, other = quantize_multiplier(positive), quantize_multiplier(abs(negative))
    sign = -1 if negative < 0 else 1
    source_zero, zero_point = zero_point_of(node.input(0)), zero_point_of(node.output)

    def code_of(code: int) -> int:
        x = code - source_zero
        return zero_point + (scale_code(x, *same) if x >= 0 else sign * scale_code(x, *other))

    return code_of


register(ByTable("LEAKY_RELU", function_of, objection), "int8")
