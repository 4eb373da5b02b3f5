"""RESHAPE: the same bytes under another shape."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Emission, Node, Target, register


class Reshape:
    """No code: the output is an alias of the input."""

    kinds = ("RESHAPE",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        if node.op.input(0) < 0 or len(node.op.outputs) != 1:
            return "it has no input or no output"
        if node.input(0).elements != node.output.elements:
            return f"shapes {node.input(0).shape} and {node.output.shape} differ in size"
        return checks.dtypes((node.output, node.input(0).dtype))

    def cost(self, node: Node, target: Target) -> float:
        return 0.0

    def emit(self, node: Node, target: Target) -> Emission:
        return Emission(alias=0)


register(Reshape())
