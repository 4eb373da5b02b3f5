"""Models of one operator on float32, as in :mod:`tests.graphs`."""

from __future__ import annotations

import numpy as np

from tests.graphs import ACTIVATIONS, PADDINGS, GraphBuilder, pick
from tinyq.graph import DType, Graph
from tinyq.graph.options import (
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    L2NormOptions,
    MulOptions,
    NoOptions,
    OpaqueOptions,
    Options,
    PoolOptions,
    ReducerOptions,
    SoftmaxOptions,
)

F32 = DType.FLOAT32


def unary(rng: np.random.Generator, kind: str) -> Graph:
    """Inputs of all sizes; positive ones alone for what has no other."""
    b = GraphBuilder()
    x = b.tensor((4, 25), F32)
    given = x
    if kind in ("LOG", "SQRT", "RSQRT"):
        given = b.op("ABS", (x,), b.tensor((4, 25), F32))
    elif kind in ("EXP", "TANH", "LOGISTIC", "ELU") and rng.random() < 0.7:
        scale = b.tensor((1,), F32, None, np.array([10 ** rng.uniform(-4, 0)], np.float32))
        given = b.op("MUL", (x, scale), b.tensor((4, 25), F32), MulOptions())
    options: Options = OpaqueOptions("LeakyReluOptions", (("alpha", 0.3),)) if kind == "LEAKY_RELU" else NoOptions()
    y = b.op(kind, (given,), b.tensor((4, 25), F32), options)
    return b.graph([x], [y])


def rows(rng: np.random.Generator, kind: str) -> Graph:
    b = GraphBuilder()
    shape = (*(int(d) for d in rng.integers(1, 4, int(rng.integers(0, 3)))), int(pick(rng, (1, 3, 10, 40))))
    x, y = b.tensor(shape, F32), b.tensor(shape, F32)
    beta = float(pick(rng, (1.0, 0.3)))
    options: dict[str, Options] = {"SOFTMAX": SoftmaxOptions(beta), "L2_NORMALIZATION": L2NormOptions()}
    b.op(kind, (x,), y, options.get(kind, NoOptions()))
    return b.graph([x], [y])


def reduction(rng: np.random.Generator, kind: str) -> Graph:
    b = GraphBuilder()
    rank = int(rng.integers(1, 5))
    shape = tuple(int(d) for d in rng.integers(1, 6, rank))
    axes = [int(a) for a in rng.choice(rank, int(rng.integers(1, rank + 1)), replace=False)]
    keep = bool(rng.random() < 0.5)
    result = tuple(1 if i in axes else d for i, d in enumerate(shape) if keep or i not in axes)
    x, y = b.tensor(shape, F32), b.tensor(result, F32)
    b.op(kind, (x, b.int32(axes)), y, ReducerOptions(keep))
    return b.graph([x], [y])


def products(rng: np.random.Generator, kind: str) -> Graph:
    b = GraphBuilder()
    padding, activation = pick(rng, PADDINGS), pick(rng, ACTIVATIONS)
    depth, channels = int(rng.integers(1, 6)), int(rng.integers(1, 6))
    bias = bool(rng.random() < 0.7)
    if kind == "FULLY_CONNECTED":
        count = int(rng.integers(1, 4))
        x, y = b.tensor((count, depth * 4), F32), b.tensor((count, channels), F32)
        shape: tuple[int, ...] = (channels, depth * 4)
        options: Options = FullyConnectedOptions(activation)
    else:
        size, taps, stride = (int(rng.integers(low, high)) for low, high in ((4, 9), (1, 4), (1, 3)))
        outputs = -(-size // stride) if padding == "SAME" else (size - taps) // stride + 1
        x = b.tensor((1, size, size, depth), F32)
        if kind == "CONV_2D":
            shape, options = (channels, taps, taps, depth), ConvOptions(stride, stride, 1, 1, padding, activation)
        else:
            multiplier = int(rng.integers(1, 3))
            channels = depth * multiplier
            shape = (1, taps, taps, channels)
            options = DepthwiseConvOptions(stride, stride, 1, 1, padding, activation, multiplier)
        y = b.tensor((1, outputs, outputs, channels), F32)
    weights = b.tensor(shape, F32, None, rng.normal(0, 1, shape).astype(np.float32))
    inputs = [x, weights]
    if bias:
        inputs.append(b.tensor((channels,), F32, None, rng.normal(0, 1, channels).astype(np.float32)))
    b.op(kind, inputs if kind != "FULLY_CONNECTED" or bias else [*inputs, -1], y, options)
    return b.graph([x], [y])


def pool(rng: np.random.Generator, kind: str) -> Graph:
    b = GraphBuilder()
    padding = pick(rng, PADDINGS)
    size, taps, stride = (int(rng.integers(low, high)) for low, high in ((4, 9), (1, 5), (1, 4)))
    outputs = -(-size // stride) if padding == "SAME" else (size - taps) // stride + 1
    x, y = b.tensor((2, size, size, 3), F32), b.tensor((2, outputs, outputs, 3), F32)
    b.op(kind, (x,), y, PoolOptions(taps, taps, stride, stride, padding, pick(rng, ACTIVATIONS)))
    return b.graph([x], [y])


def pad(rng: np.random.Generator, kind: str, dtype: DType) -> Graph:
    b = GraphBuilder()
    rank = int(rng.integers(1, 5))
    shape = tuple(int(d) for d in rng.integers(1, 5, rank))
    paddings = rng.integers(0, 4, (rank, 2))
    x = b.tensor(shape, dtype)
    y = b.tensor(tuple(int(d) for d in shape + paddings.sum(axis=1)), dtype)
    inputs = [x, b.int32(paddings)]
    if kind == "PADV2":
        inputs.append(b.tensor((1,), dtype, None, np.array([-7], dtype.numpy)))
    b.op(kind, inputs, y)
    return b.graph([x], [y])
