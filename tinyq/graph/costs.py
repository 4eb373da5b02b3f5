"""What an operator costs, independent of the runtime: multiply-accumulates and the layer it came from."""

from __future__ import annotations

import re

import numpy as np

from tinyq.graph.types import Graph, Op


def macs(graph: Graph, op: Op) -> int:
    """Multiply-accumulates of one operator (0 for operators that are not sums of products)."""
    out = graph.tensors[op.outputs[0]]
    if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        weights = graph.tensors[op.inputs[1]].shape
        taps = weights[1] * weights[2] * (weights[3] if op.kind == "CONV_2D" else 1)
        return out.elements * int(taps)
    if op.kind == "FULLY_CONNECTED":
        return out.elements * int(graph.tensors[op.inputs[1]].shape[-1])
    return 0


def total_macs(graph: Graph) -> int:
    """Multiply-accumulates of one inference."""
    return int(np.sum([macs(graph, op) for op in graph.ops], dtype=np.int64))


def layer_name(graph: Graph, op: Op) -> str:
    """A readable name for the Keras layer behind an operator, from the converter's tensor names.

    The converter joins the names of everything that was fused with ``;`` and prefixes scopes: of
    ``model/conv2d_1/Relu;model/bn_1/Fused`` this keeps ``conv2d_1``.
    """
    name = graph.tensors[op.outputs[0]].name if op.outputs else op.kind
    first = name.split(";")[0]
    first = re.sub(r":\d+$", "", first)
    parts = [p for p in first.split("/") if p]
    if len(parts) > 1 and re.fullmatch(r"(model|sequential|functional|StatefulPartitionedCall)(_\d+)?", parts[0]):
        parts = parts[1:]
    return parts[0] if len(parts) <= 2 else "/".join(parts[:-1]) if parts else op.kind
