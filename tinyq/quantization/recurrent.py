"""What layers that keep states ask of their tensors: several matrices, and states with types of their own.

UNIDIRECTIONAL_SEQUENCE_LSTM and SVDF as the LiteRT quantization specification and TFLM's kernels have them: matrices of
int8 with one scale each; an LSTM's cells are int16 with a power of two as scale; SVDF keeps int16, and its weights over
time have 10 bits, so that sums of products of both stay within 32.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tinyq.errors import UnsupportedError
from tinyq.graph import DType, Graph, Op, Quantization, Tensor
from tinyq.quantization.affine import INT8_WEIGHTS, Grid, encode
from tinyq.quantization.lstm_cells import BIASES, CELL, HIDDEN, RECURRENT, WEIGHTS

LSTM, SVDF = "UNIDIRECTIONAL_SEQUENCE_LSTM", "SVDF"
_GATES = 4
_LARGEST_BIAS = float(1 << 30)
_TIME = Grid(-511, 511, symmetric=True)
_WIDE = {
    DType.INT32: Grid(-(1 << 31), (1 << 31) - 1, symmetric=True),
    DType.INT64: Grid(-(1 << 47), (1 << 47) - 1, symmetric=True),
}


@dataclass(frozen=True)
class _Matrix:
    """Positions among an operator's inputs.

    Attributes:
        weights: The matrix.
        data: What it is multiplied with.
        bias: What is added, or -1.
        grid, dtype: Codes of the matrix.
    """

    weights: int
    data: int
    bias: int = -1
    grid: Grid = INT8_WEIGHTS
    dtype: DType = DType.INT8


_MATRICES: Mapping[str, tuple[_Matrix, ...]] = {
    LSTM: (
        *(_Matrix(WEIGHTS + gate, 0, BIASES + gate) for gate in range(_GATES)),
        *(_Matrix(RECURRENT + gate, HIDDEN) for gate in range(_GATES)),
    ),
    SVDF: (_Matrix(1, 0), _Matrix(2, 4, 3, _TIME, DType.INT16)),
}


def parameters_of(op: Op) -> tuple[int, ...]:
    """Tensors of the weights and biases of a layer that keeps states; none of any other operator."""
    found = (op.input(p) for matrix in _MATRICES.get(op.kind, ()) for p in (matrix.weights, matrix.bias) if p >= 0)
    return tuple(t for t in found if t >= 0)


def state_types(op: Op, activations: DType) -> Mapping[int, DType]:
    """The type of each state, by its tensor, of a layer whose activations have a type."""
    if activations is DType.FLOAT32:
        positions = {LSTM: (HIDDEN, CELL), SVDF: (4,)}.get(op.kind, ())
        return {op.input(p): activations for p in positions}
    if op.kind == LSTM:
        return {op.input(HIDDEN): activations, op.input(CELL): DType.INT16}
    return {op.input(4): DType.INT16} if op.kind == SVDF else {}


def same_values(op: Op) -> tuple[int, ...]:
    """Tensors that have one quantization because they hold the same: outputs, and those of the step before."""
    return (op.outputs[0], op.input(HIDDEN)) if op.kind == LSTM else ()


def powers_of_two(op: Op) -> tuple[int, ...]:
    """Tensors whose scales must be powers of two."""
    return (op.input(CELL),) if op.kind == LSTM else ()


def quantized_parameters(
    graph: Graph, op: Op, activations: Mapping[int, Quantization], dtype: DType
) -> Iterator[tuple[int, Tensor]]:
    """Weights and biases in integers, with their positions among the inputs.

    Args:
        graph: The float graph.
        op: A layer that keeps states, or any other operator, which has nothing of this kind.
        activations: Quantization of data and states.
        dtype: Type of the activations, int8 or int16.
    """
    bias_type = DType.INT64 if dtype is DType.INT16 else DType.INT32
    for matrix in _MATRICES.get(op.kind, ()):
        weights = graph.tensors[op.input(matrix.weights)]
        if weights.data is None:
            raise UnsupportedError(f"{op.kind} has weights that are computed, not constant.", "Make them constant.")
        bias = graph.tensors[op.input(matrix.bias)] if matrix.bias >= 0 and op.input(matrix.bias) >= 0 else None
        data_scale = activations[op.input(matrix.data)].scalar[0]
        largest = float(np.abs(weights.data).max(initial=0.0))
        least = 0.0
        if bias is not None and bias.data is not None:
            least = float(np.abs(bias.data).max(initial=0.0)) / (data_scale * _LARGEST_BIAS)
        scale = max(largest / matrix.grid.high, least) or 1.0
        quantization = Quantization.per_tensor(scale, 0)
        codes = encode(weights.data, quantization, matrix.grid, matrix.dtype)
        yield matrix.weights, replace(weights, dtype=matrix.dtype, quantization=quantization, data=codes)
        if bias is not None and bias.data is not None:
            product = np.float32(data_scale) * quantization.scale[0]
            wide = Quantization.per_tensor(float(product), 0)
            codes = encode(bias.data, wide, _WIDE[bias_type], bias_type)
            yield matrix.bias, replace(bias, dtype=bias_type, quantization=wide, data=codes)
