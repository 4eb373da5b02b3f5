"""MAXIMUM and MINIMUM of any type, with broadcasting; of codes that share one quantization, as TFLM compares them."""

from __future__ import annotations

from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.pairs import SUFFIXES, pair_objection, plain_call
from tinyq.graph import DType

_TYPES = (DType.INT8, DType.INT16, DType.INT32, DType.INT64, DType.FLOAT32)


class Extremes:
    """``tq_maximum_*`` and ``tq_minimum_*``."""

    kinds = ("MAXIMUM", "MINIMUM")
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return pair_objection(node, _TYPES)

    def cost(self, node: Node, target: Target) -> float:
        return 8.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        return plain_call(f"tq_{node.op.kind.lower()}_{SUFFIXES[node.output.dtype]}", "tq_extremes.h", node)


register(Extremes(), *(t.value for t in _TYPES))
