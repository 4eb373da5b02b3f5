"""MUL with broadcasting."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    activation_objection,
    activation_range,
    multiplier_objection,
    quantize_multiplier,
    scale_of,
    zero_point_of,
)
from tinyq.codegen.kernel import SUFFIXES, Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.ops.add import elementwise_objection, row_members
from tinyq.codegen.raster import elementwise_leads
from tinyq.graph import DType
from tinyq.graph.options import MulOptions


def factor_of(node: Node) -> float:
    """What a product of codes is multiplied with."""
    return scale_of(node.input(0)) * scale_of(node.input(1)) / scale_of(node.output)


class Mul:
    """``tq_mul_*``."""

    kinds = ("MUL",)
    variant = "portable"

    def __init__(self, dtype: DType = DType.INT8) -> None:
        self._dtype = dtype

    def objection(self, node: Node, target: Target) -> str:
        return (
            elementwise_objection(node, self._dtype)
            or checks.int16_symmetric(node.input(0), node.input(1), node.output)
            or activation_objection(self._options(node).activation, node.output)
            or multiplier_objection(factor_of(node))
        )

    def cost(self, node: Node, target: Target) -> float:
        return 25.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        multiplier, shift = quantize_multiplier(factor_of(node))
        low, high = activation_range(self._options(node).activation, node.output)
        params = Params(
            "tq_mul_params",
            {
                **row_members(node),
                "zero_points": (zero_point_of(node.input(0)), zero_point_of(node.input(1))),
                "multiplier": multiplier,
                "shift": shift,
                "output_zero_point": zero_point_of(node.output),
                "output_min": low,
                "output_max": high,
            },
        )
        function = f"tq_mul_{SUFFIXES[self._dtype]}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Input(1), Output())),),
            headers=(f"{function}.h",),
            params=params,
            leads=elementwise_leads(node),
        )

    def _options(self, node: Node) -> MulOptions:
        assert isinstance(node.op.options, MulOptions)  # noqa: S101 - the reader gives it these
        return node.op.options


register(Mul(), "int8")
