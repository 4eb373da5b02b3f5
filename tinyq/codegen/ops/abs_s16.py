"""ABS of int16."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import quantize_multiplier
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.ops import abs as int8
from tinyq.codegen.tables import unary_objection
from tinyq.graph import DType


class AbsInt16:
    """``tq_abs_s16``."""

    kinds = ("ABS",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            unary_objection(node, DType.INT16)
            or checks.int16_symmetric(node.input(0), node.output)
            or int8.objection(node)
        )

    def cost(self, node: Node, target: Target) -> float:
        return 18.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        arguments = (*quantize_multiplier(int8.factor_of(node)), node.output.elements, Input(0), Output())
        return Emission(calls=(Call("tq_abs_s16", arguments),), headers=("tq_abs_s16.h",))


register(AbsInt16(), "int16")
