"""CAST between plain types."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.pairs import SUFFIXES
from tinyq.graph import DType

_FROM = (DType.INT8, DType.INT16, DType.INT32, DType.FLOAT32, DType.BOOL)
_TO = (DType.INT8, DType.INT16, DType.INT32, DType.FLOAT32)


class Cast:
    """``tq_cast_*``; nothing for a cast to the same type."""

    kinds = ("CAST",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return checks.arity(node, 1) or self._type_objection(node) or checks.shape(node.output, node.input(0).shape)

    def _type_objection(self, node: Node) -> str:
        source, output = node.input(0).dtype, node.output.dtype
        known = source in _FROM and output in _TO
        return checks.require(known, f"TensorFlow Lite Micro has no CAST from {source} to {output}")

    def cost(self, node: Node, target: Target) -> float:
        return 6.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        source, output = node.input(0).dtype, node.output.dtype
        if source is output:
            return Emission(alias=0)
        call = Call(f"tq_cast_{SUFFIXES[source]}_{SUFFIXES[output]}", (node.output.elements, Input(0), Output()))
        return Emission(calls=(call,), headers=("tq_cast.h",))


register(Cast(), *(t.value for t in _FROM))
