"""LOGICAL_AND, LOGICAL_OR and LOGICAL_NOT."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.pairs import pair_objection, plain_call
from tinyq.graph import DType


class Logical:
    """``tq_logical_*``."""

    kinds = ("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT")
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        if node.op.kind != "LOGICAL_NOT":
            return pair_objection(node, (DType.BOOL,))
        return (
            checks.arity(node, 1)
            or checks.dtypes((node.input(0), DType.BOOL), (node.output, DType.BOOL))
            or checks.shape(node.output, node.input(0).shape)
        )

    def cost(self, node: Node, target: Target) -> float:
        return 8.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        function = f"tq_{node.op.kind.lower()}"
        if node.op.kind != "LOGICAL_NOT":
            return plain_call(function, "tq_logical.h", node)
        call = Call(function, (node.output.elements, Input(0), Output()))
        return Emission(calls=(call,), headers=("tq_logical.h",))


register(Logical(), "bool")
