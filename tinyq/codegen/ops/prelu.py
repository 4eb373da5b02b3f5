"""PRELU of int8 and int16, with broadcasting of the slopes."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import multiplier_objection, quantize_multiplier, scale_of, zero_point_of
from tinyq.codegen.kernel import Emission, Node, Target, Value, register
from tinyq.codegen.ops.add import shape_objection
from tinyq.codegen.pairs import SUFFIXES, pair_call
from tinyq.graph import DType

_TYPES = (DType.INT8, DType.INT16)


def factors_of(node: Node) -> tuple[float, float]:
    """From input to output codes for inputs that are not negative, and for products with slopes."""
    positive = scale_of(node.input(0)) / scale_of(node.output)
    return positive, scale_of(node.input(0)) * scale_of(node.input(1)) / scale_of(node.output)


class Prelu:
    """``tq_prelu_*``; slopes are int8."""

    kinds = ("PRELU",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or checks.require(node.input(0).dtype in _TYPES, f"its input is {node.input(0).dtype}")
            or checks.dtypes((node.input(1), DType.INT8), (node.output, node.input(0).dtype))
            or checks.quantized(node.input(0), node.input(1), node.output)
            or shape_objection(node)
            or checks.first(multiplier_objection(f) for f in factors_of(node))
        )

    def cost(self, node: Node, target: Target) -> float:
        return 25.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        positive, negative = factors_of(node)
        return pair_call(
            f"tq_prelu_{SUFFIXES[node.output.dtype]}",
            "tq_prelu.h",
            "tq_prelu_params",
            node,
            {
                "input_zero_point": zero_point_of(node.input(0)),
                "slope_zero_point": zero_point_of(node.input(1)),
                "positive": self._factor(positive),
                "negative": self._factor(negative),
                "output_zero_point": zero_point_of(node.output),
            },
        )

    def _factor(self, factor: float) -> dict[str, Value]:
        multiplier, shift = quantize_multiplier(factor)
        return {"multiplier": multiplier, "shift": shift}


register(Prelu(), "int8", "int16")
