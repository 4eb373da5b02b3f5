"""REVERSE_V2 of any type."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.moves import ANY, Mover, move, moved, type_names
from tinyq.codegen.shapes import Loop, row_major
from tinyq.graph import DType

_MAX_DIMENSIONS = 6  # of TFLM


def axes_of(node: Node) -> tuple[int, ...]:
    """The axes that are reversed, ascending."""
    axes, rank = node.input(1).data, len(node.input(0).shape)
    assert axes is not None  # noqa: S101 - checked by objection()
    return tuple(sorted(int(a) + rank if a < 0 else int(a) for a in axes.reshape(-1)))


class Reverse(Mover):
    """``tq_move_*``, backwards."""

    kinds = ("REVERSE_V2",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.constant(node.input(1), "axes")
            or checks.dtypes((node.input(1), DType.INT32))
            or checks.shape(node.output, node.input(0).shape)
            or self._axes_objection(node)
        )

    def _axes_objection(self, node: Node) -> str:
        axes, rank = axes_of(node), len(node.input(0).shape)
        if rank > _MAX_DIMENSIONS:
            return f"it has more than {_MAX_DIMENSIONS} dimensions"
        if not axes or axes[0] < 0 or axes[-1] >= rank:
            return f"its axes {axes} are not all dimensions of {node.input(0).shape}"
        neighbours = axes == tuple(range(axes[0], axes[0] + len(axes)))
        return checks.require(neighbours, "TensorFlow Lite Micro reverses only axes that are neighbours")

    def emit(self, node: Node, target: Target) -> Emission:
        shape, axes = node.input(0).shape, axes_of(node)
        strides = row_major(shape)
        loops = [
            Loop(size, (-step if i in axes else step, step))
            for i, (size, step) in enumerate(zip(shape, strides, strict=True))
        ]
        return move(node, loops, start=sum((shape[a] - 1) * strides[a] for a in axes))


register(Reverse(), *type_names(ANY))
