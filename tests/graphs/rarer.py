"""Models of one operator that is seldom met, as in :mod:`tests.graphs`."""

from __future__ import annotations

import numpy as np

from tests.graphs import GraphBuilder, pick, some_scale, some_zero_point
from tests.graphs.moves import MoveBuilder, some_shape
from tinyq.graph import DType, Graph, Quantization
from tinyq.graph.options import CumsumOptions, NoOptions


def reverse(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 6)
    first = int(rng.integers(len(shape)))
    axes = np.arange(first, int(rng.integers(first, len(shape))) + 1)
    written = rng.permutation([a - len(shape) if rng.random() < 0.3 else a for a in axes])
    return b.one("REVERSE_V2", b.some(shape), [written], shape, NoOptions())


def fill(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 5)
    value, y = b.some(()), b.some(shape)
    b.op("FILL", (b.int32(shape), value), y)
    return b.graph([value], [y])


def zeros_like(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 5)
    return b.one("ZEROS_LIKE", b.some(shape), [], shape, NoOptions())


def shape_of(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 5)
    x, y = b.some(shape), b.tensor((len(shape),), DType.INT32)
    b.op("SHAPE", (x,), y)
    return b.graph([x], [y])


def _sum_output(b: GraphBuilder, rng: np.random.Generator, dtype: DType, shape: tuple[int, ...], scale: float) -> int:
    """An output of sums, whose scale is a little or much larger than that of the summands."""
    if dtype is DType.FLOAT32:
        return b.tensor(shape, dtype)
    return b.int8(shape, float(np.float32(scale * 10 ** rng.uniform(-0.5, 1.5))), some_zero_point(rng))


def add_n(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape, scale = GraphBuilder(), some_shape(rng, 1, 4), some_scale(rng)
    quantization = None if dtype is DType.FLOAT32 else Quantization.per_tensor(scale, some_zero_point(rng))
    inputs = [b.tensor(shape, dtype, quantization) for _ in range(int(rng.integers(2, 7)))]
    y = _sum_output(b, rng, dtype, shape, scale)
    b.op("ADD_N", inputs, y)
    return b.graph(inputs, [y])


def cumsum(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape, scale = GraphBuilder(), some_shape(rng, 1, 5), some_scale(rng)
    axis = int(rng.integers(-len(shape), len(shape)))
    quantization = None if dtype is DType.FLOAT32 else Quantization.per_tensor(scale, some_zero_point(rng))
    x, y = b.tensor(shape, dtype, quantization), _sum_output(b, rng, dtype, shape, scale)
    options = CumsumOptions(bool(rng.random() < 0.5), bool(rng.random() < 0.5))
    b.op("CUMSUM", (x, b.int32(np.array(axis))), y, options)
    return b.graph([x], [y])


def gather_nd(rng: np.random.Generator, dtype: DType) -> Graph:
    b, shape = MoveBuilder(rng, dtype), some_shape(rng, 1, 5)
    depth = int(rng.integers(1, len(shape) + 1))
    slices = some_shape(rng, 0, 3)
    indices = rng.integers(0, shape[:depth], (*slices, depth))
    x, y = b.some(shape), b.some((*slices, *shape[depth:]))
    if pick(rng, (True, False)):
        b.op("GATHER_ND", (x, b.int32(indices)), y)
        return b.graph([x], [y])
    least = b.int32(np.zeros(depth, np.int32))  # indices that are computed
    chosen = b.op("MAXIMUM", (b.int32(indices), least), b.tensor(indices.shape, DType.INT32))
    b.op("GATHER_ND", (x, chosen), y)
    return b.graph([x], [y])
