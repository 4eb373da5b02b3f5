"""Quantized networks with channels that cannot vary, or that nobody reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.graphs import W4A8, W8A8, W8A16, GraphBuilder, Types, pick
from tinyq.graph import DType, Graph, Quantization
from tinyq.graph.options import (
    AddOptions,
    ConcatenationOptions,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    MulOptions,
    NoOptions,
    Padding,
    PoolOptions,
    ReducerOptions,
    ReshapeOptions,
)

TYPES = {"int8": W8A8, "int8 with int4 weights": W4A8, "int16": W8A16}


@dataclass
class DeadBuilder(GraphBuilder):
    """Layers of which channels can be made constant; each method returns the index of its output."""

    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    types: Types = W8A8

    def __init__(self, rng: np.random.Generator, types: Types = W8A8) -> None:
        super().__init__()
        self.rng, self.types = rng, types

    def output(self, shape: tuple[int, ...], scale: float, zero_point: int = -128) -> int:
        return self.codes(shape, self.types.activations, scale, zero_point)

    def conv(
        self,
        x: int,
        channels: int,
        *,
        kernel: int = 3,
        stride: int = 1,
        padding: Padding = "SAME",
        zero_point: int = -128,
        scale: float = 0.0,
        constants: Sequence[int | None] = (),
        unread: Sequence[int] = (),
        with_bias: bool = True,
    ) -> int:
        """A convolution with ReLU.

        Args:
            scale: Of the output, in int8; 0 for one that spreads typical sums.
            constants: Code by channel that the output always has, None where it may vary.
            unread: Input channels whose weights are zero.
        """
        n, h, w, depth = self.tensors[x].shape
        limit = 2 ** (self.types.weights.bits - 1)
        data = self.rng.integers(1 - limit, limit, (channels, kernel, kernel, depth), np.int8)
        data[..., list(unread)] = 0
        given = dict(enumerate(constants))
        data[[c for c, code in given.items() if code is not None]] = 0
        weights = self.tensor(data.shape, self.types.weights, self._weight_scales(channels, 0), data)
        size = [-(-s // stride) if padding == "SAME" else (s - kernel) // stride + 1 for s in (h, w)]
        out = self.output((n, *size, channels), scale or self._spread(x, kernel * kernel * depth), zero_point)
        bias = self._bias(x, weights, channels)
        for channel, code in given.items():
            if code is not None:
                self._set_code(x, weights, bias, out, channel, code)
        self.op("CONV_2D", [x, weights, bias][: 2 + with_bias], out, ConvOptions(stride, stride, 1, 1, padding, "RELU"))
        return out

    def depthwise(self, x: int, *, stride: int = 1, multiplier: int = 1, padding: Padding = "SAME") -> int:
        n, h, w, depth = self.tensors[x].shape
        channels, limit = depth * multiplier, 2 ** (self.types.weights.bits - 1)
        data = self.rng.integers(1 - limit, limit, (1, 3, 3, channels), np.int8)
        weights = self.tensor(data.shape, self.types.weights, self._weight_scales(channels, 3), data)
        size = [-(-s // stride) if padding == "SAME" else (s - 3) // stride + 1 for s in (h, w)]
        out = self.output((n, *size, channels), self._spread(x, 9))
        options = DepthwiseConvOptions(stride, stride, 1, 1, padding, "RELU", multiplier)
        return self.op("DEPTHWISE_CONV_2D", [x, weights, self._bias(x, weights, channels)], out, options)

    def dense(self, x: int, units: int) -> int:
        n, depth = self.tensors[x].shape
        limit = 2 ** (self.types.weights.bits - 1)
        data = self.rng.integers(1 - limit, limit, (units, depth), np.int8)
        quantization = Quantization(np.array([0.01], np.float32), np.zeros(1, np.int64))
        weights = self.tensor(data.shape, self.types.weights, quantization, data)
        out = self.output((n, units), self._spread(x, depth), 0)
        bias = self._bias(x, weights, units)
        return self.op("FULLY_CONNECTED", [x, weights, bias], out, FullyConnectedOptions())

    def same(self, x: int, shape: tuple[int, ...]) -> int:
        """A tensor quantized as another one."""
        return self.tensor(shape, self.tensors[x].dtype, self.tensors[x].quantization)

    def some_conv(self, x: int, channels: int, *, kernel: int = 3, stride: int = 1) -> int:
        """A convolution of which some channels are dead, saturated or constant by zero weights, some inputs unread."""
        rng, depth = self.rng, self.tensors[x].shape[3]
        constants = [int(rng.integers(-128, 128)) if rng.random() < 0.2 else None for _ in range(channels)]
        constants = [-128 if code is not None and rng.random() < 0.6 else code for code in constants]
        unread = [c for c in range(depth) if rng.random() < 0.15]
        padding: Padding = pick(rng, ("SAME", "VALID")) if min(self.tensors[x].shape[1:3]) > kernel else "SAME"
        out = self.conv(
            x, channels, kernel=kernel, stride=stride, padding=padding, constants=constants, unread=unread,
            with_bias=any(c is not None for c in constants) or bool(rng.random() < 0.7),
        )  # fmt: skip
        if len(self.ops[-1].inputs) > 2:
            self._saturate_some(self.ops[-1].inputs[2])
        return out

    def _saturate_some(self, bias: int) -> None:
        """Biases so far out that ReLU, or the largest code, hides all else."""
        data = self.tensors[bias].data
        assert data is not None
        for channel in range(data.size):
            if self.rng.random() < 0.15:
                data[channel] = int(pick(self.rng, (-1, 1))) * 2 ** (30 if data.dtype == np.int32 else 38)

    def _weight_scales(self, channels: int, axis: int) -> Quantization:
        count = channels if self.rng.random() < 0.7 else 1
        scales = (10 ** self.rng.uniform(-2.5, -1.5) * self.rng.uniform(0.3, 1, count)).astype(np.float32)
        return Quantization(scales, np.zeros(count, np.int64), axis)

    def _spread(self, x: int, depth: int) -> float:
        """A scale, as int8's, that spreads typical sums over the codes."""
        inputs, factors = self.tensors[x].quantization, self.tensors[-1].quantization
        assert inputs is not None
        assert factors is not None
        typical = 70 * self.types.widening * 0.55 * 2 ** (self.types.weights.bits - 1) * np.sqrt(depth)
        return float(inputs.scale[0] * factors.scale.mean() * typical / self.rng.uniform(20, 80))

    def _bias(self, x: int, weights: int, channels: int) -> int:
        inputs, factors = self.tensors[x].quantization, self.tensors[weights].quantization
        assert inputs is not None
        assert factors is not None
        scale = (inputs.scale * factors.scale).astype(np.float32)
        data = self.rng.normal(0, 3000 * self.types.widening, channels).astype(self.types.bias.numpy)
        quantization = Quantization(scale, np.zeros(scale.size, np.int64))
        return self.tensor((channels,), self.types.bias, quantization, data)

    def _set_code(self, x: int, weights: int, bias: int, out: int, channel: int, code: int) -> None:
        """Choose the bias of a channel without weights so that its output is a code (of int8's, scaled up)."""
        inputs, factors, result = (self.tensors[i].quantization for i in (x, weights, out))
        data = self.tensors[bias].data
        assert inputs is not None
        assert factors is not None
        assert result is not None
        assert data is not None
        wanted = (code - int(result.zero_point[0])) * (self.types.widening if self.types.widening > 1 else 1)
        scale = float(inputs.scale[0]) * float(factors.scale[channel if factors.is_per_channel else 0])
        data[channel] = round(wanted * float(result.scale[0]) / scale)


def network_with_dead_channels(rng: np.random.Generator, types: Types) -> Graph:
    """A few layers of every kind that folding has a rule for, in random order."""
    b = DeadBuilder(rng, types)
    x = b.codes((1, 7, 6, 3), types.activations, 0.1, int(rng.integers(-128, 128)))
    y = b.some_conv(x, int(rng.integers(4, 10)))
    for _ in range(int(rng.integers(2, 5))):
        y = pick(rng, (_conv, _pointwise, _depthwise, _residual, _pool, _pad, _join, _scaled, _relu))(b, y)
    y = b.some_conv(y, 6, kernel=1)
    if rng.random() < 0.3:
        return b.graph([x], [b.some_conv(y, 3)])
    n, h, w, c = b.tensors[y].shape
    if rng.random() < 0.5:
        axes = b.int32([1, 2])
        quantization = b.tensors[y].quantization
        assert quantization is not None
        out = b.tensor((n, c), types.activations, Quantization(quantization.scale * 2, quantization.zero_point))
        y = b.op("MEAN", [y, axes], out, ReducerOptions())
    else:
        shape = (n, h * w * c)
        y = b.op("RESHAPE", [y, b.int32(shape)], b.same(y, shape), ReshapeOptions(shape))
    return b.graph([x], [b.dense(y, 4)])


def _conv(b: DeadBuilder, x: int) -> int:
    return b.some_conv(x, int(b.rng.integers(3, 9)), stride=int(b.rng.integers(1, 3)))


def _pointwise(b: DeadBuilder, x: int) -> int:
    return b.some_conv(x, int(b.rng.integers(3, 9)), kernel=1)


def _depthwise(b: DeadBuilder, x: int) -> int:
    return b.depthwise(x, stride=int(b.rng.integers(1, 3)), multiplier=int(pick(b.rng, (1, 1, 2))))


def _residual(b: DeadBuilder, x: int) -> int:
    n, h, w, c = b.tensors[x].shape
    side = b.some_conv(x, c, kernel=1)
    if b.tensors[side].shape != (n, h, w, c):
        return side
    return b.op("ADD", [x, side], b.output((n, h, w, c), 4 * _int8_scale(b, side)), AddOptions("RELU"))


def _pool(b: DeadBuilder, x: int) -> int:
    n, h, w, c = b.tensors[x].shape
    kind = pick(b.rng, ("MAX_POOL_2D", "AVERAGE_POOL_2D"))
    out = b.same(x, (n, -(-h // 2), -(-w // 2), c))
    return b.op(kind, [x], out, PoolOptions(2, 2, 2, 2, "SAME"))


def _pad(b: DeadBuilder, x: int) -> int:
    n, h, w, c = b.tensors[x].shape
    amounts = b.tensor((4, 2), DType.INT32, None, np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int32))
    return b.op("PAD", [x, amounts], b.same(x, (n, h + 1, w + 1, c)), NoOptions())


def _join(b: DeadBuilder, x: int) -> int:
    """Two convolutions with one quantization, joined along the channels."""
    left = b.some_conv(x, 3, kernel=1)
    right = b.some_conv(x, 4, kernel=1)
    if b.tensors[left].shape[1:3] != b.tensors[right].shape[1:3]:
        return right
    b.tensors[right] = b.tensors[b.same(left, b.tensors[right].shape)]
    b.tensors.pop()
    out = b.same(left, (*b.tensors[left].shape[:3], 7))
    return b.op("CONCATENATION", [left, right], out, ConcatenationOptions(3))


def _scaled(b: DeadBuilder, x: int) -> int:
    """Times a constant for each channel."""
    shape = b.tensors[x].shape
    dtype = b.types.activations
    data = b.rng.integers(-100, 101, shape[-1:]).astype(dtype.numpy)
    factors = b.codes(shape[-1:], dtype, 0.01, 0, data)
    return b.op("MUL", [x, factors], b.output(shape, _int8_scale(b, x), 0), MulOptions())


def _relu(b: DeadBuilder, x: int) -> int:
    return b.op("RELU", [x], b.output(b.tensors[x].shape, _int8_scale(b, x)), NoOptions())


def _int8_scale(b: DeadBuilder, x: int) -> float:
    """The scale of a tensor as it would be in int8."""
    quantization = b.tensors[x].quantization
    assert quantization is not None
    return float(quantization.scale[0]) * b.types.widening
