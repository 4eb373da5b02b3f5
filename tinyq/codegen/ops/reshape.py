"""RESHAPE, EXPAND_DIMS and SQUEEZE: the same bytes under another shape."""

from __future__ import annotations

from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.moves import ANY, moved, type_names
from tinyq.graph import DType

_TYPES = {"EXPAND_DIMS": frozenset({DType.INT8, DType.INT16, DType.FLOAT32})}  # of TFLM, where it is choosy


class Reshape:
    """No code: the output is an alias of the input."""

    variant = "portable"

    def __init__(self, kind: str) -> None:
        self.kinds: tuple[str, ...] = (kind,)

    def objection(self, node: Node, target: Target) -> str:
        if node.op.input(0) < 0 or len(node.op.outputs) != 1:
            return "it has no input or no output"
        if node.input(0).elements != node.output.elements:
            return f"shapes {node.input(0).shape} and {node.output.shape} differ in size"
        return moved(node, node.input(0), (node.output,), _TYPES.get(node.op.kind, ANY))

    def cost(self, node: Node, target: Target) -> float:
        return 0.0

    def emit(self, node: Node, target: Target) -> Emission:
        return Emission(alias=0)


for _kind in ("RESHAPE", "EXPAND_DIMS", "SQUEEZE"):
    register(Reshape(_kind), *type_names(_TYPES.get(_kind, ANY)))
