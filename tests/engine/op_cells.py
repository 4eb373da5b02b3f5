"""What the engine is tested on, cell by cell of the table of operators and types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import graphs
from tests.engine.harness import Case, Codes, random_array
from tests.graphs import float_ops, layers, moves, pairs, rarer, recurrent, unary
from tinyq.graph import DType, Graph

F32, I8, I16, I32, I64, BOOL = (
    DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32, DType.INT64, DType.BOOL,
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """An operator, a type, and a maker of models of it.

    Attributes:
        samples: How many inferences, one after the other, with whatever the model keeps in between.
        ulps: How far results of float32 may be from TFLM's, in units in the last place; integers must be equal.
        absolute: The same as a number, for results that are small differences of what the C library computes.
    """

    kind: str
    type: str
    make: Callable[..., Graph]
    arguments: tuple[Any, ...] = ()
    count: int = 12
    ulps: int = 0
    samples: int = 2
    absolute: float = 0.0

    def assert_close(self, mine: NDArray[Any], reference: NDArray[Any], where: str) -> None:
        """Results are TFLM's, as far as they have to be."""
        assert mine.dtype == reference.dtype, where
        if self.absolute and mine.dtype.kind == "f":
            np.testing.assert_allclose(mine, reference, rtol=0, atol=self.absolute, err_msg=where)
        elif self.ulps and mine.dtype.kind == "f":
            np.testing.assert_array_max_ulp(mine, reference, self.ulps)
        else:
            np.testing.assert_array_equal(mine, reference, err_msg=where)

    def cases(self, samples: int | None = None, count: int | None = None) -> list[Case]:
        """Models of this cell with random inputs, the same every time."""
        rng = np.random.default_rng(len(self.kind))
        found = graphs.many(self.make, self.count if count is None else count, 1, *self.arguments)
        return [Case(graph, [_inputs(graph, rng) for _ in range(samples or self.samples)]) for graph in found]


def _inputs(graph: Graph, rng: np.random.Generator) -> Codes:
    tensors = [graph.tensors[t] for t in graph.inputs]
    return [rng.random(t.shape) < 0.5 if t.dtype is BOOL else random_array(t, rng) for t in tensors]


def _cells(kind: str, make: Callable[..., Graph], *types: DType, count: int = 12) -> list[Cell]:
    """Of a maker that takes the type as its last argument."""
    return [Cell(kind, t.value, make, (t,), count if t is I8 else max(count // 2, 3)) for t in types]


def _unary(kind: str, *types: DType) -> list[Cell]:
    return [Cell(kind, t.value, unary.unary, (kind, t), 25) for t in types]


UNARY = [
    *_cells("TANH", unary.tanh, I8, I16, count=30),
    *_unary("LEAKY_RELU", I8, I16),
    *_unary("HARD_SWISH", I8),
    *_unary("ELU", I8),
    *_unary("ABS", I8, I16),
    *_unary("RSQRT", I8),
]

MOVES = [
    *_cells("TRANSPOSE", moves.transpose, I8, I16, F32, count=20),
    *_cells("SLICE", moves.slice_, I8, I16, I32, F32, BOOL),
    *_cells("STRIDED_SLICE", moves.strided_slice, I8, I16, I32, F32, BOOL, count=30),
    *_cells("BROADCAST_TO", moves.broadcast_to, I8, I16, I32, I64, F32, BOOL),
    *_cells("SPACE_TO_DEPTH", moves.space_to_depth, I8, F32),
    *_cells("DEPTH_TO_SPACE", moves.depth_to_space, I8, F32),
    *_cells("SPLIT", moves.split, I8, I16, I32, F32),
    *_cells("SPLIT_V", moves.split_v, I8, I16, I32, F32),
    *_cells("UNPACK", moves.unpack, I8, I16, I32, F32),
    *_cells("PACK", moves.pack, I8, I16, I32, I64, F32),
    *_cells("SPACE_TO_BATCH_ND", moves.space_to_batch, I8, F32),
    *_cells("BATCH_TO_SPACE_ND", moves.batch_to_space, I8, F32, count=16),
    *_cells("MIRROR_PAD", moves.mirror_pad, I8, F32, count=16),
    *_cells("GATHER", moves.gather, I8, F32, count=20),
    *_cells("EXPAND_DIMS", moves.expand_dims, I8, I16, F32, count=4),
    *_cells("SQUEEZE", moves.squeeze, I8, I16, I32, I64, F32, BOOL, count=4),
    *_cells("RESHAPE", moves.reshape, I8, I16, I32, I64, F32, BOOL, count=4),
    *_cells("CONCATENATION", moves.concatenation, I8, I16, I32, I64, F32, BOOL, count=8),
]


def _kinds(make: Callable[..., Graph], kinds: str, *types: DType, count: int = 10) -> list[Cell]:
    """Of a maker that takes the operator and the type."""
    return [Cell(kind, t.value, make, (kind, t), count) for kind in kinds.split() for t in types]


PAIRS = [
    *_cells("SUB", pairs.sub, I8, I16, count=40),
    *_cells("SQUARED_DIFFERENCE", pairs.squared_difference, I8, I16, count=30),
    *_cells("DIV", pairs.div, I8, count=40),
    *_kinds(pairs.plain, "ADD SUB MUL DIV SQUARED_DIFFERENCE", F32, I32),
    *_kinds(pairs.extremes, "MAXIMUM MINIMUM", I8, I16, I32, I64, F32),
    *_kinds(pairs.compare, "EQUAL NOT_EQUAL", I8, I32, I64, F32, BOOL, count=8),
    *_kinds(pairs.compare, "GREATER GREATER_EQUAL LESS LESS_EQUAL", I8, I32, I64, F32, count=8),
    *(Cell(kind, "bool", pairs.logical, (kind,), 6) for kind in ("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT")),
    *_cells("PRELU", pairs.prelu, I8, I16, count=30),
    *_kinds(pairs.plain, "PRELU FLOOR_DIV FLOOR_MOD", F32),
    *_cells("SELECT_V2", pairs.select, I8, I16, F32, count=15),
]

REDUCTIONS = [
    *_kinds(pairs.reduction, "SUM", I8, I16, count=30),
    *_kinds(pairs.reduction, "REDUCE_MAX REDUCE_MIN", I8, F32, count=15),
    *_kinds(pairs.arg, "ARG_MAX ARG_MIN", I8, F32, count=15),
]

LAYERS = [
    *_cells("TRANSPOSE_CONV", layers.transpose_conv, I8, I16, count=40),
    *_cells("BATCH_MATMUL", layers.batch_matmul, I8, I16, count=40),
    *_kinds(layers.resize, "RESIZE_NEAREST_NEIGHBOR", I8, I16, F32, count=20),
    *_kinds(layers.resize, "RESIZE_BILINEAR", I8, count=40),
    *_kinds(layers.resize, "RESIZE_BILINEAR", F32, count=12),
    *_cells("TRANSPOSE_CONV", layers.transpose_conv, F32),
    *_cells("BATCH_MATMUL", layers.batch_matmul, F32),
    *_cells("L2_NORMALIZATION", layers.l2_normalization, I8, count=25),
    *_cells("LOG_SOFTMAX", layers.log_softmax, I8, count=40),
    *_cells("CAST", layers.cast, I8, I16, I32, F32, BOOL, count=1),
]


RARER = [
    *_cells("REVERSE_V2", rarer.reverse, I8, I16, I32, I64, F32, BOOL, count=12),
    *_cells("FILL", rarer.fill, I8, I32, F32, count=4),
    *_cells("ZEROS_LIKE", rarer.zeros_like, I8, I32, I64, F32, count=4),
    *_cells("SHAPE", rarer.shape_of, I8, I16, I32, I64, F32, BOOL, count=4),
    *_cells("ADD_N", rarer.add_n, I8, F32, count=15),
    *_cells("CUMSUM", rarer.cumsum, I8, F32, count=20),
    *_cells("GATHER_ND", rarer.gather_nd, I8, F32, count=12),
]

RECURRENT = [
    Cell("SVDF", "int8", recurrent.svdf, (I8,), 10, samples=12),
    Cell("SVDF", "int8", recurrent.svdf, (I16,), 10, samples=12),
    Cell("UNIDIRECTIONAL_SEQUENCE_LSTM", "int8", recurrent.lstm, (I8,), 15, samples=12),
    Cell("UNIDIRECTIONAL_SEQUENCE_LSTM", "int16", recurrent.lstm, (I16,), 15, samples=12),
    Cell("SVDF", "float32", recurrent.svdf, (F32,), 6, samples=12),
    Cell("UNIDIRECTIONAL_SEQUENCE_LSTM", "float32", recurrent.lstm, (F32,), 6, absolute=1e-6, samples=12),
    *(
        Cell(kind, t.value, recurrent.variables, (t, True), 3, samples=5)
        for kind in ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE")
        for t in (I8, I16, I32, I64, F32, BOOL)
    ),
    Cell("READ_VARIABLE", "int8", recurrent.variables, (I8, False), 6, samples=5),
]


def _float(make: Callable[..., Graph], kinds: str, ulps: int = 0, count: int = 6) -> list[Cell]:
    return [Cell(kind, "float32", make, (kind,), count, ulps) for kind in kinds.split()]


FLOATS = [
    *_float(float_ops.unary, "RELU RELU6 LEAKY_RELU ABS NEG SQUARE HARD_SWISH SQRT RSQRT CEIL FLOOR ROUND"),
    *_float(float_ops.unary, "EXP LOG TANH LOGISTIC ELU SIN COS", ulps=2),
    *_float(float_ops.rows, "SOFTMAX LOG_SOFTMAX", ulps=4),
    *_float(float_ops.rows, "L2_NORMALIZATION"),
    *_float(float_ops.reduction, "SUM MEAN"),
    *_float(float_ops.products, "CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED", count=10),
    *_float(float_ops.pool, "MAX_POOL_2D AVERAGE_POOL_2D L2_POOL_2D"),
    *_kinds(float_ops.pad, "PAD PADV2", F32, I32, count=5),
]

# tested by test_ops.py, test_ops_s16.py and test_ops_w4.py, with more cases; here once for emulated targets
KNOWN = [
    Cell("CONV_2D", "int8", graphs.conv_2d, (), 2),
    Cell("CONV_2D", "int16", graphs.conv_2d, (False, graphs.W8A16), 2),
    Cell("CONV_2D", "int4", graphs.conv_2d, (False, graphs.W4A8), 2),
    Cell("DEPTHWISE_CONV_2D", "int8", graphs.depthwise_conv_2d, (), 2),
    Cell("DEPTHWISE_CONV_2D", "int16", graphs.depthwise_conv_2d, (graphs.W8A16,), 2),
    Cell("DEPTHWISE_CONV_2D", "int4", graphs.depthwise_conv_2d, (graphs.W4A8,), 2),
    Cell("FULLY_CONNECTED", "int8", graphs.fully_connected, (), 2),
    Cell("FULLY_CONNECTED", "int16", graphs.fully_connected, (graphs.W8A16,), 2),
    Cell("FULLY_CONNECTED", "int4", graphs.fully_connected, (graphs.W4A8,), 2),
    *(Cell(kind, t.value, graphs.pool, (kind, t), 2) for kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D") for t in (I8, I16)),
    *_cells("MEAN", graphs.mean, I8, I16, count=3),
    *_cells("ADD", graphs.add, I8, I16, count=3),
    *_cells("MUL", graphs.mul, I8, I16, count=3),
    *(Cell(kind, t.value, graphs.pad, (kind, t), 2) for kind in ("PAD", "PADV2") for t in (I8, I16)),
    Cell("SOFTMAX", "int8", graphs.softmax, (), 3),
    Cell("SOFTMAX", "int16", graphs.softmax_int16, (), 3),
    Cell("LOGISTIC", "int8", graphs.logistic, (), 2),
    Cell("LOGISTIC", "int16", graphs.logistic_int16, (), 2),
    *(Cell(kind, t.value, graphs.relu, (kind, t), 2) for kind in ("RELU", "RELU6") for t in (I8, I16)),
    Cell("QUANTIZE", "int8", graphs.quantize, (I8, I16), 2),
    Cell("QUANTIZE", "int16", graphs.quantize, (I16, I8), 2),
    Cell("QUANTIZE", "int32", graphs.quantize, (I32, I8), 2),
    Cell("QUANTIZE", "float32", graphs.quantize, (F32, I8), 2),
    *_cells("DEQUANTIZE", graphs.dequantize, I8, I16, count=2),
]

GROUPS = {
    "floats": FLOATS,
    "layers": LAYERS,
    "recurrent": RECURRENT,
    "two operands": PAIRS,
    "reductions": REDUCTIONS,
    "element-wise": UNARY,
    "moves": MOVES,
    "rarer": RARER,
}
ALL = [cell for group in (*GROUPS.values(), KNOWN) for cell in group]
