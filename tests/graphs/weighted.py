"""Models of one convolution, dense layer or pool."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from tests.graphs.builder import (
    ACTIVATIONS,
    PADDINGS,
    W8A8,
    GraphBuilder,
    Shape,
    Types,
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
from tinyq.graph import DType, Graph, Quantization
from tinyq.graph.options import (
    Activation,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    Padding,
    PoolOptions,
)


def _window(rng: np.random.Generator, dilations: bool = True) -> tuple[Padding, list[tuple[int, int, int, int]]]:
    """Padding, and (size, filter size, stride, dilation) of both axes."""
    padding: Padding = pick(rng, PADDINGS)
    axes = []
    for _ in range(2):
        filter_size, stride = int(rng.integers(1, 6)), int(rng.integers(1, 4))
        dilation = int(rng.integers(1, 4)) if dilations and rng.random() < 0.3 else 1
        least = (filter_size - 1) * dilation + 1 if padding == "VALID" else 1
        axes.append((int(rng.integers(least, least + 9)), filter_size, stride, dilation))
    return padding, axes


def conv_2d(rng: np.random.Generator, pointwise: bool = False, types: Types = W8A8) -> Graph:
    b = GraphBuilder()
    padding, (h, w) = _window(rng)
    if pointwise:
        h, w = (h[0], 1, int(rng.integers(1, 3)), 1), (w[0], 1, int(rng.integers(1, 3)), 1)
        if rng.random() < 0.7:
            h, w = (h[0], 1, 1, 1), (w[0], 1, 1, 1)
    groups = int(rng.integers(2, 5)) if rng.random() < 0.25 else 1
    depth, filters = int(rng.integers(1, 9)), int(rng.integers(1, 7))
    batches, channels = int(pick(rng, (1, 1, 1, 2))), groups * filters
    activation: Activation = pick(rng, ACTIVATIONS)
    x = b.codes((batches, h[0], w[0], groups * depth), types.activations, some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, types, (channels, h[1], w[1], depth), 0, rng.random() < 0.7, int(rng.integers(-2, 3)))
    taps = h[1] * w[1] * depth
    bias = add_bias(b, rng, types, x, weights, channels, taps)
    shape = (batches, outputs_of(padding, *h), outputs_of(padding, *w), channels)
    y = add_product_output(b, rng, types, shape, x, weights, taps, activation)
    inputs = (x, weights) if bias < 0 else (x, weights, bias)
    b.op("CONV_2D", inputs, y, ConvOptions(h[2], w[2], h[3], w[3], padding, activation))
    return b.graph([x], [y])


def depthwise_conv_2d(rng: np.random.Generator, types: Types = W8A8) -> Graph:
    b = GraphBuilder()
    padding, (h, w) = _window(rng)
    multiplier = int(pick(rng, (1, 1, 2, 3)))
    depth, batches = int(rng.integers(1, 9)), int(pick(rng, (1, 1, 1, 2)))
    channels = depth * multiplier
    activation: Activation = pick(rng, ACTIVATIONS)
    x = b.codes((batches, h[0], w[0], depth), types.activations, some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, types, (1, h[1], w[1], channels), 3, rng.random() < 0.7)
    bias = add_bias(b, rng, types, x, weights, channels, h[1] * w[1])
    shape = (batches, outputs_of(padding, *h), outputs_of(padding, *w), channels)
    y = add_product_output(b, rng, types, shape, x, weights, h[1] * w[1], activation)
    inputs = (x, weights) if bias < 0 else (x, weights, bias)
    options = DepthwiseConvOptions(h[2], w[2], h[3], w[3], padding, activation, multiplier)
    b.op("DEPTHWISE_CONV_2D", inputs, y, options)
    return b.graph([x], [y])


def fully_connected(rng: np.random.Generator, types: Types = W8A8) -> Graph:
    b = GraphBuilder()
    depth, channels = int(rng.integers(1, 70)), int(rng.integers(1, 20))
    activation: Activation = pick(rng, ACTIVATIONS)
    keep = bool(rng.random() < 0.3)
    rows: Shape = pick(rng, ((1,), (2,), (3, 2))) if keep else (int(rng.integers(1, 4)),)
    shape = (*rows, depth)
    if not keep and rng.random() < 0.3 and depth % 2 == 0:  # flattened by the operator itself
        shape = (*rows, 2, depth // 2)
    per_channel = bool(rng.random() < 0.5) and types.weights is not DType.INT4
    zero_point = int(rng.integers(-128, 128)) if not per_channel and rng.random() < 0.2 else 0
    x = b.codes(shape, types.activations, some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, types, (channels, depth), 0, per_channel, zero_point)
    bias = add_bias(b, rng, types, x, weights, channels, depth)
    y = add_product_output(b, rng, types, (*rows, channels), x, weights, depth, activation)
    if types.activations is DType.INT16 and rng.random() < 0.2:  # only this operator heeds zero points of int16
        for tensor in (x, y):
            q = Quantization.per_tensor(scale_of(b, tensor), int(rng.integers(-3000, 3000)))
            b.tensors[tensor] = dataclasses.replace(b.tensors[tensor], quantization=q)
    b.op("FULLY_CONNECTED", (x, weights, bias), y, FullyConnectedOptions(activation, keep))
    return b.graph([x], [y])


def fully_connected_ties(rng: np.random.Generator, per_channel: bool, types: Types = W8A8) -> Graph:
    """Weights of zero, and biases that lie around the ties of the requantization, where every bit of it matters."""
    b = GraphBuilder()
    x = b.codes((1, 1), types.activations, some_scale(rng), 0)
    codes = rng.integers(-100, 100, 40) * types.widening + 0.5
    offsets = np.arange(-32, 33)
    channels = codes.size * offsets.size
    scales = np.full(channels if per_channel else 1, some_scale(rng), np.float32)
    zeros = np.zeros(scales.size, np.int64)
    weights = b.tensor(
        (channels, 1), types.weights, Quantization(scales, zeros), np.zeros((channels, 1), np.int8)
    )  # fmt: skip
    step = 2.0 ** rng.uniform(2, 24)  # sums to an output code
    product = float(np.float32(scale_of(b, x)) * scales[0])
    out_scale = float(np.float32(product * step))
    factor = product / out_scale
    if types.bias is DType.INT64:  # multipliers of 15 bits
        mantissa, exponent = math.frexp(factor)
        factor = math.floor(mantissa * 2**15 + 0.5) * 2.0 ** (exponent - 15)
    limits = np.iinfo(types.bias.numpy)
    biases = np.rint((codes / factor)[:, None] + offsets).reshape(-1).clip(limits.min, limits.max)
    quantization = Quantization(np.full(scales.size, product, np.float32), zeros)
    bias = b.tensor((channels,), types.bias, quantization, biases.astype(types.bias.numpy))
    y = b.tensor((1, channels), types.activations, Quantization.per_tensor(out_scale, int(rng.integers(-20, 20))))
    b.op("FULLY_CONNECTED", (x, weights, bias), y, FullyConnectedOptions())
    return b.graph([x], [y])


def _tie_scale(rng: np.random.Generator, limit: float) -> float:
    """One of which a limit is a whole number and a half, or nearly."""
    scale = np.float32(limit / (int(rng.integers(3, 200)) + 0.5))
    for _ in range(int(rng.integers(4))):
        scale = np.nextafter(scale, np.float32(pick(rng, (0, limit))))
    return float(scale)


def pool(rng: np.random.Generator, kind: str, dtype: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    padding, (h, w) = _window(rng, dilations=False)
    channels, batches = int(rng.integers(1, 7)), int(pick(rng, (1, 1, 2)))
    activation: Activation = pick(rng, ACTIVATIONS)
    scale, zero_point = some_scale(rng), output_zero_point(rng, activation)
    if activation == "RELU6" and rng.random() < 0.7:
        scale, zero_point = _tie_scale(rng, 6.0) * (1 if dtype is DType.INT8 else 256), -128
    x = b.codes((batches, h[0], w[0], channels), dtype, scale, zero_point)
    y = b.codes((batches, outputs_of(padding, *h), outputs_of(padding, *w), channels), dtype, scale, zero_point)
    b.op(kind, (x,), y, PoolOptions(h[1], w[1], h[2], w[2], padding, activation))
    return b.graph([x], [y])
