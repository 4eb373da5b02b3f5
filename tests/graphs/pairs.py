"""Models of one operator on two or three operands, or over some axes, as in :mod:`tests.graphs`."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from tests.graphs import ACTIVATIONS, GraphBuilder, Shape, output_zero_point, pick, some_scale, some_zero_point
from tests.graphs import broadcast_shapes as shapes_of
from tinyq.graph import DType, Graph, Quantization
from tinyq.graph.options import (
    AddOptions,
    DivOptions,
    MulOptions,
    NoOptions,
    Options,
    ReducerOptions,
    SubOptions,
)

_QUANTIZED = (DType.INT8, DType.INT16)
_ACTIVATED: dict[str, type[Options]] = {"ADD": AddOptions, "SUB": SubOptions, "MUL": MulOptions, "DIV": DivOptions}


def _quantization(rng: np.random.Generator, dtype: DType, scale: float | None = None) -> Quantization | None:
    if dtype not in _QUANTIZED:
        return None
    scale = some_scale(rng) if scale is None else scale
    if dtype is DType.INT16:
        return Quantization.per_tensor(float(np.float32(scale / 256)), 0)
    return Quantization.per_tensor(float(np.float32(scale)), some_zero_point(rng))


def _operands(b: GraphBuilder, rng: np.random.Generator, dtype: DType, same: bool = False) -> tuple[list[int], Shape]:
    """Two operands and the shape that they broadcast to."""
    first, second, result = shapes_of(rng)
    quantization = _quantization(rng, dtype)
    quantizations = [quantization, quantization if same else _quantization(rng, dtype)]
    return [b.tensor(s, dtype, q) for s, q in zip((first, second), quantizations, strict=True)], result


def _scale(b: GraphBuilder, tensor: int) -> float:
    quantization = b.tensors[tensor].quantization
    return 1.0 if quantization is None else float(quantization.scale[0])


def sub(rng: np.random.Generator, dtype: DType) -> Graph:
    b = GraphBuilder()
    operands, result = _operands(b, rng, dtype)
    activation = pick(rng, ACTIVATIONS)
    widening = 2 ** (dtype.bits - 8)
    exact = rng.random() < 0.3  # powers of two between the scales, which make ties
    ratio = 2.0 ** int(rng.integers(-3, 3)) if exact else 10 ** rng.uniform(-1.5, 1.0)
    scale = max(_scale(b, t) for t in operands) * widening * ratio
    y = b.codes(result, dtype, float(np.float32(scale)), output_zero_point(rng, activation))
    b.op("SUB", operands, y, SubOptions(activation, False))
    return b.graph(operands, [y])


def squared_difference(rng: np.random.Generator, dtype: DType) -> Graph:
    b = GraphBuilder()
    operands, result = _operands(b, rng, dtype)
    widening = 2 ** (dtype.bits - 8)
    scale = (max(_scale(b, t) for t in operands) * widening) ** 2 * 10 ** rng.uniform(0, 3)
    y = b.codes(result, dtype, float(np.float32(scale)), some_zero_point(rng))
    b.op("SQUARED_DIFFERENCE", operands, y)
    return b.graph(operands, [y])


def div(rng: np.random.Generator, dtype: DType) -> Graph:
    """With a constant divisor that is not 0, and factors for which TFLM shifts by no more than 31 bits."""
    b = GraphBuilder()
    first, second, result = shapes_of(rng)
    zero_point = some_zero_point(rng)
    codes = np.arange(-128, 128)
    divisor = rng.choice(codes[codes != zero_point], second).astype(np.int8)
    activation = pick(rng, ACTIVATIONS)
    factor = 2.0 ** rng.uniform(6.1, 18)
    x = b.int8(first, 0.5, some_zero_point(rng))
    d = b.int8(second, some_scale(rng), zero_point, divisor)
    y = b.int8(result, float(np.float32(0.5 / _scale(b, d) / factor)), output_zero_point(rng, activation))
    b.op("DIV", (x, d), y, DivOptions(activation))
    return b.graph([x], [y])


def plain(rng: np.random.Generator, kind: str, dtype: DType) -> Graph:
    """Of plain numbers."""
    b = GraphBuilder()
    operands, result = _operands(b, rng, dtype)
    inputs = list(operands)
    if kind == "DIV" and dtype is DType.INT32:
        divisor = rng.integers(1, 1000, b.tensors[operands[1]].shape) * rng.choice([-1, 1])
        b.tensors[operands[1]] = dataclasses.replace(b.tensors[operands[1]], data=divisor.astype(np.int32))
        inputs = operands[:1]
    y = b.tensor(result, dtype)
    activation = "NONE" if (kind, dtype) == ("ADD", DType.INT32) else pick(rng, ACTIVATIONS)  # which TFLM ignores
    options: Any = _ACTIVATED[kind](activation) if kind in _ACTIVATED else NoOptions()  # type: ignore[call-arg]
    b.op(kind, operands, y, options)
    return b.graph(inputs, [y])


def extremes(rng: np.random.Generator, kind: str, dtype: DType) -> Graph:
    b = GraphBuilder()
    operands, result = _operands(b, rng, dtype, same=True)
    y = b.tensor(result, dtype, b.tensors[operands[0]].quantization)
    b.op(kind, operands, y)
    return b.graph(operands, [y])


def compare(rng: np.random.Generator, kind: str, dtype: DType) -> Graph:
    b = GraphBuilder()
    operands, result = _operands(b, rng, dtype, same=bool(rng.random() < 0.5))
    if dtype in (DType.INT32, DType.INT64, DType.FLOAT32):  # so that equal ones come up
        shape = b.tensors[operands[1]].shape
        data = rng.integers(-2, 2, shape).astype(dtype.numpy)
        b.tensors[operands[1]] = dataclasses.replace(b.tensors[operands[1]], data=data)
        if rng.random() < 0.6:
            first = rng.integers(-2, 2, b.tensors[operands[0]].shape).astype(dtype.numpy)
            b.tensors[operands[0]] = dataclasses.replace(b.tensors[operands[0]], data=first)
    y = b.tensor(result, DType.BOOL)
    b.op(kind, operands, y)
    inputs = [t for t in operands if not b.tensors[t].is_constant]
    return b.graph(inputs or [b.tensor((1,), DType.INT8)], [y])


def logical(rng: np.random.Generator, kind: str) -> Graph:
    b = GraphBuilder()
    operands, result = _operands(b, rng, DType.BOOL)
    if kind == "LOGICAL_NOT":
        operands, result = operands[:1], b.tensors[operands[0]].shape
    y = b.tensor(result, DType.BOOL)
    b.op(kind, operands, y)
    return b.graph(operands, [y])


def prelu(rng: np.random.Generator, dtype: DType) -> Graph:
    b = GraphBuilder()
    shape = tuple(int(d) for d in rng.integers(1, 6, 4))
    slopes = pick(rng, ((1, 1, shape[3]), (1, shape[2], 1), shape[1:], (shape[3],), (1, 1, 1)))
    x = b.tensor(shape, dtype, _quantization(rng, dtype))
    data = rng.integers(-128, 128, slopes, np.int8)
    alpha = b.int8(slopes, some_scale(rng) / 20, some_zero_point(rng), data)
    ratio = 10 ** rng.uniform(-1, 1) if rng.random() < 0.6 else 1 / (int(rng.integers(8)) + 0.5)
    y = b.codes(shape, dtype, _scale(b, x) * (256 if dtype is DType.INT16 else 1) * ratio, some_zero_point(rng))
    b.op("PRELU", (x, alpha), y)
    return b.graph([x], [y])


def select(rng: np.random.Generator, dtype: DType) -> Graph:
    b = GraphBuilder()
    first, second, result = shapes_of(rng)
    third = tuple(1 if rng.random() < 0.3 else d for d in result)
    shapes = [(first, second, third), (third, first, second), (first, third, second)][int(rng.integers(3))]
    quantization = _quantization(rng, dtype)
    condition = b.tensor(shapes[0], DType.BOOL)
    operands = [b.tensor(s, dtype, quantization) for s in shapes[1:]]
    y = b.tensor(result, dtype, quantization)
    b.op("SELECT_V2", (condition, *operands), y)
    return b.graph([condition, *operands], [y])


def _axes(rng: np.random.Generator, rank: int) -> list[int]:
    return [int(a) for a in rng.choice(rank, int(rng.integers(1, rank + 1)), replace=False)]


def reduction(rng: np.random.Generator, kind: str, dtype: DType) -> Graph:
    b = GraphBuilder()
    rank = int(rng.integers(1, 5))
    shape = tuple(int(d) for d in rng.integers(1, 6, rank))
    axes, keep = _axes(rng, rank), bool(rng.random() < 0.5)
    result = tuple(1 if i in axes else d for i, d in enumerate(shape) if keep or i not in axes)
    written = [a - rank if rng.random() < 0.3 else a for a in axes]
    quantization = _quantization(rng, dtype)
    x = b.tensor(shape, dtype, quantization)
    y = b.tensor(result, dtype, quantization)
    if kind == "SUM" and quantization is not None:
        ratio = 10 ** rng.uniform(0, 1.5)
        zero_point = 0 if dtype is DType.INT16 else some_zero_point(rng)
        wider = Quantization.per_tensor(float(np.float32(_scale(b, x) * ratio)), zero_point)
        b.tensors[y] = dataclasses.replace(b.tensors[y], quantization=wider)
    b.op(kind, (x, b.int32(written)), y, ReducerOptions(keep))
    return b.graph([x], [y])


def arg(rng: np.random.Generator, kind: str, dtype: DType) -> Graph:
    b = GraphBuilder()
    rank = int(rng.integers(1, 5))
    shape = tuple(int(d) for d in rng.integers(1, 8, rank))
    axis = int(rng.integers(rank))
    x = b.tensor(shape, dtype, _quantization(rng, dtype))
    y = b.tensor((*shape[:axis], *shape[axis + 1 :]), DType.INT32)
    b.op(kind, (x, b.int32(axis - rank if rng.random() < 0.3 else axis)), y)
    return b.graph([x], [y])
