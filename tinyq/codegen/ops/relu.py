"""RELU and RELU6 of int8: a clamp where no rescaling is needed, else a table."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    code_range,
    divide_float32,
    multiplier_objection,
    quantize_multiplier,
    round_half_away,
    scale_code,
    scale_of,
    table,
    zero_point_of,
)
from tinyq.codegen.kernel import SUFFIXES, Call, Constant, Emission, Input, Node, Output, Ref, Target, register
from tinyq.codegen.raster import elementwise_leads
from tinyq.graph import DType


def factor_of(node: Node) -> float:
    """From input to output codes."""
    return scale_of(node.input(0)) / scale_of(node.output)


def objection(node: Node, dtype: DType) -> str:
    """What speaks against a RELU or RELU6, whatever the kernel."""
    return (
        checks.arity(node, 1)
        or checks.meant_for((node.input(0), dtype))
        or checks.dtypes((node.output, dtype))
        or checks.quantized(node.input(0), node.output)
        or checks.shape(node.output, node.input(0).shape)
        or multiplier_objection(factor_of(node))
    )


def is_clamp(node: Node) -> bool:
    """Whether the operator is a clamp of codes; TFLM's RELU6 never rescales."""
    same = factor_of(node) == 1 and zero_point_of(node.input(0)) == zero_point_of(node.output)
    return node.op.kind == "RELU6" or same


class ReluByClamp:
    """``tq_clamp_*``."""

    kinds = ("RELU", "RELU6")
    variant = "portable, clamp"

    def __init__(self, dtype: DType = DType.INT8) -> None:
        self._dtype = dtype

    def objection(self, node: Node, target: Target) -> str:
        return objection(node, self._dtype) or ("" if is_clamp(node) else "it rescales")

    def cost(self, node: Node, target: Target) -> float:
        return 8.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        low, (_, high) = zero_point_of(node.input(0)), code_range(self._dtype)
        if node.op.kind == "RELU6":
            six = divide_float32(6.0, scale_of(node.input(0)))
            high = min(round_half_away(six) + low, high)
        arguments = (low, high, node.output.elements, Input(0), Output())
        function = f"tq_clamp_{SUFFIXES[self._dtype]}"
        return Emission(calls=(Call(function, arguments),), headers=(f"{function}.h",), leads=elementwise_leads(node))


class ReluByTable:
    """``tq_lookup``."""

    kinds = ("RELU",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return objection(node, DType.INT8)

    def cost(self, node: Node, target: Target) -> float:
        return 10.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        source_zero, zero_point = zero_point_of(node.input(0)), zero_point_of(node.output)
        multiplier, shift = quantize_multiplier(factor_of(node))

        def code_of(code: int) -> int:
            return max(scale_code(code - source_zero, multiplier, shift) + zero_point, zero_point)

        return Emission(
            calls=(Call("tq_lookup", (Ref("table"), node.output.elements, Input(0), Output())),),
            headers=("tq_lookup.h",),
            constants=(
                Constant("table", table(code_of, DType.INT8, DType.INT8), "output code by the bits of the input code"),
            ),
        )


register(ReluByClamp(), "int8")
register(ReluByTable())
