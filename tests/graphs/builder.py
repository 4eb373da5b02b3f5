"""What makers of models share: types, random quantization, weights and biases."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op, Quantization, Tensor
from tinyq.graph.options import (
    Activation,
    NoOptions,
    Options,
    Padding,
)

ACTIVATIONS: tuple[Activation, ...] = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
PADDINGS: tuple[Padding, ...] = ("SAME", "VALID")
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Types:
    """The types of an operator with weights."""

    activations: DType = DType.INT8
    weights: DType = DType.INT8
    bias: DType = DType.INT32

    @property
    def widening(self) -> int:
        """How many steps of the activations' type there are to one of int8."""
        return int(2 ** (self.activations.bits - 8))


W8A8 = Types()
W4A8 = Types(weights=DType.INT4)
W8A16 = Types(DType.INT16, bias=DType.INT64)
W8A16_BIAS32 = Types(DType.INT16)


@dataclass
class GraphBuilder:
    """Collects tensors and ops; methods that add a tensor return its index."""

    tensors: list[Tensor] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)

    def tensor(
        self,
        shape: Shape,
        dtype: DType = DType.INT8,
        quantization: Quantization | None = None,
        data: NDArray[Any] | None = None,
        name: str = "",
    ) -> int:
        self.tensors.append(Tensor(name or f"tensor_{len(self.tensors)}", shape, dtype, quantization, data))
        return len(self.tensors) - 1

    def codes(self, shape: Shape, dtype: DType, scale: float, zero_point: int, data: NDArray[Any] | None = None) -> int:
        """A tensor of int8 or int16; scale and zero point are given as for int8, and an int16 tensor has none."""
        if dtype is DType.INT8:
            return self.tensor(shape, dtype, Quantization.per_tensor(scale, zero_point), data)
        return self.tensor(shape, dtype, Quantization.per_tensor(float(np.float32(scale / 256)), 0), data)

    def int8(self, shape: Shape, scale: float, zero_point: int, data: NDArray[np.int8] | None = None) -> int:
        return self.tensor(shape, DType.INT8, Quantization.per_tensor(scale, zero_point), data)

    def int32(self, values: Sequence[int] | NDArray[Any]) -> int:
        data = np.asarray(values, np.int32)
        return self.tensor(data.shape, DType.INT32, None, data)

    def floats(self, rng: np.random.Generator, shape: Shape) -> int:
        """A constant of float32."""
        return self.tensor(shape, DType.FLOAT32, None, rng.normal(0, 1, shape).astype(np.float32))

    def op(self, kind: str, inputs: Sequence[int], output: int, options: Options | None = None) -> int:
        self.ops.append(Op(kind, tuple(inputs), (output,), options or NoOptions()))
        return output

    def graph(self, inputs: Sequence[int], outputs: Sequence[int]) -> Graph:
        return Graph(tuple(self.tensors), tuple(self.ops), tuple(inputs), tuple(outputs))


def pick(rng: np.random.Generator, values: Sequence[Any]) -> Any:
    return values[int(rng.integers(len(values)))]


def some_scale(rng: np.random.Generator) -> float:
    """Between 0.001 and 1."""
    return float(np.float32(10 ** rng.uniform(-3, 0)))


def some_zero_point(rng: np.random.Generator) -> int:
    return int(pick(rng, (-128, 127, 0, int(rng.integers(-128, 128)))))


def output_zero_point(rng: np.random.Generator, activation: Activation) -> int:
    """One that leaves the activation's range something in it."""
    return -128 if activation in ("RELU", "RELU6") and rng.random() < 0.5 else int(rng.integers(-128, 100))


def scale_of(b: GraphBuilder, tensor: int) -> float:
    quantization = b.tensors[tensor].quantization
    assert quantization is not None
    return float(quantization.scale[0])


def outputs_of(padding: Padding, size: int, filter_size: int, stride: int, dilation: int = 1) -> int:
    reach = (filter_size - 1) * dilation + 1
    return math.ceil(size / stride) if padding == "SAME" else (size - reach) // stride + 1


def add_weights(
    b: GraphBuilder,
    rng: np.random.Generator,
    types: Types,
    shape: Shape,
    axis: int,
    per_channel: bool,
    zero_point: int = 0,
) -> int:
    channels = shape[axis]
    limit = 2 ** (types.weights.bits - 1)
    data = rng.integers(-limit, limit, shape, np.int8)
    if rng.random() < 0.2:  # a channel of zeros alone
        np.moveaxis(data, axis, 0)[int(rng.integers(channels))] = 0
    count = channels if per_channel else 1
    scales = (10 ** rng.uniform(-3, -1) * rng.uniform(0.2, 1.0, count)).astype(np.float32)
    return b.tensor(shape, types.weights, Quantization(scales, np.full(count, zero_point, np.int64), axis), data)


def add_bias(
    b: GraphBuilder, rng: np.random.Generator, types: Types, source: int, weights: int, channels: int, depth: int
) -> int:
    """-1 now and then: no bias. Of int64, now and then, as large as the sums may be: less than 2^46."""
    if rng.random() < 0.25:
        return -1
    largest = 2.0**31 if types.bias is DType.INT32 else 2.0**46
    spread = 127 * 70 * math.sqrt(depth) * types.widening if rng.random() < 0.9 else largest
    data = np.clip(rng.normal(0, spread, channels), -largest, largest - 1).astype(types.bias.numpy)
    inputs, factors = b.tensors[source].quantization, b.tensors[weights].quantization
    assert inputs is not None
    assert factors is not None
    scale = (inputs.scale * factors.scale).astype(np.float32)
    return b.tensor((channels,), types.bias, Quantization(scale, np.zeros(scale.size, np.int64)), data)


def add_product_output(
    b: GraphBuilder,
    rng: np.random.Generator,
    types: Types,
    shape: Shape,
    source: int,
    weights: int,
    depth: int,
    activation: Activation,
) -> int:
    """An output whose scale spreads typical sums over some tens of codes, or by accident over far more or fewer."""
    inputs, factors = b.tensors[source].quantization, b.tensors[weights].quantization
    assert inputs is not None
    assert factors is not None
    typical = 0.55 * 2 ** (types.weights.bits - 1)
    deviation = float(inputs.scale[0]) * types.widening * 70 * float(factors.scale.mean()) * typical * math.sqrt(depth)
    widest = 6 if types.bias is DType.INT32 else 5  # 64-bit sums cannot be scaled up by more than 2^7
    spread = 10 ** rng.uniform(1, 2.3) if rng.random() < 0.85 else 10 ** rng.uniform(-3, widest)
    scale = float(np.float32(deviation / spread))
    return b.codes(shape, types.activations, scale, output_zero_point(rng, activation))


def many(make: Callable[..., Graph], count: int, seed: int, *args: Any) -> list[Graph]:
    """Some graphs of one kind."""
    rng = np.random.default_rng([seed, *make.__name__.encode()])
    return [make(rng, *args) for _ in range(count)]
