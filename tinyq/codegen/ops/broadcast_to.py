"""BROADCAST_TO of any type."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.moves import Mover, move, moved, type_names
from tinyq.codegen.shapes import Loop, broadcast_shape, row_major

_MAX_DIMENSIONS = 5  # of TFLM


class BroadcastTo(Mover):
    """``tq_move_*``."""

    kinds = ("BROADCAST_TO",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.constant(node.input(1), "sizes")
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        wanted = node.input(1).data
        assert wanted is not None  # noqa: S101 - checked before
        shape = tuple(int(d) for d in wanted.reshape(-1))
        if max(len(shape), len(node.input(0).shape)) > _MAX_DIMENSIONS:
            return f"it has more than {_MAX_DIMENSIONS} dimensions"
        if broadcast_shape(node.input(0).shape, shape) != shape:
            return f"a shape of {node.input(0).shape} cannot be broadcast to {shape}"
        return checks.shape(node.output, shape)

    def emit(self, node: Node, target: Target) -> Emission:
        shape = node.output.shape
        source = (1,) * (len(shape) - len(node.input(0).shape)) + node.input(0).shape
        strides = [0 if size == 1 else stride for size, stride in zip(source, row_major(source), strict=True)]
        return move(node, [Loop(size, (a, b)) for size, a, b in zip(shape, strides, row_major(shape), strict=True)])


register(BroadcastTo(), *type_names(BroadcastTo.TYPES))
