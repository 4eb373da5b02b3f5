"""Models of one operator that networks have most often, layers with weights apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tests.graphs.builder import (
    ACTIVATIONS,
    GraphBuilder,
    Shape,
    output_zero_point,
    pick,
    scale_of,
    some_scale,
    some_zero_point,
)
from tinyq.graph import DType, Graph, Quantization
from tinyq.graph.options import (
    Activation,
    AddOptions,
    ConcatenationOptions,
    MulOptions,
    ReducerOptions,
    ReshapeOptions,
    SoftmaxOptions,
)


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


def add(rng: np.random.Generator, dtype: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    first, second, result = broadcast_shapes(rng)
    operands, inputs = _operands(b, rng, dtype, (first, second))
    activation: Activation = pick(rng, ACTIVATIONS)
    widening = 2 ** (dtype.bits - 8)
    scale = max(scale_of(b, t) for t in operands) * widening * 10 ** rng.uniform(-1.5, 1.0)
    y = b.codes(result, dtype, float(np.float32(scale)), output_zero_point(rng, activation))
    if dtype is DType.INT16 and rng.random() < 0.3:  # only this operator heeds zero points of int16
        for tensor in {*operands, y}:
            q = Quantization.per_tensor(scale_of(b, tensor), int(rng.integers(-32000, 32000)))
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
    scale = scale_of(b, operands[0]) * scale_of(b, operands[1]) * widening * 10 ** rng.uniform(-1, 3)
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
