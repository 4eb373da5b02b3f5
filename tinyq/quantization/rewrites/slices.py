"""STRIDED_SLICE of more dimensions than TFLM has, as one of fewer: dimensions that are taken whole become one."""

from __future__ import annotations

import math

import numpy as np

from tinyq.graph import Op
from tinyq.graph.options import StridedSliceOptions
from tinyq.quantization.rewrites.draft import Draft

_DIMENSIONS = 4


def _strided_slice(draft: Draft, op: Op) -> bool:
    options = op.options
    source, output = draft.tensor(op.inputs[0]), draft.tensor(op.outputs[0])
    columns = [draft.tensor(t).data for t in op.inputs[1:4]]
    if len(source.shape) <= _DIMENSIONS or not isinstance(options, StridedSliceOptions) or options.new_axis_mask:
        return False
    if options.ellipsis_mask or options.offset or any(c is None for c in columns):
        return False
    begin, end, steps = (np.asarray(c).reshape(-1) for c in columns)
    kept = len(source.shape)
    while kept and _whole(
        options, kept - 1, int(begin[kept - 1]), int(end[kept - 1]), source.shape, int(steps[kept - 1])
    ):
        kept -= 1
    if kept + 1 > _DIMENSIONS:
        return False
    flat = (*source.shape[:kept], math.prod(source.shape[kept:]))
    dropped = sum(options.shrink_axis_mask >> axis & 1 for axis in range(kept))
    taken = (*output.shape[: kept - dropped], flat[-1])
    name = op.outputs[0]
    start = draft.write(
        "RESHAPE", (op.inputs[0], draft.constant(name, "flat", np.array(flat, np.int32))),
        draft.activation(name, "flattened", flat),
    )  # fmt: skip
    indices = [
        draft.constant(name, what, np.array([*values[:kept], last], np.int32))
        for what, values, last in (("begin", begin, 0), ("end", end, flat[-1]), ("steps", steps, 1))
    ]
    mask = (1 << kept) - 1
    narrowed = StridedSliceOptions(
        begin_mask=options.begin_mask & mask,
        end_mask=options.end_mask & mask,
        shrink_axis_mask=options.shrink_axis_mask & mask,
    )
    middle = draft.write("STRIDED_SLICE", (start, *indices), draft.activation(name, "taken", taken), narrowed)
    draft.write("RESHAPE", (middle, draft.constant(name, "shape", np.array(output.shape, np.int32))), name)
    return True


def _whole(options: StridedSliceOptions, axis: int, begin: int, end: int, shape: tuple[int, ...], step: int) -> bool:
    """Whether all of a dimension is taken, in order, or its only element."""
    bit, size = 1 << axis, shape[axis]
    if options.shrink_axis_mask & bit:
        return size == 1
    return (
        step == 1
        and (bool(options.begin_mask & bit) or begin in (0, -size))
        and (bool(options.end_mask & bit) or end >= size)
    )


REWRITES = {"STRIDED_SLICE": _strided_slice}
