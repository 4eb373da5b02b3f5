"""Operators that map each int8 code to another one: all of them are one table and ``tq_lookup``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import table
from tinyq.codegen.kernel import Call, Constant, Emission, Input, Node, Output, Ref, Target
from tinyq.codegen.raster import elementwise_leads
from tinyq.graph import DType

CodeFunction: TypeAlias = Callable[[int], int]
"""Output code, not yet saturated, of an input code."""


def no_objection(node: Node) -> str:
    """For functions that any quantization will do for."""
    return ""


def unary_objection(node: Node, dtype: DType) -> str:
    """What speaks against an element-wise operator with one operand."""
    return (
        checks.arity(node, 1)
        or checks.meant_for((node.input(0), dtype))
        or checks.dtypes((node.output, dtype))
        or checks.quantized(node.input(0), node.output)
        or checks.shape(node.output, node.input(0).shape)
    )


class ByTable:
    """``tq_lookup`` with the values of an operator's int8 function.

    Args:
        kind: The operator.
        function_of: The function for one node.
        objection: What speaks against a node besides types and shapes.
    """

    variant = "portable, table"

    def __init__(
        self, kind: str, function_of: Callable[[Node], CodeFunction], objection: Callable[[Node], str] = no_objection
    ) -> None:
        self.kinds: tuple[str, ...] = (kind,)
        self._function_of, self._objection = function_of, objection

    def objection(self, node: Node, target: Target) -> str:
        return unary_objection(node, DType.INT8) or self._objection(node)

    def cost(self, node: Node, target: Target) -> float:
        return 6.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        codes = table(self._function_of(node), DType.INT8, DType.INT8)
        return Emission(
            calls=(Call("tq_lookup", (Ref("table"), node.output.elements, Input(0), Output())),),
            headers=("tq_lookup.h",),
            constants=(Constant("table", codes, "output code by the bits of the input code"),),
            leads=elementwise_leads(node),
        )
