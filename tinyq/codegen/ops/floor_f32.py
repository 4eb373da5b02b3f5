"""FLOOR_DIV and FLOOR_MOD of float32."""

from __future__ import annotations

from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.pairs import pair_objection, plain_call
from tinyq.graph import DType


class FloorFloat:
    """``tq_floor_div_f32`` and ``tq_floor_mod_f32``."""

    kinds = ("FLOOR_DIV", "FLOOR_MOD")
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return pair_objection(node, (DType.FLOAT32,))

    def cost(self, node: Node, target: Target) -> float:
        return 150.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        return plain_call(f"tq_{node.op.kind.lower()}_f32", "tq_floor_f32.h", node)


register(FloorFloat(), "float32")
