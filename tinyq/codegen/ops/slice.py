"""SLICE of any type."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.moves import Mover, move, moved, type_names
from tinyq.codegen.shapes import Loop, row_major
from tinyq.graph import DType

_MAX_DIMENSIONS = 5  # of TFLM


def begins_of(node: Node) -> tuple[int, ...]:
    """The first index of each dimension."""
    begins = node.input(1).data
    assert begins is not None  # noqa: S101 - checked by objection()
    return tuple(int(b) for b in begins.reshape(-1))


class Slice(Mover):
    """``tq_move_rows``."""

    TYPES = (DType.INT8, DType.INT16, DType.INT32, DType.FLOAT32, DType.BOOL)
    kinds = ("SLICE",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 3)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.constant(node.input(1), "first indices")
            or checks.constant(node.input(2), "sizes")
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        shape, sizes = node.input(0).shape, node.input(2).data
        assert sizes is not None  # noqa: S101 - checked before
        if len(shape) > _MAX_DIMENSIONS:
            return f"it has more than {_MAX_DIMENSIONS} dimensions"
        if not len(begins_of(node)) == sizes.size == len(shape):
            return f"its slice does not go with the shape {shape}"
        pairs = list(zip(begins_of(node), (int(s) for s in sizes.reshape(-1)), strict=True))
        if any(b < 0 or s < -1 or b + max(s, 0) > d for (b, s), d in zip(pairs, shape, strict=True)):
            return f"its slice leaves the shape {shape}"
        return checks.shape(node.output, tuple(d - b if s == -1 else s for (b, s), d in zip(pairs, shape, strict=True)))

    def emit(self, node: Node, target: Target) -> Emission:
        strides = row_major(node.input(0).shape)
        targets = row_major(node.output.shape)
        loops = [Loop(size, (a, b)) for size, a, b in zip(node.output.shape, strides, targets, strict=True)]
        return move(node, loops, start=sum(b * s for b, s in zip(begins_of(node), strides, strict=True)))


register(Slice(), *type_names(Slice.TYPES))
