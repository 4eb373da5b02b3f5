"""SUB of int8 and int16, with broadcasting."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import activation_objection, activation_range, quantize_multiplier, zero_point_of
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.ops.add import operand_factors
from tinyq.codegen.pairs import SUFFIXES, operand, pair_call, pair_objection, smaller_than_one
from tinyq.graph import DType
from tinyq.graph.options import SubOptions

_TYPES = (DType.INT8, DType.INT16)


class Sub:
    """``tq_sub_*``; an option for scales that are powers of two is ignored, as TFLM does."""

    kinds = ("SUB",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            pair_objection(node, _TYPES)
            or checks.quantized(node.input(0), node.input(1), node.output)
            or activation_objection(self._options(node).activation, node.output)
            or smaller_than_one(*operand_factors(node))
        )

    def cost(self, node: Node, target: Target) -> float:
        return 45.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        first, second, total = operand_factors(node)
        low, high = activation_range(self._options(node).activation, node.output)
        multiplier, shift = quantize_multiplier(total)
        return pair_call(
            f"tq_sub_{SUFFIXES[node.output.dtype]}",
            "tq_sub.h",
            "tq_sub_params",
            node,
            {
                "operands": (operand(node.input(0), first), operand(node.input(1), second)),
                "multiplier": multiplier,
                "shift": shift,
                "output_zero_point": zero_point_of(node.output),
                "output_min": low,
                "output_max": high,
            },
        )

    def _options(self, node: Node) -> SubOptions:
        assert isinstance(node.op.options, SubOptions)  # noqa: S101 - the reader gives it these
        return node.op.options


register(Sub(), "int8", "int16")
