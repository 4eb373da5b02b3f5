"""PRELU of float32, with broadcasting of the slopes."""

from __future__ import annotations

from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.pairs import pair_objection, plain_call
from tinyq.graph import DType


class PreluFloat:
    """``tq_prelu_f32``."""

    kinds = ("PRELU",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return pair_objection(node, (DType.FLOAT32,))

    def cost(self, node: Node, target: Target) -> float:
        return 12.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        return plain_call("tq_prelu_f32", "tq_prelu_f32.h", node)


register(PreluFloat(), "float32")
