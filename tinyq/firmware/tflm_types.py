"""The types that TFLM's kernels work on, as of autumn 2026: facts from its reference kernels.

The type of an operator is that of its data; "int4" stands for 4-bit weights beside int8 data, and "int16" for int16
data with int8 weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ALL = "int8 int16 int32 int64 float32 bool"

_TYPES = {
    # weights
    "CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED": "int8 int16 int4 float32",
    "TRANSPOSE_CONV BATCH_MATMUL": "int8 int16 float32",
    "SVDF": "int8 float32",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "int8 int16 float32",
    "EMBEDDING_LOOKUP": "int8 float32",
    # windows and layers
    "AVERAGE_POOL_2D MAX_POOL_2D": "int8 int16 float32",
    "L2_POOL_2D": "float32",
    "SOFTMAX": "int8 int16 float32",
    "LOG_SOFTMAX L2_NORMALIZATION RESIZE_BILINEAR": "int8 float32",
    "RESIZE_NEAREST_NEIGHBOR": "int8 int16 float32",
    # one operand
    "RELU RELU6 LOGISTIC TANH LEAKY_RELU ABS": "int8 int16 float32",
    "HARD_SWISH ELU RSQRT": "int8 float32",
    "CEIL COS EXP FLOOR LOG NEG ROUND SIN SQRT SQUARE": "float32",
    "LOGICAL_NOT": "bool",
    "QUANTIZE": "int8 int16 int32 float32",
    "DEQUANTIZE": "int8 int16",
    "CAST": "int8 int16 int32 float32 bool",
    "ZEROS_LIKE": "int8 int32 int64 float32",
    "CUMSUM": "int8 float32",
    # several operands
    "ADD SUB SQUARED_DIFFERENCE": "int8 int16 int32 float32",
    "MUL": "int8 int16 int32 float32",
    "DIV": "int8 int32 float32",
    "FLOOR_DIV FLOOR_MOD": "float32",
    "ADD_N": "int8 float32",
    "MAXIMUM MINIMUM": "int8 int16 int32 int64 float32",
    "EQUAL NOT_EQUAL": "int8 int32 int64 float32 bool",
    "GREATER GREATER_EQUAL LESS LESS_EQUAL": "int8 int32 int64 float32",
    "LOGICAL_AND LOGICAL_OR": "bool",
    "PRELU SELECT_V2": "int8 int16 float32",
    # reductions
    "MEAN SUM": "int8 int16 float32",
    "REDUCE_MAX REDUCE_MIN ARG_MAX ARG_MIN": "int8 float32",
    "REDUCE_ALL": "bool",
    # movements
    "RESHAPE SQUEEZE BROADCAST_TO CONCATENATION": _ALL,
    "EXPAND_DIMS TRANSPOSE": "int8 int16 float32",
    "PAD PADV2": "int8 int16 int32 float32",
    "MIRROR_PAD GATHER SPACE_TO_DEPTH DEPTH_TO_SPACE SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND": "int8 float32",
    "GATHER_ND": "int8 float32",
    "FILL": "int8 int32 float32",
    "SLICE STRIDED_SLICE": "int8 int16 int32 float32 bool",
    "SPLIT SPLIT_V UNPACK": "int8 int16 int32 float32",
    "PACK": "int8 int16 int32 int64 float32",
    "REVERSE_V2": _ALL,
    "DYNAMIC_UPDATE_SLICE": "int8 int16 int32 float32",
    "SHAPE": _ALL,
    "BROADCAST_ARGS": "int32 int64",
    # state
    "VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE CALL_ONCE": _ALL,
}

TYPES: Mapping[str, frozenset[str]] = MappingProxyType(
    {kind: frozenset(types.split()) for kinds, types in _TYPES.items() for kind in kinds.split()}
)
"""Operator kind -> types."""
