"""Quantized models of one operator each, as :mod:`tests.graphs`, with as many channels as vectors need to be full."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.graphs.builder import (
    PADDINGS,
    W8A8,
    GraphBuilder,
    add_bias,
    add_product_output,
    add_weights,
    output_zero_point,
    outputs_of,
    pick,
    scale_of,
    some_scale,
    some_zero_point,
)
from tinyq.graph import Graph, Quantization
from tinyq.graph.options import (
    Activation,
    AddOptions,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    PoolOptions,
    ReducerOptions,
)

_ACTIVATIONS: tuple[Activation, ...] = ("NONE", "RELU", "RELU", "RELU6")


def conv_2d(rng: np.random.Generator, size: int = 3, stride: int = 1, depth: int = 0) -> Graph:
    """Square filters; of random depth, if none is given."""
    b = GraphBuilder()
    depth = depth or int(pick(rng, (16, 32, 48, int(rng.integers(1, 40)))))
    channels, batches = int(pick(rng, (4, 8, 12, int(rng.integers(1, 20))))), int(pick(rng, (1, 1, 1, 2)))
    padding = pick(rng, PADDINGS)
    height, width = (int(rng.integers(size if padding == "VALID" else 1, 14)) for _ in range(2))
    activation: Activation = pick(rng, _ACTIVATIONS)
    x = b.int8((batches, height, width, depth), some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, W8A8, (channels, size, size, depth), 0, rng.random() < 0.7)
    taps = size * size * depth
    bias = add_bias(b, rng, W8A8, x, weights, channels, taps)
    shape = (batches, outputs_of(padding, height, size, stride), outputs_of(padding, width, size, stride), channels)
    y = add_product_output(b, rng, W8A8, shape, x, weights, taps, activation)
    _let_zero_point_be_lowest(b, rng, y, activation)
    inputs = (x, weights) if bias < 0 else (x, weights, bias)
    b.op("CONV_2D", inputs, y, ConvOptions(stride, stride, 1, 1, padding, activation))
    return b.graph([x], [y])


def depthwise_conv_2d(rng: np.random.Generator) -> Graph:
    """3x3 filters with strides of 1 or 2."""
    b = GraphBuilder()
    stride, channels = int(pick(rng, (1, 2))), int(pick(rng, (16, 32, int(rng.integers(1, 50)))))
    padding, batches = pick(rng, PADDINGS), int(pick(rng, (1, 1, 1, 2)))
    height, width = (int(rng.integers(3 if padding == "VALID" else 1, 20)) for _ in range(2))
    activation: Activation = pick(rng, _ACTIVATIONS)
    x = b.int8((batches, height, width, channels), some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, W8A8, (1, 3, 3, channels), 3, rng.random() < 0.7)
    bias = add_bias(b, rng, W8A8, x, weights, channels, 9)
    shape = (batches, outputs_of(padding, height, 3, stride), outputs_of(padding, width, 3, stride), channels)
    y = add_product_output(b, rng, W8A8, shape, x, weights, 9, activation)
    _let_zero_point_be_lowest(b, rng, y, activation)
    inputs = (x, weights) if bias < 0 else (x, weights, bias)
    b.op("DEPTHWISE_CONV_2D", inputs, y, DepthwiseConvOptions(stride, stride, 1, 1, padding, activation, 1))
    return b.graph([x], [y])


def fully_connected(rng: np.random.Generator) -> Graph:
    b = GraphBuilder()
    depth = int(pick(rng, (16 * int(rng.integers(1, 12)), int(rng.integers(1, 200)))))
    channels, rows = int(pick(rng, (8, 16, 24, int(rng.integers(1, 40))))), int(pick(rng, (1, 1, 3)))
    activation: Activation = pick(rng, _ACTIVATIONS)
    x = b.int8((rows, depth), some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, W8A8, (channels, depth), 0, rng.random() < 0.5)
    bias = add_bias(b, rng, W8A8, x, weights, channels, depth)
    y = add_product_output(b, rng, W8A8, (rows, channels), x, weights, depth, activation)
    _let_zero_point_be_lowest(b, rng, y, activation)
    b.op("FULLY_CONNECTED", (x, weights, bias), y, FullyConnectedOptions(activation, False))
    return b.graph([x], [y])


def add(rng: np.random.Generator) -> Graph:
    """Two tensors of the same shape; now and then of the same scale."""
    b = GraphBuilder()
    shape = (1, *(int(rng.integers(1, n)) for n in (6, 6, 40)))
    first = some_scale(rng)
    scales = (first, pick(rng, (first, some_scale(rng))))
    activation: Activation = pick(rng, ("NONE", "RELU", "RELU6", "RELU_N1_TO_1"))
    inputs = [b.int8(shape, scale, some_zero_point(rng)) for scale in scales]
    scale = float(np.float32(max(scales) * 10 ** rng.uniform(-1, 1)))
    y = b.int8(shape, scale, output_zero_point(rng, activation))
    b.op("ADD", inputs, y, AddOptions(activation, False))
    return b.graph(inputs, [y])


def pool(rng: np.random.Generator, kind: str) -> Graph:
    b = GraphBuilder()
    padding, batches = pick(rng, PADDINGS), int(pick(rng, (1, 1, 2)))
    size, stride = ([int(v) for v in rng.integers(1, n, 2)] for n in (5, 4))
    height, width = (int(rng.integers(s, s + 9)) for s in size)
    channels, activation = int(rng.integers(1, 50)), pick(rng, _ACTIVATIONS)
    scale, zero_point = some_scale(rng), output_zero_point(rng, activation)
    x = b.int8((batches, height, width, channels), scale, zero_point)
    shape = (
        batches,
        outputs_of(padding, height, size[0], stride[0]),
        outputs_of(padding, width, size[1], stride[1]),
        channels,
    )
    y = b.int8(shape, scale, zero_point)
    b.op(kind, (x,), y, PoolOptions(size[0], size[1], stride[0], stride[1], padding, activation))
    return b.graph([x], [y])


def mean(rng: np.random.Generator) -> Graph:
    """Over all pixels."""
    b = GraphBuilder()
    shape = tuple(int(rng.integers(1, n)) for n in (3, 9, 9, 50))
    keep = bool(rng.random() < 0.5)
    scale = some_scale(rng)
    x = b.int8(shape, scale, some_zero_point(rng))
    reduced = (shape[0], 1, 1, shape[3]) if keep else (shape[0], shape[3])
    y = b.int8(reduced, float(np.float32(scale * 10 ** rng.uniform(-1, 0.5))), some_zero_point(rng))
    b.op("MEAN", (x, b.int32([1, 2])), y, ReducerOptions(keep))
    return b.graph([x], [y])


def _let_zero_point_be_lowest(b: GraphBuilder, rng: np.random.Generator, y: int, activation: Activation) -> None:
    """As it is after a fused ReLU when a network was calibrated: mostly the lowest code, and six above the highest."""
    if activation == "NONE" or rng.random() < 0.2:
        return
    scale = min(scale_of(b, y), 6 / 255) if activation == "RELU6" else scale_of(b, y)
    b.tensors[y] = replace(b.tensors[y], quantization=Quantization.per_tensor(float(np.float32(scale)), -128))
