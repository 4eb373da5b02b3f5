"""Models of one operator that keeps something between inferences, as in :mod:`tests.graphs`."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from tests.graphs import GraphBuilder, pick, some_scale, some_zero_point
from tinyq.graph import DType, Graph, Op, Quantization
from tinyq.graph.options import (
    CallOnceOptions,
    ConcatenationOptions,
    FullyConnectedOptions,
    LstmOptions,
    MulOptions,
    NoOptions,
    SoftmaxOptions,
    SvdfOptions,
    VarHandleOptions,
)


def _variable(b: GraphBuilder, shape: tuple[int, ...], dtype: DType, scale: float, zero_point: int = 0) -> int:
    index = b.tensor(shape, dtype, Quantization.per_tensor(scale, zero_point) if scale else None)
    b.tensors[index] = dataclasses.replace(b.tensors[index], is_variable=True)
    return index


def _single(x: float) -> float:
    return float(np.float32(x))


def _matrix(b: GraphBuilder, rng: np.random.Generator, shape: tuple[int, ...], scale: float) -> int:
    return b.int8(shape, _single(scale), 0, rng.integers(-128, 128, shape, np.int8))


def _add_svdf(
    b: GraphBuilder, rng: np.random.Generator, x: int, units: int, rank: int, memory: int, state_dtype: DType
) -> int:
    """An SVDF layer whose states and outputs use most of their codes."""
    batches, inputs = b.tensors[x].shape
    filters = units * rank
    feature_scale, time_scale = 10 ** rng.uniform(-3, -1), 10 ** rng.uniform(-3, -1)
    feature = _matrix(b, rng, (filters, inputs), feature_scale)
    limit = 128 if state_dtype is DType.INT8 else 2000  # so that sums stay in 32 bits
    spread = 70 if state_dtype is DType.INT8 else 9000
    source = b.tensors[x].quantization
    assert source is not None
    state_scale = _single(float(source.scale[0]) * feature_scale * 70 * 70 * math.sqrt(inputs) / spread)
    time = b.tensor(
        (filters, memory),
        state_dtype,
        Quantization.per_tensor(_single(time_scale), 0),
        rng.integers(-limit, limit, (filters, memory), state_dtype.numpy),
    )
    product = state_scale * time_scale
    bias_data = rng.normal(0, spread * limit / 2, units).astype(np.int32)
    bias = b.tensor((units,), DType.INT32, Quantization.per_tensor(_single(product), 0), bias_data)
    state = _variable(b, (batches, memory * filters), state_dtype, state_scale)
    deviation = product * spread * limit / 2 * math.sqrt(memory * rank)
    y = b.int8((batches, units), _single(deviation / 60), some_zero_point(rng))
    return b.op("SVDF", (x, feature, time, bias, state), y, SvdfOptions(rank, pick(rng, ("NONE", "RELU"))))


def svdf(rng: np.random.Generator, state_dtype: DType = DType.INT8) -> Graph:
    b = GraphBuilder()
    batches, inputs, units, rank, memory = (int(n) for n in rng.integers(1, [3, 20, 6, 4, 9]))
    if state_dtype is DType.FLOAT32:
        x, y = b.tensor((batches, inputs), state_dtype), b.tensor((batches, units), state_dtype)
        filters, weights = units * rank, ((units * rank, inputs), (units * rank, memory), (units,))
        parameters = [b.floats(rng, shape) for shape in weights]
        state = _variable(b, (batches, memory * filters), state_dtype, 0.0)
        b.op("SVDF", (x, *parameters, state), y, SvdfOptions(rank, pick(rng, ("NONE", "RELU"))))
        return b.graph([x], [y])
    x = b.int8((batches, inputs), some_scale(rng), some_zero_point(rng))
    return b.graph([x], [_add_svdf(b, rng, x, units, rank, memory, state_dtype)])


def streaming_keywords(rng: np.random.Generator) -> Graph:
    """Two SVDF layers that remember some steps of a spectrogram, and a classifier."""
    b = GraphBuilder()
    x = b.int8((1, 10), 0.05, 3)
    y = _add_svdf(b, rng, _add_svdf(b, rng, x, 12, 1, 8, DType.INT16), 8, 2, 6, DType.INT8)
    weights = _matrix(b, rng, (4, 8), 0.01)
    source = b.tensors[y].quantization
    assert source is not None
    scale = float(source.scale[0]) * 0.01
    bias = b.tensor((4,), DType.INT32, Quantization.per_tensor(_single(scale), 0), rng.integers(-999, 999, 4, np.int32))
    logits = b.int8((1, 4), _single(scale * 70 * 70 * math.sqrt(8) / 60), -5)
    b.op("FULLY_CONNECTED", (y, weights, bias), logits, FullyConnectedOptions())
    probabilities = b.int8((1, 4), 1 / 256, -128)
    b.op("SOFTMAX", (logits,), probabilities, SoftmaxOptions())
    return b.graph([x], [probabilities, logits])


def lstm(rng: np.random.Generator, dtype: DType = DType.INT8) -> Graph:
    """Gates that neither stay in the middle nor saturate all the time."""
    b = GraphBuilder()
    batches, steps, inputs, units = (int(n) for n in rng.integers(1, [3, 6, 12, 9]))
    time_major = bool(rng.random() < 0.3)
    clip = float(pick(rng, (0.0, 0.0, 1.5, 10.0)))
    if dtype is DType.FLOAT32:
        return _lstm_float(rng, (steps, batches) if time_major else (batches, steps), inputs, units, time_major, clip)
    wide = dtype is DType.INT16
    x_scale = _single(10 ** rng.uniform(-2, -1) / (256 if wide else 1))
    hidden_scale = _single(1 / (32768 if wide else 128) * rng.uniform(0.8, 1.5))
    x = b.tensor(
        (steps, batches, inputs) if time_major else (batches, steps, inputs),
        dtype,
        Quantization.per_tensor(x_scale, 0 if wide else some_zero_point(rng)),
    )
    zero_point = 0 if wide else int(rng.integers(-20, 20))
    spread = 9000 if wide else 70
    gate = rng.uniform(0.5, 4)  # standard deviation of what goes into a gate
    weights = []
    for size, scale in ((inputs, x_scale), (units, hidden_scale)):
        for _ in range(4):
            weight_scale = gate / (spread * scale * 70 * math.sqrt(size)) * rng.uniform(0.5, 1.5)
            weights.append(_matrix(b, rng, (units, size), weight_scale))
    bias_dtype = DType.INT64 if wide else DType.INT32
    biases = []
    for i in range(4):
        quantization = b.tensors[weights[i]].quantization
        assert quantization is not None
        scale = x_scale * float(quantization.scale[0])
        data = np.rint(rng.normal(0, 1, units) / scale).clip(-(2**30), 2**30).astype(bias_dtype.numpy)
        biases.append(b.tensor((units,), bias_dtype, Quantization.per_tensor(_single(scale), 0), data))
    hidden = _variable(b, (batches, units), dtype, hidden_scale, zero_point)
    cell = _variable(b, (batches, units), DType.INT16, 2.0 ** int(rng.integers(-14, -9)))
    shape = (*b.tensors[x].shape[:2], units)
    y = b.tensor(shape, dtype, Quantization.per_tensor(hidden_scale, zero_point))
    inputs_of = (x, *weights, -1, -1, -1, *biases, -1, -1, hidden, cell, -1, -1, -1, -1)
    b.op("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs_of, y, LstmOptions("TANH", clip, 0.0, time_major))
    return b.graph([x], [y])


def _lstm_float(
    rng: np.random.Generator, rows: tuple[int, int], inputs: int, units: int, time_major: bool, clip: float
) -> Graph:
    b = GraphBuilder()
    batches = rows[1] if time_major else rows[0]
    x, y = b.tensor((*rows, inputs), DType.FLOAT32), b.tensor((*rows, units), DType.FLOAT32)
    small = b.tensor((1,), DType.FLOAT32, None, np.array([0.1], np.float32))  # or all gates would saturate
    scaled = b.op("MUL", (x, small), b.tensor((*rows, inputs), DType.FLOAT32), MulOptions())
    weights = [b.floats(rng, (units, size)) for size in (inputs, units) for _ in range(4)]
    biases = [b.floats(rng, (units,)) for _ in range(4)]
    hidden, cell = (_variable(b, (batches, units), DType.FLOAT32, 0.0) for _ in range(2))
    inputs_of = (scaled, *weights, -1, -1, -1, *biases, -1, -1, hidden, cell, -1, -1, -1, -1)
    b.op("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs_of, y, LstmOptions("TANH", clip, 0.0, time_major))
    return b.graph([x], [y])


def variables(rng: np.random.Generator, dtype: DType, initialized: bool | None = None) -> Graph:
    """Running sums and a delay line: variables that are read before and after they are assigned."""
    b = GraphBuilder()
    shape = (1, int(rng.integers(1, 9)))
    quantized = dtype in (DType.INT8, DType.INT16)
    zero_point = some_zero_point(rng) if dtype is DType.INT8 else 0
    quantization = Quantization.per_tensor(some_scale(rng), zero_point) if quantized else None

    def handle(builder: GraphBuilder, name: str) -> int:
        index = builder.tensor((), DType.RESOURCE)
        return builder.op("VAR_HANDLE", (), index, VarHandleOptions("", name))

    def some() -> int:
        return b.tensor(shape, dtype, quantization)

    once = bool(rng.random() < 0.6) if initialized is None else initialized
    if once:
        b.ops.append(Op("CALL_ONCE", (), (), CallOnceOptions(1)))
    x = some()
    first, second = handle(b, "first"), handle(b, "second")
    before = b.op("READ_VARIABLE", (first,), some())
    b.ops.append(Op("ASSIGN_VARIABLE", (first, x), (), NoOptions()))
    delayed = b.op("READ_VARIABLE", (second,), some())
    b.ops.append(Op("ASSIGN_VARIABLE", (second, before), (), NoOptions()))
    after = b.op("READ_VARIABLE", (first,), some())
    double = (1, 3 * shape[1])
    y = b.tensor(double, dtype, quantization)
    b.op("CONCATENATION", (before, delayed, after), y, ConcatenationOptions(1))
    graph = b.graph([x], [y])
    if not once:
        return graph
    start = GraphBuilder()
    for name in ("first", "second"):
        data = rng.integers(-100, 100, shape).astype(dtype.numpy)
        constant = start.tensor(shape, dtype, quantization, data)
        start.ops.append(Op("ASSIGN_VARIABLE", (handle(start, name), constant), (), NoOptions()))
    return dataclasses.replace(graph, initializers=(start.graph([], []),))
