"""Chains of layers through which a positive factor per channel passes unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import Graph, Op
from tinyq.graph.options import ConvOptions, FullyConnectedOptions, PoolOptions

WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
# f(s x) = s f(x) for s > 0, channel by channel
_EQUIVARIANT = ("MAX_POOL_2D", "AVERAGE_POOL_2D", "RESHAPE", "MEAN", "PAD", "RELU", "LEAKY_RELU")


@dataclass(frozen=True)
class Pair:
    """Two weighted layers of which the second reads nothing but the first, and nobody else does.

    Attributes:
        first, second: Op indices.
        tensors: Activations between them, the first layer's output first.
        channels: Output channels of the first layer. Input ``i`` of the second reads channel ``i % channels``.
    """

    first: int
    second: int
    tensors: tuple[int, ...]
    channels: int


def pairs(graph: Graph, activations: tuple[str, ...] = ("NONE", "RELU")) -> tuple[Pair, ...]:
    """All pairs, in execution order.

    Args:
        graph: A float graph.
        activations: Fused activations that a factor is taken to pass through.
    """
    found = []
    for index, op in enumerate(graph.ops):
        if op.kind in WEIGHTED and activation_of(op) in activations and has_constant_weights(graph, op):
            pair = _follow(graph, index)
            if pair is not None:
                found.append(pair)
    return tuple(found)


def has_constant_weights(graph: Graph, op: Op) -> bool:
    """Weights and bias, if there is one, are constants that no other operator reads."""
    own = [t for t in op.inputs[1:3] if t >= 0]
    return all(graph.tensors[t].is_constant and len(graph.consumers[t]) == 1 for t in own)


def activation_of(op: Op) -> str:
    """The fused activation of a weighted operator or a pool."""
    if isinstance(op.options, ConvOptions | FullyConnectedOptions | PoolOptions):
        return op.options.activation
    return "NONE"


def _follow(graph: Graph, first: int) -> Pair | None:
    tensor = graph.ops[first].outputs[0]
    channels = graph.tensors[tensor].shape[-1]
    passed: list[int] = []
    while True:
        passed.append(tensor)
        readers = graph.consumers.get(tensor, ())
        if len(readers) != 1 or tensor in graph.outputs:
            return None
        op = graph.ops[readers[0]]
        if op.inputs[0] != tensor or op.inputs.count(tensor) != 1:
            return None
        if op.kind in WEIGHTED:
            fits = has_constant_weights(graph, op) and input_channels(graph, op) % channels == 0
            return Pair(first, readers[0], tuple(passed), channels) if fits else None
        if op.kind not in _EQUIVARIANT or activation_of(op) not in ("NONE", "RELU") or not _keeps_channels(graph, op):
            return None
        tensor = op.outputs[0]


def input_channels(graph: Graph, op: Op) -> int:
    """Inputs that a weighted operator tells apart; grouped convolutions have none that can be scaled on their own."""
    weights = graph.tensors[op.inputs[1]]
    width = graph.tensors[op.inputs[0]].shape[-1]
    if op.kind == "CONV_2D" and weights.shape[-1] != width:
        return 1
    return int(weights.shape[-1]) if op.kind != "DEPTHWISE_CONV_2D" else width


def _keeps_channels(graph: Graph, op: Op) -> bool:
    """Whether channel ``i`` of the output holds values of channel ``i % channels`` of the input alone."""
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    if op.kind == "RESHAPE":
        return bool(target) and target[-1] % source[-1] == 0
    if op.kind == "MEAN":
        axes = graph.tensors[op.inputs[1]].data
        return axes is not None and all(int(a) % len(source) != len(source) - 1 for a in axes.reshape(-1))
    if op.kind == "PAD":
        amounts = graph.tensors[op.inputs[1]].data
        return amounts is not None and not np.any(amounts[-1])
    return True


def output_extent(graph: Graph, op: Op) -> NDArray[np.float64]:
    """Largest magnitude of the weights of each output channel."""
    weights = _weights(graph, op)
    axis = output_axis(op)
    return np.asarray(np.abs(weights).max(axis=tuple(i for i in range(weights.ndim) if i != axis)))


def input_extent(graph: Graph, op: Op, channels: int) -> NDArray[np.float64]:
    """Largest magnitude of the weights that read each of the ``channels`` of the layer before."""
    weights = np.abs(_weights(graph, op))
    if op.kind == "DEPTHWISE_CONV_2D":
        outputs = weights.shape[-1]
        width = graph.tensors[op.inputs[0]].shape[-1]
        per_input = weights.reshape(-1, width, outputs // width).max(axis=(0, 2))
    else:
        per_input = weights.reshape(-1, weights.shape[-1]).max(axis=0)
    return np.asarray(per_input.reshape(-1, channels).max(axis=0))


def output_axis(op: Op) -> int:
    """Dimension of the weights that output channels lie along."""
    return 3 if op.kind == "DEPTHWISE_CONV_2D" else 0


def scale_outputs(graph: Graph, op: Op, factors: NDArray[np.float64]) -> Mapping[int, NDArray[np.float32]]:
    """New weights and bias, by tensor index, of a layer whose output channels are multiplied by ``factors``."""
    shape = [1] * graph.tensors[op.inputs[1]].data.ndim  # type: ignore[union-attr]
    shape[output_axis(op)] = -1
    changed = {op.inputs[1]: (_weights(graph, op) * factors.reshape(shape)).astype(np.float32)}
    if op.input(2) >= 0:
        bias = _data(graph, op.input(2))
        changed[op.input(2)] = (bias * factors.reshape([1] * (bias.ndim - 1) + [-1])).astype(np.float32)
    return changed


def scale_inputs(graph: Graph, op: Op, factors: NDArray[np.float64]) -> Mapping[int, NDArray[np.float32]]:
    """New weights, by tensor index, of a layer whose input channels are multiplied by ``factors``.

    ``factors`` may be shorter than the input has channels, if input ``i`` reads channel ``i % factors.size``.
    """
    return {op.inputs[1]: (_weights(graph, op) * _along_inputs(graph, op, factors)).astype(np.float32)}


def sum_of_inputs(graph: Graph, op: Op, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a layer's sums of products come to, ``[outputs]``, if all places of an input channel hold the same value."""
    products = _weights(graph, op) * _along_inputs(graph, op, values)
    axis = output_axis(op)
    return np.asarray(products.sum(axis=tuple(i for i in range(products.ndim) if i != axis)))


def reads_padding(graph: Graph, op: Op) -> bool:
    """Whether a layer sees zeros beyond the border of its input."""
    options = op.options
    if not isinstance(options, ConvOptions) or options.padding == "VALID":
        return False
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    kernel = graph.tensors[op.inputs[1]].shape[1:3]
    steps = ((options.stride_h, options.dilation_h), (options.stride_w, options.dilation_w))
    return any(
        (out - 1) * stride + (size - 1) * dilation + 1 > held
        for held, out, size, (stride, dilation) in zip(source[1:3], target[1:3], kernel, steps, strict=True)
    )


def _along_inputs(graph: Graph, op: Op, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of input channels along the last dimension of the weights."""
    repeated = np.tile(values, input_channels(graph, op) // values.size)
    if op.kind == "DEPTHWISE_CONV_2D":
        return np.repeat(repeated, graph.tensors[op.inputs[1]].shape[-1] // repeated.size)
    return repeated


def _weights(graph: Graph, op: Op) -> NDArray[np.float64]:
    return _data(graph, op.inputs[1])


def _data(graph: Graph, tensor: int) -> NDArray[np.float64]:
    data: NDArray[Any] | None = graph.tensors[tensor].data
    assert data is not None  # noqa: S101 - pairs() admits constants alone
    return data.astype(np.float64)
