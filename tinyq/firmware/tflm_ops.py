"""How TFLM's resolver is told about an operator: the one table of its methods and registrations.

Methods are those of ``MicroMutableOpResolver``. Where a kernel has a registration for int8 alone, it brings 4 to 31 KB
less code with CMSIS-NN; without CMSIS-NN upstream's headers define it as the general one.
"""

from __future__ import annotations

from dataclasses import dataclass

from tinyq.errors import UnsupportedError
from tinyq.graph import DType, Graph, Op

_MODIFIED = {
    "AVERAGE_POOL_2D": "AddAveragePool2D",
    "BATCH_MATMUL": "AddBatchMatMul",
    "CONV_2D": "AddConv2D",
    "CUMSUM": "AddCumSum",
    "DEPTHWISE_CONV_2D": "AddDepthwiseConv2D",
    "L2_POOL_2D": "AddL2Pool2D",
    "MAX_POOL_2D": "AddMaxPool2D",
    "PADV2": "AddPadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
}

_REGULAR = (
    "ABS ADD ADD_N ARG_MAX ARG_MIN ASSIGN_VARIABLE BATCH_TO_SPACE_ND BROADCAST_ARGS BROADCAST_TO CALL_ONCE CAST CEIL "
    "CONCATENATION COS DEPTH_TO_SPACE DEQUANTIZE DIV DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP EXPAND_DIMS "
    "FILL FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH "
    "L2_NORMALIZATION LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM "
    "MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PRELU QUANTIZE READ_VARIABLE REDUCE_ALL REDUCE_MAX REDUCE_MIN "
    "RELU RELU6 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT SELECT_V2 SHAPE SIN SLICE "
    "SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB "
    "SUM SVDF TANH TRANSPOSE TRANSPOSE_CONV UNPACK VAR_HANDLE ZEROS_LIKE"
)

METHODS = {
    kind: "Add" + "".join(part.capitalize() for part in kind.split("_")) for kind in _REGULAR.split()
} | _MODIFIED
"""Operator kind -> method of the resolver."""

_KERNELS = "tensorflow/lite/micro/kernels"

INT8_HEADERS = {
    "ADD": "add",
    "AVERAGE_POOL_2D": "pooling",
    "BATCH_MATMUL": "batch_matmul",
    "CONV_2D": "conv",
    "DEPTHWISE_CONV_2D": "depthwise_conv",
    "FULLY_CONNECTED": "fully_connected",
    "MAXIMUM": "maximum_minimum",
    "MAX_POOL_2D": "pooling",
    "MINIMUM": "maximum_minimum",
    "MUL": "mul",
    "PAD": "pad",
    "SOFTMAX": "softmax",
    "SVDF": "svdf",
    "TRANSPOSE": "transpose",
    "TRANSPOSE_CONV": "transpose_conv",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "unidirectional_sequence_lstm",
}
"""Operator kind -> header of the kernel that declares ``Register_<kind>_INT8``."""


@dataclass(frozen=True)
class Registration:
    """One operator kind of a model.

    Attributes:
        kind: The operator.
        method: The resolver's method.
        register: The function that returns the registration; empty for the method's default.
        header: The header that declares it; empty where none is needed.
    """

    kind: str
    method: str
    register: str = ""
    header: str = ""


def registrations(graph: Graph) -> tuple[Registration, ...]:
    """What a resolver needs for a model, each kind once, sorted.

    Raises:
        UnsupportedError: TFLM has no such operator.
    """
    kinds = sorted({op.kind for part in (graph, *graph.initializers) for op in part.ops})
    return tuple(_registration(graph, kind) for kind in kinds)


def _registration(graph: Graph, kind: str) -> Registration:
    if kind not in METHODS:
        raise UnsupportedError(
            f"TensorFlow Lite Micro has no operator {kind}.", "Replace that operator in the model, or the runtime."
        )
    header = INT8_HEADERS.get(kind, "")
    if header and all(_is_int8(graph, op) for op in graph.ops if op.kind == kind):
        return Registration(kind, METHODS[kind], f"tflite::Register_{kind}_INT8", f"{_KERNELS}/{header}.h")
    return Registration(kind, METHODS[kind])


def _is_int8(graph: Graph, op: Op) -> bool:
    """Whether data and weights are int8; biases and shapes are int32 anyhow."""
    count = 1 if op.kind in ("PAD", "TRANSPOSE") else 2
    used = [*op.inputs[:count], *op.outputs[:1]]
    if op.kind == "TRANSPOSE_CONV":
        used = [*op.inputs[1:3], *op.outputs[:1]]
    return all(graph.tensors[i].dtype is DType.INT8 for i in used if i >= 0)
