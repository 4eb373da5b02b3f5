"""Models of one operator that moves elements, as in :mod:`tests.graphs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.graphs import GraphBuilder, Shape, pick, some_scale, some_zero_point
from tinyq.graph import DType, Graph, Op, Quantization
from tinyq.graph.options import (
    ConcatenationOptions,
    DepthToSpaceOptions,
    GatherOptions,
    MirrorPadOptions,
    NoOptions,
    Options,
    PackOptions,
    ReshapeOptions,
    SpaceToDepthOptions,
    SplitOptions,
    SplitVOptions,
    SqueezeOptions,
    StridedSliceOptions,
    UnpackOptions,
)


class MoveBuilder(GraphBuilder):
    """Tensors of any type, all with the same quantization."""

    def __init__(self, rng: np.random.Generator, dtype: DType) -> None:
        super().__init__()
        self.rng, self.dtype = rng, dtype
        zero_point = some_zero_point(rng) if dtype is DType.INT8 else 0
        quantized = dtype in (DType.INT8, DType.INT16)
        self.quantization = Quantization.per_tensor(some_scale(rng), zero_point) if quantized else None

    def some(self, shape: Sequence[int], data: NDArray[Any] | None = None) -> int:
        return self.tensor(tuple(int(d) for d in shape), self.dtype, self.quantization, data)

    def one(self, kind: str, x: int, constants: Sequence[Any], shape: Sequence[int], options: Options) -> Graph:
        """A model of an operator that reads x and constants of int32."""
        y = self.some(shape)
        self.op(kind, (x, *(self.int32(c) for c in constants)), y, options)
        return self.graph([x], [y])


def some_shape(rng: np.random.Generator, low: int, high: int) -> Shape:
    """With ``low`` to ``high`` - 1 dimensions."""
    return tuple(int(d) for d in rng.integers(1, 6, int(rng.integers(low, high))))


def transpose(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 6)
    axes = rng.permutation(len(shape)) if rng.random() < 0.9 else np.arange(len(shape))
    return b.one("TRANSPOSE", b.some(shape), [axes], [shape[a] for a in axes], NoOptions())


def slice_(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 6)
    begins = [int(rng.integers(d)) for d in shape]
    sizes = [int(rng.integers(1, d - start + 1)) for d, start in zip(shape, begins, strict=True)]
    asked = [-1 if rng.random() < 0.2 else s for s in sizes]
    shown = [d - start if a == -1 else a for a, d, start in zip(asked, shape, begins, strict=True)]
    return b.one("SLICE", b.some(shape), [begins, asked], shown, NoOptions())


def strided_slice(rng: np.random.Generator, dtype: DType) -> Graph:
    """Python's own slicing tells the shape."""
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 5)
    begins, ends, steps, index = [], [], [], []
    begin_mask = end_mask = shrink_mask = 0
    for axis, size in enumerate(shape):
        while True:
            begin, end = (int(v) for v in rng.integers(-size - 1, size + 2, 2))
            step = int(pick(rng, (1, 1, 2, 3, -1, -2)))
            no_begin, no_end, shrink = rng.random(3) < (0.3, 0.3, 0.2)
            if shrink:
                begin, step = int(rng.integers(-size, size)), 1
                taken: Any = begin
                no_begin = False
            else:
                taken = slice(None if no_begin else begin, None if no_end else end, step)
            if shrink or len(range(size)[taken]):
                break
        begins.append(begin)
        ends.append(begin + 1 if shrink else end)
        steps.append(step)
        index.append(taken)
        begin_mask |= int(no_begin) << axis
        end_mask |= int(no_end) << axis
        shrink_mask |= int(shrink) << axis
    result = np.empty(shape)[tuple(index)].shape
    options = StridedSliceOptions(begin_mask, end_mask, shrink_axis_mask=shrink_mask)
    return b.one("STRIDED_SLICE", b.some(shape), [begins, ends, steps], result, options)


def broadcast_to(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 6)
    source = tuple(1 if rng.random() < 0.4 else d for d in shape)[int(rng.integers(len(shape))) :]
    return b.one("BROADCAST_TO", b.some(source), [shape], shape, NoOptions())


def space_to_depth(rng: np.random.Generator, dtype: DType, kind: str = "SPACE_TO_DEPTH") -> Graph:
    b, block = MoveBuilder(rng, dtype), int(rng.integers(1, 4))
    batches, rows, columns, depth = (int(d) for d in rng.integers(1, 4, 4))
    space, packed = (batches, rows * block, columns * block, depth), (batches, rows, columns, depth * block * block)
    if kind == "SPACE_TO_DEPTH":
        return b.one(kind, b.some(space), [], packed, SpaceToDepthOptions(block))
    return b.one(kind, b.some(packed), [], space, DepthToSpaceOptions(block))


def depth_to_space(rng: np.random.Generator, dtype: DType) -> Graph:
    return space_to_depth(rng, dtype, "DEPTH_TO_SPACE")


def split(rng: np.random.Generator, dtype: DType, kind: str = "SPLIT") -> Graph:
    b, count = MoveBuilder(rng, dtype), int(rng.integers(1, 5))
    shape = list(some_shape(rng, 1, 5))
    axis = int(rng.integers(len(shape)))
    sizes = [int(rng.integers(1, 4))] * count if kind == "SPLIT" else [int(s) for s in rng.integers(1, 4, count)]
    shape[axis] = sum(sizes)
    written = b.int32(axis - len(shape) if rng.random() < 0.3 else axis)
    x = b.some(shape)
    outputs = [b.some([*shape[:axis], size, *shape[axis + 1 :]]) for size in sizes]
    inputs = (written, x) if kind == "SPLIT" else (x, b.int32(sizes), written)
    options = SplitOptions(count) if kind == "SPLIT" else SplitVOptions(count)
    b.ops.append(Op(kind, inputs, tuple(outputs), options))
    return b.graph([x], outputs)


def split_v(rng: np.random.Generator, dtype: DType) -> Graph:
    return split(rng, dtype, "SPLIT_V")


def unpack(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 2, 5)
    axis = int(rng.integers(len(shape)))
    x = b.some(shape)
    outputs = [b.some([*shape[:axis], *shape[axis + 1 :]]) for _ in range(shape[axis])]
    options = UnpackOptions(shape[axis], axis - len(shape) if rng.random() < 0.3 else axis)
    b.ops.append(Op("UNPACK", (x,), tuple(outputs), options))
    return b.graph([x], outputs)


def pack(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 4)
    axis, count = int(rng.integers(len(shape) + 1)), int(rng.integers(1, 5))
    given = [b.some(shape) for _ in range(count)]
    inputs = list(given)
    if rng.random() < 0.3:  # a constant among them
        inputs.append(b.some(shape, rng.integers(-128, 128, shape).astype(dtype.numpy)))
    result = (*shape[:axis], len(inputs), *shape[axis:])
    y = b.some(result)
    options = PackOptions(len(inputs), axis - len(result) if rng.random() < 0.3 else axis)
    b.op("PACK", inputs, y, options)
    return b.graph(given, [y])


def concatenation(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), list(some_shape(rng, 1, 4))
    axis, sizes = int(rng.integers(len(shape))), [int(n) for n in rng.integers(1, 4, int(rng.integers(1, 5)))]
    inputs = [b.some([*shape[:axis], size, *shape[axis + 1 :]]) for size in sizes]
    y = b.some([*shape[:axis], sum(sizes), *shape[axis + 1 :]])
    b.op("CONCATENATION", inputs, y, ConcatenationOptions(axis))
    return b.graph(inputs, [y])


def space_to_batch(rng: np.random.Generator, dtype: DType, kind: str = "SPACE_TO_BATCH_ND") -> Graph:
    b = MoveBuilder(rng, dtype)
    spatial = int(rng.integers(1, 3))
    batches, depth = (int(d) for d in rng.integers(1, 4, 2))
    blocks = [int(v) for v in rng.integers(1, 4, spatial)]
    counts = [int(v) for v in rng.integers(1, 4, spatial)]
    paddings = []
    for block, count in zip(blocks, counts, strict=True):
        before = int(rng.integers(0, block * count))
        after = int(rng.integers(0, block * count - before))
        # what TFLM pads with is not defined
        crop = kind == "BATCH_TO_SPACE_ND" and rng.random() < 0.7
        paddings.append((before, after) if crop else (0, 0))
    space = [n * block - sum(p) for n, block, p in zip(counts, blocks, paddings, strict=True)]
    spread, packed = (batches, *space, depth), (batches * int(np.prod(blocks)), *counts, depth)
    first, second = (spread, packed) if kind == "SPACE_TO_BATCH_ND" else (packed, spread)
    return b.one(kind, b.some(first), [blocks, paddings], second, NoOptions())


def batch_to_space(rng: np.random.Generator, dtype: DType) -> Graph:
    return space_to_batch(rng, dtype, "BATCH_TO_SPACE_ND")


def mirror_pad(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 5)
    mode = int(rng.integers(2))
    limits = np.array(shape)[:, None] - (1 - mode)
    paddings = rng.integers(0, np.maximum(limits, 0) + 1, (len(shape), 2)) * (rng.random((len(shape), 1)) < 0.7)
    return b.one("MIRROR_PAD", b.some(shape), [paddings], shape + paddings.sum(axis=1), MirrorPadOptions(mode))


def gather(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 5)
    axis = int(rng.integers(len(shape)))
    batches = int(rng.integers(axis + 1)) if rng.random() < 0.3 else 0
    indices_shape = (*shape[:batches], *some_shape(rng, 0, 3))
    indices = rng.integers(0, shape[axis], indices_shape)
    x = b.some(shape)
    y = b.some((*shape[:axis], *indices_shape[batches:], *shape[axis + 1 :]))
    options = GatherOptions(axis - len(shape) if rng.random() < 0.3 else axis, batches)
    b.op("GATHER", (x, b.int32(indices)), y, options)
    return b.graph([x], [y])


def expand_dims(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 5)
    axis = int(rng.integers(len(shape) + 1))
    written = axis - len(shape) - 1 if rng.random() < 0.3 else axis
    return b.one("EXPAND_DIMS", b.some(shape), [[written]], (*shape[:axis], 1, *shape[axis:]), NoOptions())


def squeeze(rng: np.random.Generator, dtype: DType) -> Graph:
    b = MoveBuilder(rng, dtype)
    shape = tuple(1 if rng.random() < 0.4 else int(d) for d in rng.integers(2, 5, 4))
    ones = [i for i, d in enumerate(shape) if d == 1]
    some = [i for i in ones if rng.random() < 0.7]
    dropped = some or ones
    result = tuple(d for i, d in enumerate(shape) if i not in dropped)
    return b.one("SQUEEZE", b.some(shape), [], result, SqueezeOptions(tuple(some)))


def reshape(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 5)
    result = tuple(reversed(shape))
    return b.one("RESHAPE", b.some(shape), [result], result, ReshapeOptions(result))
