"""Convolutions and dense layers in the shapes that networks are mostly made of."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from tests.graphs.builder import (
    PADDINGS,
    W8A8,
    GraphBuilder,
    add_bias,
    add_product_output,
    add_weights,
    outputs_of,
    pick,
    scale_of,
    some_scale,
    some_zero_point,
)
from tinyq.graph import Graph, Quantization
from tinyq.graph.options import (
    Activation,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
)


def deep_conv_2d(rng: np.random.Generator) -> Graph:
    """Many channels, few taps: what networks are mostly made of. Outputs often saturate at the zero point."""
    b = GraphBuilder()
    size, stride = int(pick(rng, (1, 3, 3))), int(pick(rng, (1, 1, 2)))
    depth = int(pick(rng, (4 * int(rng.integers(1, 24)), int(rng.integers(1, 96)))))
    channels, height, width = (int(rng.integers(1, n)) for n in (40, 8, 8))
    activation: Activation = pick(rng, ("NONE", "RELU", "RELU", "RELU6"))
    x = b.int8((1, height, width, depth), some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, W8A8, (channels, size, size, depth), 0, rng.random() < 0.8)
    taps = size * size * depth
    bias = add_bias(b, rng, W8A8, x, weights, channels, taps)
    shape = (1, math.ceil(height / stride), math.ceil(width / stride), channels)
    y = add_product_output(b, rng, W8A8, shape, x, weights, taps, activation)
    if activation != "NONE" and rng.random() < 0.8:
        b.tensors[y] = dataclasses.replace(b.tensors[y], quantization=Quantization.per_tensor(scale_of(b, y), -128))
    inputs = (x, weights) if bias < 0 else (x, weights, bias)
    b.op("CONV_2D", inputs, y, ConvOptions(stride, stride, 1, 1, "SAME", activation))
    return b.graph([x], [y])


def first_conv_2d(rng: np.random.Generator) -> Graph:
    """Few channels, as images and spectrograms have them; some too large to be copied with their padding."""
    b = GraphBuilder()
    size_h, size_w, depth = pick(rng, ((3, 3, 3), (3, 3, 3), (10, 4, 1), (3, 2, 2), (5, 5, 3), (3, 3, 1)))
    height, width = (int(rng.integers(n, 40)) for n in (size_h, size_w))
    stride, padding, channels = int(pick(rng, (1, 2, 2))), pick(rng, PADDINGS), int(rng.integers(1, 10))
    batches, taps = int(pick(rng, (1, 1, 2))), size_h * size_w * depth
    x = b.int8((batches, height, width, depth), some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, W8A8, (channels, size_h, size_w, depth), 0, rng.random() < 0.8)
    bias = add_bias(b, rng, W8A8, x, weights, channels, taps)
    shape = (batches, outputs_of(padding, height, size_h, stride), outputs_of(padding, width, size_w, stride), channels)
    y = add_product_output(b, rng, W8A8, shape, x, weights, taps, "NONE")
    inputs = (x, weights) if bias < 0 else (x, weights, bias)
    b.op("CONV_2D", inputs, y, ConvOptions(stride, stride, 1, 1, padding, "NONE"))
    return b.graph([x], [y])


def conv_3x3(rng: np.random.Generator) -> Graph:
    """3x3 filters with stride 1 in images of even height, whose width is a multiple of four."""
    b = GraphBuilder()
    depth, channels = 4 * int(pick(rng, (1, 2, 3, 4, 8, 16))), 2 * int(rng.integers(1, 8))
    height, width, batches = 2 * int(rng.integers(1, 5)), 4 * int(rng.integers(1, 4)), int(pick(rng, (1, 1, 2)))
    activation: Activation = pick(rng, ("NONE", "RELU", "RELU", "RELU6"))
    x = b.int8((batches, height, width, depth), some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, W8A8, (channels, 3, 3, depth), 0, rng.random() < 0.8)
    bias = add_bias(b, rng, W8A8, x, weights, channels, 9 * depth)
    y = add_product_output(b, rng, W8A8, (batches, height, width, channels), x, weights, 9 * depth, activation)
    if activation != "NONE" and rng.random() < 0.8:
        b.tensors[y] = dataclasses.replace(b.tensors[y], quantization=Quantization.per_tensor(scale_of(b, y), -128))
    inputs = (x, weights) if bias < 0 else (x, weights, bias)
    b.op("CONV_2D", inputs, y, ConvOptions(1, 1, 1, 1, "SAME", activation))
    return b.graph([x], [y])


def pointwise_of_8(rng: np.random.Generator) -> Graph:
    """1x1 filters over eight channels."""
    return _pointwise(rng, 8, int(rng.integers(1, 40)))


def even_pointwise(rng: np.random.Generator) -> Graph:
    """1x1 filters over groups of four channels, an even number of them."""
    return _pointwise(rng, 4 * int(rng.integers(1, 36)), 2 * int(rng.integers(1, 20)))


def _pointwise(rng: np.random.Generator, depth: int, channels: int) -> Graph:
    b = GraphBuilder()
    batches, height, width = int(pick(rng, (1, 1, 2))), int(rng.integers(1, 6)), int(rng.integers(1, 6))
    activation: Activation = pick(rng, ("NONE", "RELU", "RELU", "RELU6"))
    x = b.int8((batches, height, width, depth), some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, W8A8, (channels, 1, 1, depth), 0, rng.random() < 0.8)
    bias = add_bias(b, rng, W8A8, x, weights, channels, depth)
    y = add_product_output(b, rng, W8A8, (batches, height, width, channels), x, weights, depth, activation)
    if activation != "NONE" and rng.random() < 0.8:
        b.tensors[y] = dataclasses.replace(b.tensors[y], quantization=Quantization.per_tensor(scale_of(b, y), -128))
    inputs = (x, weights) if bias < 0 else (x, weights, bias)
    b.op("CONV_2D", inputs, y, ConvOptions(1, 1, 1, 1, "SAME", activation))
    return b.graph([x], [y])


def depthwise_3x3(rng: np.random.Generator) -> Graph:
    """3x3 depthwise filters as networks have them, in images of some rows and columns up to many."""
    b = GraphBuilder()
    stride, padding = int(pick(rng, (1, 1, 2))), pick(rng, PADDINGS)
    height, width = (int(pick(rng, (int(rng.integers(3, 9)), int(rng.integers(3, 64))))) for _ in range(2))
    depth, batches = int(rng.integers(4, 14)), int(pick(rng, (1, 1, 1, 2)))
    activation: Activation = pick(rng, ("NONE", "RELU", "RELU", "RELU6"))
    x = b.int8((batches, height, width, depth), some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, W8A8, (1, 3, 3, depth), 3, rng.random() < 0.8)
    bias = add_bias(b, rng, W8A8, x, weights, depth, 9)
    shape = (batches, outputs_of(padding, height, 3, stride), outputs_of(padding, width, 3, stride), depth)
    y = add_product_output(b, rng, W8A8, shape, x, weights, 9, activation)
    if activation != "NONE" and rng.random() < 0.8:
        b.tensors[y] = dataclasses.replace(b.tensors[y], quantization=Quantization.per_tensor(scale_of(b, y), -128))
    inputs = (x, weights) if bias < 0 else (x, weights, bias)
    b.op("DEPTHWISE_CONV_2D", inputs, y, DepthwiseConvOptions(stride, stride, 1, 1, padding, activation, 1))
    return b.graph([x], [y])


def deep_fully_connected(rng: np.random.Generator) -> Graph:
    """Inputs in fours, as most networks have them, and weights that are symmetric."""
    b = GraphBuilder()
    depth, channels, rows = 4 * int(rng.integers(1, 60)), int(rng.integers(1, 24)), int(pick(rng, (1, 1, 3)))
    activation: Activation = pick(rng, ("NONE", "RELU", "RELU", "RELU6"))
    x = b.int8((rows, depth), some_scale(rng), some_zero_point(rng))
    weights = add_weights(b, rng, W8A8, (channels, depth), 0, bool(rng.random() < 0.5))
    filters = b.tensors[weights].data
    assert filters is not None
    b.tensors[weights] = dataclasses.replace(b.tensors[weights], data=np.maximum(filters, -127))
    bias = add_bias(b, rng, W8A8, x, weights, channels, depth)
    y = add_product_output(b, rng, W8A8, (rows, channels), x, weights, depth, activation)
    if activation != "NONE" and rng.random() < 0.8:
        b.tensors[y] = dataclasses.replace(b.tensors[y], quantization=Quantization.per_tensor(scale_of(b, y), -128))
    b.op("FULLY_CONNECTED", (x, weights, bias), y, FullyConnectedOptions(activation, False))
    return b.graph([x], [y])
