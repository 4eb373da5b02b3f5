"""Operator versions: the lowest schema version of each operator that knows the types it is used with.

Interpreters refuse a version that they do not know, so the lowest one is written; facts from the TFLite schema's
version history.
"""

from __future__ import annotations

from tinyq.graph.types import DType, Graph, Op

_INT8 = {
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "AVERAGE_POOL_2D": 2, "MAX_POOL_2D": 2, "ADD": 2,
    "MUL": 2, "SUB": 2, "SOFTMAX": 2, "LOGISTIC": 2, "TANH": 2, "MEAN": 2, "SUM": 2, "PAD": 2, "PADV2": 2,
    "CONCATENATION": 2, "DEQUANTIZE": 2, "RELU": 2, "RELU6": 2, "TRANSPOSE": 2, "MAXIMUM": 2, "MINIMUM": 2,
    "STRIDED_SLICE": 2, "SPLIT": 2, "GATHER": 2, "SLICE": 2, "PACK": 2, "RESIZE_BILINEAR": 2, "LEAKY_RELU": 2,
    "RESIZE_NEAREST_NEIGHBOR": 2, "TRANSPOSE_CONV": 2, "BATCH_MATMUL": 2, "L2_NORMALIZATION": 2, "LOG_SOFTMAX": 2,
}  # fmt: skip
_FIRST = {"BROADCAST_TO": 2}


def op_version(graph: Graph, op: Op) -> int:
    """Version to write for one operator."""
    types = {graph.tensors[t].dtype for t in (*op.inputs, *op.outputs) if t >= 0}
    version = _FIRST.get(op.kind, 1)
    if types & {DType.INT8, DType.INT4}:
        version = max(version, _INT8.get(op.kind, 1))
    if op.kind == "DEPTHWISE_CONV_2D":
        options = op.options
        dilated = getattr(options, "dilation_h", 1) != 1 or getattr(options, "dilation_w", 1) != 1
        version = max(version, 2 if dilated else 1)
    if op.kind == "FULLY_CONNECTED" and op.input(2) < 0:
        version = max(version, 6)  # without bias
    if op.kind == "QUANTIZE" and types <= {DType.INT8, DType.INT16, DType.INT32, DType.UINT8}:
        version = 2  # from integers to integers
    return version
