"""STRIDED_SLICE of any type."""

from __future__ import annotations

from dataclasses import dataclass

from tinyq.codegen import checks
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.moves import Mover, move, moved, type_names
from tinyq.codegen.shapes import Loop, row_major
from tinyq.graph import DType
from tinyq.graph.options import StridedSliceOptions

_MAX_DIMENSIONS = 4  # of TFLM


@dataclass(frozen=True)
class Range:
    """The indices of one dimension: ``count`` of them from ``start`` on; ``kept`` if the output has the dimension."""

    start: int
    step: int
    count: int
    kept: bool


def options_of(node: Node) -> StridedSliceOptions:
    """The operator's options."""
    assert isinstance(node.op.options, StridedSliceOptions)  # noqa: S101 - the reader gives it these
    return node.op.options


def ranges_of(node: Node) -> tuple[Range, ...]:
    """What is taken of each dimension; as in Python, but a dimension that is dropped is read at its start."""
    options, found = options_of(node), []
    columns = [t.data.reshape(-1).tolist() for t in node.inputs[1:] if t.data is not None]
    for axis, (size, begin, end, step) in enumerate(zip(node.input(0).shape, *columns, strict=True)):
        bit = 1 << axis
        low, high = (0, size) if step > 0 else (-1, size - 1)
        start = min(max(begin + size if begin < 0 else begin, low), high)
        if options.begin_mask & bit:
            start = 0 if step > 0 else size - 1
        if options.shrink_axis_mask & bit:
            found.append(Range(start, 1, 1, False))
            continue
        stop = min(max(end + size if end < 0 else end, low), high)
        if options.end_mask & bit:
            stop = size if step > 0 else -1
        found.append(Range(start, step, max(0, -((start - stop) // step)), True))
    return tuple(found)


class StridedSlice(Mover):
    """``tq_move_*``."""

    TYPES = (DType.INT8, DType.INT16, DType.INT32, DType.FLOAT32, DType.BOOL)
    kinds = ("STRIDED_SLICE",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 4)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.dtypes(*((node.input(i), DType.INT32) for i in (1, 2, 3)))
            or checks.first(checks.constant(node.input(i), "indices") for i in (1, 2, 3))
            or self._options_objection(node)
            or self._shape_objection(node)
        )

    def _options_objection(self, node: Node) -> str:
        shape, options = node.input(0).shape, options_of(node)
        if len(shape) > _MAX_DIMENSIONS:
            return f"it has more than {_MAX_DIMENSIONS} dimensions"
        if any(node.input(i).elements != len(shape) for i in (1, 2, 3)):
            return f"its indices do not go with the shape {shape}"
        if options.ellipsis_mask or options.new_axis_mask or options.offset:
            return "TensorFlow Lite Micro ignores its ellipsis, its new axes or its offsets"
        steps = node.input(3).data
        return checks.require(steps is not None and bool((steps != 0).all()), "one of its steps is 0")

    def _shape_objection(self, node: Node) -> str:
        shape, ranges = node.input(0).shape, ranges_of(node)
        if any(r.count and not 0 <= r.start < size for r, size in zip(ranges, shape, strict=True)):
            return f"it reads beyond the shape {shape}"
        return checks.shape(node.output, tuple(r.count for r in ranges if r.kept))

    def emit(self, node: Node, target: Target) -> Emission:
        ranges, strides = ranges_of(node), row_major(node.input(0).shape)
        targets = row_major([r.count for r in ranges])
        loops = [Loop(r.count, (r.step * s, t)) for r, s, t in zip(ranges, strides, targets, strict=True)]
        return move(node, loops, start=sum(r.start * s for r, s in zip(ranges, strides, strict=True)))


register(StridedSlice(), *type_names(StridedSlice.TYPES))
