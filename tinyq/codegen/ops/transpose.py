"""TRANSPOSE of any type."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.moves import Mover, move, moved, permutation, type_names
from tinyq.graph import DType

_MAX_DIMENSIONS = 5  # of TFLM


def axes_of(node: Node) -> tuple[int, ...]:
    """Which axis of the input each one of the output is."""
    axes = node.input(1).data
    assert axes is not None  # noqa: S101 - checked by objection()
    return tuple(int(a) for a in axes.reshape(-1))


class Transpose(Mover):
    """``tq_move_*``, or nothing if only axes of size 1 change their place."""

    TYPES = (DType.INT8, DType.INT16, DType.FLOAT32)
    kinds = ("TRANSPOSE",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.dtypes((node.input(1), DType.INT32))
            or checks.constant(node.input(1), "axes")
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        shape, axes = node.input(0).shape, axes_of(node)
        if len(shape) > _MAX_DIMENSIONS:
            return f"it has more than {_MAX_DIMENSIONS} dimensions"
        if sorted(axes) != list(range(len(shape))):
            return f"its axes {axes} are not those of {shape} in another order"
        return checks.shape(node.output, tuple(shape[a] for a in axes))

    def emit(self, node: Node, target: Target) -> Emission:
        return move(node, permutation(node.input(0).shape, axes_of(node)))


register(Transpose(), *type_names(Transpose.TYPES))
