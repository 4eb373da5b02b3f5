"""Small quantized models of one operator each, with random shapes, attributes and quantization; seeded by the caller.

Every function gives a model that TFLM takes. Edge values (zero points at the ends, scales far apart, biases near 2^31)
come up with a probability that a few dozen cases will meet.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op, Quantization, Tensor
from tinyq.graph.options import (
    Activation,
    AddOptions,
    ConcatenationOptions,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    MulOptions,
    NoOptions,
    Options,
    Padding,
    PoolOptions,
    ReducerOptions,
    ReshapeOptions,
    SoftmaxOptions,
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


def _tie_scale(rng: np.random.Generator, limit: float) -> float:
    """One of which a limit is a whole number and a half, or nearly."""
    scale = np.float32(limit / (int(rng.integers(3, 200)) + 0.5))
    for _ in range(int(rng.integers(4))):
        scale = np.nextafter(scale, np.float32(pick(rng, (0, limit))))
    return float(scale)


def output_zero_point(rng: np.random.Generator, activation: Activation) -> int:
    """One that leaves the activation's range something in it."""
    return -128 if activation in ("RELU", "RELU6") and rng.random() < 0.5 else int(rng.integers(-128, 100))


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


def _outputs(padding: Padding, size: int, filter_size: int, stride: int, dilation: int = 1) -> int:
    reach = (filter_size - 1) * dilation + 1
    return math.ceil(size / stride) if padding == "SAME" else (size - reach) // stride + 1


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
    shape = (batches, _outputs(padding, *h), _outputs(padding, *w), channels)
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
    shape = (batches, _outputs(padding, *h), _outputs(padding, *w), channels)
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
            q = Quantization.per_tensor(_scale(b, tensor), int(rng.integers(-3000, 3000)))
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
    product = float(np.float32(_scale(b, x)) * scales[0])
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


def pool(rng: np.random.Generator, kind: str, dtype: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    padding, (h, w) = _window(rng, dilations=False)
    channels, batches = int(rng.integers(1, 7)), int(pick(rng, (1, 1, 2)))
    activation: Activation = pick(rng, ACTIVATIONS)
    scale, zero_point = some_scale(rng), output_zero_point(rng, activation)
    if activation == "RELU6" and rng.random() < 0.7:
        scale, zero_point = _tie_scale(rng, 6.0) * (1 if dtype is DType.INT8 else 256), -128
    x = b.codes((batches, h[0], w[0], channels), dtype, scale, zero_point)
    y = b.codes((batches, _outputs(padding, *h), _outputs(padding, *w), channels), dtype, scale, zero_point)
    b.op(kind, (x,), y, PoolOptions(h[1], w[1], h[2], w[2], padding, activation))
    return b.graph([x], [y])


def mean(rng: np.random.Generator, dtype: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    rank = int(rng.integers(1, 6))
    shape = tuple(int(d) for d in rng.integers(1, 6, rank))
    axes = [int(a) for a in rng.choice(rank, int(rng.integers(1, rank + 1)), replace=False)]
    keep = bool(rng.random() < 0.5)
    reduced = tuple(1 if i in axes else d for i, d in enumerate(shape) if keep or i not in axes)
    written = [a - rank if rng.random() < 0.3 else a for a in axes]
    scale = some_scale(rng)
    x = b.codes(shape, dtype, scale, some_zero_point(rng))
    ratio = 10 ** rng.uniform(-1.5, 0.5) if rng.random() < 0.9 else 2.0**29  # so far apart that little is left
    y = b.codes(reduced, dtype, float(np.float32(scale * ratio)), some_zero_point(rng))
    b.op("MEAN", (x, b.int32(written)), y, ReducerOptions(keep))
    return b.graph([x], [y])


def broadcast_shapes(rng: np.random.Generator) -> tuple[Shape, Shape, Shape]:
    """Two operands and the result; now and then equal, scalar or of different rank."""
    rank = int(rng.integers(1, 5))
    shape = tuple(int(d) for d in rng.integers(1, 6, rank))
    how = rng.random()
    if how < 0.35:
        return shape, shape, shape
    a = tuple(1 if rng.random() < 0.4 else d for d in shape)
    other = tuple(d if x == 1 or rng.random() < 0.6 else 1 for d, x in zip(shape, a, strict=True))
    if how < 0.6:
        other = shape[int(rng.integers(rank)) :]
        a = shape
    if how > 0.9:
        other = ()
        a = shape
    result = np.broadcast_shapes(a, other)
    return (a, other, result) if rng.random() < 0.5 else (other, a, result)


def _operands(
    b: GraphBuilder, rng: np.random.Generator, dtype: DType, shapes: Sequence[Shape]
) -> tuple[list[int], list[int]]:
    """Indices of two operands, and of those that are inputs: one may be constant, or both the same."""
    made = [b.codes(s, dtype, some_scale(rng), some_zero_point(rng)) for s in shapes]
    which = rng.random()
    if which < 0.25:
        constant = int(rng.integers(2))
        i = made[constant]
        limit = 2 ** (dtype.bits - 1)
        data = rng.integers(-limit, limit, shapes[constant], dtype.numpy)
        b.tensors[i] = dataclasses.replace(b.tensors[i], data=data)
        return made, [made[1 - constant]]
    if which < 0.35 and shapes[0] == shapes[1]:
        return [made[0], made[0]], [made[0]]
    return made, made


def _scale(b: GraphBuilder, tensor: int) -> float:
    quantization = b.tensors[tensor].quantization
    assert quantization is not None
    return float(quantization.scale[0])


def add(rng: np.random.Generator, dtype: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    first, second, result = broadcast_shapes(rng)
    operands, inputs = _operands(b, rng, dtype, (first, second))
    activation: Activation = pick(rng, ACTIVATIONS)
    widening = 2 ** (dtype.bits - 8)
    scale = max(_scale(b, t) for t in operands) * widening * 10 ** rng.uniform(-1.5, 1.0)
    y = b.codes(result, dtype, float(np.float32(scale)), output_zero_point(rng, activation))
    if dtype is DType.INT16 and rng.random() < 0.3:  # only this operator heeds zero points of int16
        for tensor in {*operands, y}:
            q = Quantization.per_tensor(_scale(b, tensor), int(rng.integers(-32000, 32000)))
            b.tensors[tensor] = dataclasses.replace(b.tensors[tensor], quantization=q)
    power_of_two = bool(rng.random() < 0.5) if dtype is DType.INT16 else False
    b.op("ADD", operands, y, AddOptions(activation, power_of_two))
    return b.graph(inputs, [y])


def mul(rng: np.random.Generator, dtype: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    first, second, result = broadcast_shapes(rng)
    operands, inputs = _operands(b, rng, dtype, (first, second))
    activation: Activation = pick(rng, ACTIVATIONS)
    widening = 2 ** (2 * dtype.bits - 16)
    scale = _scale(b, operands[0]) * _scale(b, operands[1]) * widening * 10 ** rng.uniform(-1, 3)
    y = b.codes(result, dtype, float(np.float32(scale)), output_zero_point(rng, activation))
    b.op("MUL", operands, y, MulOptions(activation))
    return b.graph(inputs, [y])


def reshape(rng: np.random.Generator, dtype: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    shape = tuple(int(d) for d in rng.integers(1, 5, int(rng.integers(1, 5))))
    new = (int(np.prod(shape)),) if rng.random() < 0.5 else tuple(reversed(shape))
    scale, zero_point = some_scale(rng), some_zero_point(rng)
    x = b.codes(shape, dtype, scale, zero_point)
    y = b.codes(new, dtype, scale, zero_point)
    b.op("RESHAPE", (x, b.int32(new)), y, ReshapeOptions(new))
    z = b.int8(new, some_scale(rng), some_zero_point(rng))
    b.op("QUANTIZE", (y,), z)
    return b.graph([x], [y, z] if rng.random() < 0.5 else [z])


def pad(rng: np.random.Generator, kind: str = "PAD", dtype: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    rank = int(rng.integers(1, 6))
    shape = tuple(int(d) for d in rng.integers(1, 5, rank))
    paddings = rng.integers(0, 4, (rank, 2)) * (rng.random((rank, 1)) < 0.6)
    scale, zero_point = some_scale(rng), some_zero_point(rng)
    x = b.codes(shape, dtype, scale, zero_point)
    y = b.codes(tuple(int(d) for d in shape + paddings.sum(axis=1)), dtype, scale, zero_point)
    inputs = [x, b.int32(paddings)]
    if kind == "PADV2":
        limit = 2 ** (dtype.bits - 1)
        inputs.append(b.codes((1,), dtype, scale, zero_point, rng.integers(-limit, limit, (1,), dtype.numpy)))
    b.op(kind, inputs, y)
    return b.graph([x], [y])


def concatenation(rng: np.random.Generator) -> Graph:
    b = GraphBuilder()
    rank = int(rng.integers(1, 5))
    shape = [int(d) for d in rng.integers(1, 5, rank)]
    axis, count = int(rng.integers(rank)), int(rng.integers(1, 6))
    dtype: DType = pick(rng, (DType.INT8, DType.INT8, DType.INT8, DType.INT16, DType.FLOAT32))
    q = Quantization.per_tensor(some_scale(rng), some_zero_point(rng) if dtype is DType.INT8 else 0)
    quantization = None if dtype is DType.FLOAT32 else q
    sizes = [int(s) for s in rng.integers(1, 5, count)]
    inputs = [b.tensor((*shape[:axis], s, *shape[axis + 1 :]), dtype, quantization) for s in sizes]
    given = list(inputs)
    if rng.random() < 0.3:  # a constant in the middle
        data_shape = (*shape[:axis], 2, *shape[axis + 1 :])
        data = rng.integers(-128, 128, data_shape).astype(dtype.numpy)
        inputs.insert(1, b.tensor(data_shape, dtype, quantization, data))
    if rng.random() < 0.2:  # the same input twice
        inputs.append(inputs[0])
    total = sum(b.tensors[i].shape[axis] for i in inputs)
    y = b.tensor((*shape[:axis], total, *shape[axis + 1 :]), dtype, quantization)
    b.op("CONCATENATION", inputs, y, ConcatenationOptions(axis - rank if rng.random() < 0.5 else axis))
    return b.graph(given, [y])


def softmax(rng: np.random.Generator, output: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    rows = tuple(int(d) for d in rng.integers(1, 4, int(rng.integers(0, 4))))
    shape = (*rows, int(pick(rng, (1, 2, 5, 12, 100, 300))))
    scale = float(np.float32(10 ** rng.uniform(-2.5, 1)))
    x = b.int8(shape, scale, some_zero_point(rng))
    q = Quantization.per_tensor(1 / 256, -128) if output is DType.INT8 else Quantization.per_tensor(1 / 65536, -32768)
    y = b.tensor(shape, output, q)
    b.op("SOFTMAX", (x,), y, SoftmaxOptions(float(pick(rng, (1.0, 1.0, 0.5, 2.3)))))
    return b.graph([x], [y])


def softmax_int16(rng: np.random.Generator) -> Graph:
    b = GraphBuilder()
    rows = tuple(int(d) for d in rng.integers(1, 4, int(rng.integers(0, 4))))
    shape = (*rows, int(pick(rng, (1, 2, 5, 12, 100, 300))))
    x = b.codes(shape, DType.INT16, float(10 ** rng.uniform(-4, 2)), 0)
    y = b.tensor(shape, DType.INT16, Quantization.per_tensor(1 / 32768, 0))
    b.op("SOFTMAX", (x,), y, SoftmaxOptions(float(pick(rng, (1.0, 1.0, 0.5, 2.3)))))
    return b.graph([x], [y])


def _all_codes(b: GraphBuilder, scale: float, zero_point: int, dtype: DType = DType.INT8) -> int:
    """Room for all codes of int8, and for some of int16."""
    return b.codes((16, 32), dtype, scale, zero_point)


def logistic(rng: np.random.Generator) -> Graph:
    b = GraphBuilder()
    x = _all_codes(b, float(np.float32(10 ** rng.uniform(-4, 1))), some_zero_point(rng))
    y = b.int8((16, 32), 1 / 256, -128)
    b.op("LOGISTIC", (x,), y)
    return b.graph([x], [y])


def logistic_int16(rng: np.random.Generator) -> Graph:
    b = GraphBuilder()
    near = 2.0**-4 * (1 + float(pick(rng, (0.0, 0.0004, 0.0006, -0.0008, 0.01))))  # of the scale that TFLM treats apart
    x = _all_codes(b, near if rng.random() < 0.3 else float(10 ** rng.uniform(-9, 2.8)), 0, DType.INT16)
    y = b.tensor((16, 32), DType.INT16, Quantization.per_tensor(1 / 32768, 0))
    b.op("LOGISTIC", (x,), y)
    return b.graph([x], [y])


def relu(rng: np.random.Generator, kind: str, dtype: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    scale, zero_point = some_scale(rng), some_zero_point(rng)
    x = _all_codes(b, scale, zero_point, dtype)
    same = rng.random() < 0.3
    # a ratio of nearly n + 1/2 makes ties, which single and double precision round differently
    ratio = 10 ** rng.uniform(-1, 1) if rng.random() < 0.3 else 1 / (int(rng.integers(8)) + 0.5)
    y = b.codes(
        (16, 32),
        dtype,
        scale if same else float(np.float32(scale * ratio)),
        zero_point if same else some_zero_point(rng),
    )
    b.op(kind, (x,), y)
    return b.graph([x], [y])


def quantize(rng: np.random.Generator, source: DType, output: DType) -> Graph:
    b = GraphBuilder()

    def quantization(dtype: DType, scale: float) -> Quantization:
        if dtype is DType.UINT8:
            return Quantization.per_tensor(scale, int(rng.integers(0, 256)))
        if dtype is DType.INT8:
            return Quantization.per_tensor(scale, some_zero_point(rng))
        return Quantization.per_tensor(scale, int(rng.integers(-1000, 1000)) if rng.random() < 0.5 else 0)

    scale = some_scale(rng) / (1 if source.bits <= 8 or source is DType.FLOAT32 else 2.0 ** (source.bits - 8))
    ratio = 10 ** rng.uniform(-1, 1) * 2.0 ** min(source.bits - output.bits, 8 if source is DType.FLOAT32 else 32)
    x = b.tensor((8, 32), source, None if source is DType.FLOAT32 else quantization(source, float(np.float32(scale))))
    out_scale = 0.1 * 10 ** rng.uniform(-1, 1) if source is DType.FLOAT32 else scale * ratio
    if rng.random() < 0.2 and source.bits == output.bits:
        out_scale = scale
    y = b.tensor((8, 32), output, quantization(output, float(np.float32(out_scale))))
    b.op("QUANTIZE", (x,), y)
    return b.graph([x], [y])


def dequantize(rng: np.random.Generator, source: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    zero_point = int(rng.integers(0, 256)) if source is DType.UINT8 else some_zero_point(rng)
    x = b.tensor((8, 32), source, Quantization.per_tensor(some_scale(rng), zero_point))
    y = b.tensor((8, 32), DType.FLOAT32)
    b.op("DEQUANTIZE", (x,), y)
    return b.graph([x], [y])


def many(make: Callable[..., Graph], count: int, seed: int, *args: Any) -> list[Graph]:
    """Some graphs of one kind."""
    rng = np.random.default_rng([seed, *make.__name__.encode()])
    return [make(rng, *args) for _ in range(count)]


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
        b.tensors[y] = dataclasses.replace(b.tensors[y], quantization=Quantization.per_tensor(_scale(b, y), -128))
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
    shape = (batches, _outputs(padding, height, size_h, stride), _outputs(padding, width, size_w, stride), channels)
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
        b.tensors[y] = dataclasses.replace(b.tensors[y], quantization=Quantization.per_tensor(_scale(b, y), -128))
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
    shape = (batches, _outputs(padding, height, 3, stride), _outputs(padding, width, 3, stride), depth)
    y = add_product_output(b, rng, W8A8, shape, x, weights, 9, activation)
    if activation != "NONE" and rng.random() < 0.8:
        b.tensors[y] = dataclasses.replace(b.tensors[y], quantization=Quantization.per_tensor(_scale(b, y), -128))
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
        b.tensors[y] = dataclasses.replace(b.tensors[y], quantization=Quantization.per_tensor(_scale(b, y), -128))
    b.op("FULLY_CONNECTED", (x, weights, bias), y, FullyConnectedOptions(activation, False))
    return b.graph([x], [y])
