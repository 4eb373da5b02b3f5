"""Small int8 models, made by hand and seeded, for tests of what comes after quantization."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tinyq.graph import DType, Graph, Op, Quantization, Tensor
from tinyq.graph.options import (
    AddOptions,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    Options,
    PoolOptions,
    ReducerOptions,
    ReshapeOptions,
    SoftmaxOptions,
)


@dataclass
class Int8Builder:
    """Collects tensors and ops; each method returns the index of the tensor that it added."""

    seed: int = 0
    tensors: list[Tensor] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def activation(self, shape: tuple[int, ...], scale: float = 0.05, zero_point: int = 3, name: str = "") -> int:
        quantization = Quantization.per_tensor(scale, zero_point)
        self.tensors.append(Tensor(name or f"t{len(self.tensors)}", shape, DType.INT8, quantization))
        return len(self.tensors) - 1

    def weights(self, shape: tuple[int, ...], axis: int, per_channel: bool = True) -> int:
        data = self.rng.integers(-127, 128, shape, np.int8)
        count = shape[axis] if per_channel else 1
        scale = self.rng.uniform(0.001, 0.003, count).astype(np.float32)
        quantization = Quantization(scale, np.zeros(count, np.int64), axis)
        self.tensors.append(Tensor(f"w{len(self.tensors)}", shape, DType.INT8, quantization, data))
        return len(self.tensors) - 1

    def bias(self, x: int, weights: int, channels: int) -> int:
        inputs, factors = self.tensors[x].quantization, self.tensors[weights].quantization
        assert inputs is not None
        assert factors is not None
        scale = (inputs.scale * factors.scale).astype(np.float32)
        data = self.rng.integers(-500, 500, channels).astype(np.int32)
        quantization = Quantization(scale, np.zeros(scale.size, np.int64))
        self.tensors.append(Tensor(f"b{len(self.tensors)}", (channels,), DType.INT32, quantization, data))
        return len(self.tensors) - 1

    def shape(self, values: list[int]) -> int:
        data = np.array(values, np.int32)
        self.tensors.append(Tensor(f"s{len(self.tensors)}", data.shape, DType.INT32, None, data))
        return len(self.tensors) - 1

    def op(self, kind: str, inputs: list[int], out: int, options: Options) -> int:
        self.ops.append(Op(kind, tuple(inputs), (out,), options))
        return out

    def conv(self, x: int, channels: int, kernel: int = 3, stride: int = 1, per_channel: bool = True) -> int:
        n, h, w, c = self.tensors[x].shape
        weights = self.weights((channels, kernel, kernel, c), 0, per_channel)
        bias = self.bias(x, weights, channels)
        out = self.activation((n, -(-h // stride), -(-w // stride), channels))
        return self.op("CONV_2D", [x, weights, bias], out, ConvOptions(stride, stride, activation="RELU"))

    def depthwise(self, x: int, kernel: int = 3, stride: int = 1) -> int:
        n, h, w, c = self.tensors[x].shape
        weights = self.weights((1, kernel, kernel, c), 3)
        bias = self.bias(x, weights, c)
        out = self.activation((n, -(-h // stride), -(-w // stride), c))
        return self.op("DEPTHWISE_CONV_2D", [x, weights, bias], out, DepthwiseConvOptions(stride, stride))

    def dense(self, x: int, units: int, per_channel: bool = False) -> int:
        n, depth = self.tensors[x].shape
        weights = self.weights((units, depth), 0, per_channel)
        bias = self.bias(x, weights, units)
        return self.op("FULLY_CONNECTED", [x, weights, bias], self.activation((n, units)), FullyConnectedOptions())

    def add(self, x: int, y: int) -> int:
        return self.op("ADD", [x, y], self.activation(self.tensors[x].shape, 0.08), AddOptions())

    def same(self, x: int, shape: tuple[int, ...]) -> int:
        """A tensor with the quantization of another one."""
        self.tensors.append(Tensor(f"t{len(self.tensors)}", shape, DType.INT8, self.tensors[x].quantization))
        return len(self.tensors) - 1

    def average_pool(self, x: int, size: int) -> int:
        n, h, w, c = self.tensors[x].shape
        out = self.same(x, (n, h // size, w // size, c))
        return self.op("AVERAGE_POOL_2D", [x], out, PoolOptions(size, size, size, size))

    def max_pool(self, x: int, size: int) -> int:
        n, h, w, c = self.tensors[x].shape
        out = self.same(x, (n, h // size, w // size, c))
        return self.op("MAX_POOL_2D", [x], out, PoolOptions(size, size, size, size))

    def mean(self, x: int) -> int:
        n, _, _, c = self.tensors[x].shape
        return self.op("MEAN", [x, self.shape([1, 2])], self.activation((n, c)), ReducerOptions())

    def flatten(self, x: int) -> int:
        n, *rest = self.tensors[x].shape
        count = int(np.prod(rest))
        return self.op("RESHAPE", [x, self.shape([n, count])], self.same(x, (n, count)), ReshapeOptions((n, count)))

    def softmax(self, x: int) -> int:
        out = self.activation(self.tensors[x].shape, 1 / 256, -128)
        return self.op("SOFTMAX", [x], out, SoftmaxOptions())

    def graph(self, inputs: list[int], outputs: list[int]) -> Graph:
        return Graph(tuple(self.tensors), tuple(self.ops), tuple(inputs), tuple(outputs))


def small_network(seed: int = 0, size: int = 8, channels: int = 8) -> Graph:
    """A residual block, a depthwise separable block, pooling and a classifier: every common int8 operator once."""
    b = Int8Builder(seed)
    x = b.activation((1, size, size, 3), name="input")
    y = b.conv(x, channels)
    y = b.add(y, b.conv(y, channels))
    y = b.conv(b.depthwise(y, stride=2), 2 * channels, kernel=1)
    y = b.average_pool(y, 2)
    y = b.softmax(b.dense(b.flatten(y), 5))
    return b.graph([x], [y])


def bottleneck_network(seed: int = 0) -> Graph:
    """The start of MobileNet in small: a chain for which TFLM's greedy planner wastes memory."""
    b = Int8Builder(seed)
    x = b.activation((1, 24, 24, 3), name="input")
    y = b.conv(x, 8, stride=2)
    y = b.depthwise(y)
    y = b.conv(y, 16, kernel=1)
    y = b.depthwise(y, stride=2)
    y = b.softmax(b.dense(b.mean(y), 3))
    return b.graph([x], [y])
