"""Models of one operator that is a layer of its own, as in :mod:`tests.graphs`."""

from __future__ import annotations

import math

import numpy as np

from tests.graphs import (
    ACTIVATIONS,
    PADDINGS,
    W8A8,
    W8A16,
    GraphBuilder,
    add_bias,
    add_product_output,
    add_weights,
    pick,
    some_scale,
    some_zero_point,
)
from tinyq.graph import DType, Graph, Quantization
from tinyq.graph.options import (
    BatchMatMulOptions,
    L2NormOptions,
    ResizeNearestOptions,
    ResizeOptions,
    TransposeConvOptions,
)


def transpose_conv(rng: np.random.Generator, dtype: DType) -> Graph:
    b, types = GraphBuilder(), W8A16 if dtype is DType.INT16 else W8A8
    padding, activation = pick(rng, PADDINGS), pick(rng, ACTIVATIONS)
    batches, depth, channels = int(rng.integers(1, 3)), int(rng.integers(1, 7)), int(rng.integers(1, 6))
    sizes, filters, strides, outputs = [], [], [], []
    for _ in range(2):
        size, taps, stride = int(rng.integers(1, 6)), int(rng.integers(1, 5)), int(rng.integers(1, 4))
        surplus = int(rng.integers(0, stride))  # several sizes of output have the same size of input
        sizes.append(size)
        filters.append(taps)
        strides.append(stride)
        outputs.append(size * stride - surplus if padding == "SAME" else (size - 1) * stride + taps + surplus)
    options = TransposeConvOptions(*strides, padding, activation)
    if dtype is DType.FLOAT32:
        x, y = b.tensor((batches, *sizes, depth), dtype), b.tensor((batches, *outputs, channels), dtype)
        filters_of = b.floats(rng, (channels, *filters, depth))
        parameters = [b.floats(rng, (channels,))] if rng.random() < 0.7 else []
        b.op("TRANSPOSE_CONV", [b.int32((batches, *outputs, channels)), filters_of, x, *parameters], y, options)
        return b.graph([x], [y])
    x = b.codes((batches, *sizes, depth), dtype, some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, types, (channels, *filters, depth), 0, bool(rng.random() < 0.7))
    taps = math.prod(filters) * depth
    bias = add_bias(b, rng, types, x, weights, channels, taps)
    shape = (batches, *outputs, channels)
    y = add_product_output(b, rng, types, shape, x, weights, taps, activation)
    inputs = [b.int32(shape), weights, x, *([bias] if bias >= 0 else [])]
    b.op("TRANSPOSE_CONV", inputs, y, options)
    return b.graph([x], [y])


def batch_matmul(rng: np.random.Generator, dtype: DType) -> Graph:
    b = GraphBuilder()
    rows, columns, depth = (int(n) for n in rng.integers(1, 7, 3))
    batches = tuple(int(n) for n in rng.integers(1, 4, int(rng.integers(0, 4))))
    adj_x, adj_y = bool(rng.random() < 0.5), bool(rng.random() < 0.5)
    first, second = batches, batches
    how = rng.random()
    if how < 0.3:
        second = ()
    elif how < 0.5:
        first = tuple(1 for _ in batches)
    left = (depth, rows) if adj_x else (rows, depth)
    right = (columns, depth) if adj_y else (depth, columns)
    options = BatchMatMulOptions(adj_x, adj_y)
    if dtype is DType.FLOAT32:
        x, w = b.tensor((*first, *left), dtype), b.tensor((*second, *right), dtype)
        y = b.tensor((*batches, rows, columns), dtype)
        b.op("BATCH_MATMUL", (x, w), y, options)
        return b.graph([x, w], [y])
    x = b.codes((*first, *left), dtype, some_scale(rng), some_zero_point(rng))
    w = b.codes((*second, *right), dtype, some_scale(rng), some_zero_point(rng))
    inputs = [x, w]
    if rng.random() < 0.3:
        limit = 2 ** (dtype.bits - 1)
        w = b.codes(
            (*second, *right),
            dtype,
            some_scale(rng),
            some_zero_point(rng),
            data=rng.integers(-limit, limit, (*second, *right), dtype.numpy),
        )
        inputs = [x]
    scales = [float(b.tensors[t].quantization.scale[0]) for t in (x, w)]  # type: ignore[union-attr]
    spread = 70.0 if dtype is DType.INT8 else 70.0 * 256
    scale = scales[0] * scales[1] * spread**2 * math.sqrt(depth) / (10 ** rng.uniform(1, 2.3))
    y = b.codes((*batches, rows, columns), dtype, float(np.float32(scale)), some_zero_point(rng))
    b.op("BATCH_MATMUL", (x, w), y, options)
    return b.graph(inputs, [y])


def resize(rng: np.random.Generator, kind: str, dtype: DType) -> Graph:
    b = GraphBuilder()
    batches, height, width, depth = (int(n) for n in rng.integers(1, 7, 4))
    size = [int(n) for n in rng.integers(1, 16, 2)]
    align, half = pick(rng, ((False, False), (False, True), (True, False)))
    quantized = dtype in (DType.INT8, DType.INT16)
    q = Quantization.per_tensor(some_scale(rng), some_zero_point(rng) if dtype is DType.INT8 else 0)
    x = b.tensor((batches, height, width, depth), dtype, q if quantized else None)
    y = b.tensor((batches, *size, depth), dtype, q if quantized else None)
    options = (ResizeOptions if kind == "RESIZE_BILINEAR" else ResizeNearestOptions)(align, half)
    b.op(kind, (x, b.int32(size)), y, options)
    return b.graph([x], [y])


def l2_normalization(rng: np.random.Generator, dtype: DType) -> Graph:
    b = GraphBuilder()
    shape = (*(int(d) for d in rng.integers(1, 5, int(rng.integers(0, 4)))), int(pick(rng, (1, 2, 5, 64, 300))))
    x = b.tensor(shape, dtype, Quantization.per_tensor(some_scale(rng), some_zero_point(rng)))
    y = b.tensor(shape, dtype, Quantization.per_tensor(1 / 128, 0))
    if dtype is DType.FLOAT32:
        b = GraphBuilder()
        x, y = b.tensor(shape, dtype), b.tensor(shape, dtype)
    b.op("L2_NORMALIZATION", (x,), y, L2NormOptions())
    return b.graph([x], [y])


def log_softmax(rng: np.random.Generator, dtype: DType) -> Graph:
    b = GraphBuilder()
    shape = (*(int(d) for d in rng.integers(1, 5, int(rng.integers(0, 4)))), int(pick(rng, (1, 2, 5, 12, 100, 300))))
    if dtype is DType.FLOAT32:
        x, y = b.tensor(shape, dtype), b.tensor(shape, dtype)
    else:
        x = b.int8(shape, float(np.float32(10 ** rng.uniform(-2.5, 1))), some_zero_point(rng))
        y = b.int8(shape, 1 / 16, 127)
    b.op("LOG_SOFTMAX", (x,), y)
    return b.graph([x], [y])


def cast(rng: np.random.Generator, source: DType) -> Graph:
    b = GraphBuilder()
    targets = (DType.INT8, DType.INT16, DType.INT32, DType.FLOAT32)
    x = b.tensor((4, 9), source)
    outputs = [b.tensor((4, 9), target) for target in targets]
    for y in outputs:
        b.op("CAST", (x,), y)
    return b.graph([x], outputs)
