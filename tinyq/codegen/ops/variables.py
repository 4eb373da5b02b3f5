"""VAR_HANDLE, CALL_ONCE, READ_VARIABLE and ASSIGN_VARIABLE, as :mod:`tinyq.codegen.variables` leaves them."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.moves import ANY, moved, type_names


class Declaration:
    """No code: variables are set by ``model_reset``."""

    kinds = ("VAR_HANDLE", "CALL_ONCE")
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return ""

    def cost(self, node: Node, target: Target) -> float:
        return 0.0

    def emit(self, node: Node, target: Target) -> Emission:
        return Emission()


class Variable:
    """``tq_copy``: what was read stays as it was when the variable is assigned."""

    kinds = ("READ_VARIABLE", "ASSIGN_VARIABLE")
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or moved(node, node.input(0), (node.output,), ANY)
            or checks.shape(node.output, node.input(0).shape)
        )

    def cost(self, node: Node, target: Target) -> float:
        return 1.0 * node.output.nbytes

    def emit(self, node: Node, target: Target) -> Emission:
        call = Call("tq_copy", (node.output.nbytes, Input(0), Output()))
        return Emission(calls=(call,), headers=("tq_copy.h",))


register(Declaration(), *type_names(ANY))
register(Variable(), *type_names(ANY))
