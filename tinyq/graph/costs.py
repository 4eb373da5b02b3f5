"""What an operator costs, independent of the runtime: multiply-accumulates and the layer it came from."""

from __future__ import annotations

import re

import numpy as np

from tinyq.graph.types import Graph, Op


def macs(graph: Graph, op: Op) -> int:
    """Multiply-accumulates of one operator (0 for operators that are not sums of products, or lack their tensors)."""
    try:
        return _products(graph, op)
    except IndexError:  # a damaged file may hold an operator without weights, or weights without dimensions
        return 0


def _products(graph: Graph, op: Op) -> int:
    out = graph.tensors[op.outputs[0]]
    if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        weights = graph.tensors[op.inputs[1]].shape
        taps = weights[1] * weights[2] * (weights[3] if op.kind == "CONV_2D" else 1)
        return out.elements * int(taps)
    if op.kind == "FULLY_CONNECTED":
        return out.elements * int(graph.tensors[op.inputs[1]].shape[-1])
    if op.kind == "TRANSPOSE_CONV":
        weights = graph.tensors[op.inputs[1]].shape  # each input pixel meets each tap, but for what falls off the edge
        return graph.tensors[op.inputs[2]].elements * int(weights[0] * weights[1] * weights[2])
    if op.kind == "BATCH_MATMUL":
        transposed = getattr(op.options, "adj_x", False)
        return out.elements * int(graph.tensors[op.inputs[0]].shape[-2 if transposed else -1])
    return 0


def total_macs(graph: Graph) -> int:
    """Multiply-accumulates of one inference."""
    return int(np.sum([macs(graph, op) for op in graph.ops], dtype=np.int64))


# what the converter calls the operations of layers, by the operator that they become; BiasAdd is any weighted layer's
_OPERATIONS = {
    "CONV_2D": "Conv2D|Conv1D|convolution|separable_conv2d",
    "DEPTHWISE_CONV_2D": "depthwise|depthwise_conv2d_native",
    "FULLY_CONNECTED": "MatMul|Tensordot",
    "ADD": "add|Add|AddV2",
    "MUL": "mul|Mul",
}
_ANY_OPERATION = re.compile("(?:BiasAdd|" + "|".join(_OPERATIONS.values()) + r")\d*")
_SCOPE = re.compile(r"(?:model|sequential|functional|StatefulPartitionedCall|PartitionedCall)(?:_\d+)?")
_NAMELESS = re.compile(r"(?:Identity|StatefulPartitionedCall|PartitionedCall)(?:_\w+)?")


def layer_name(graph: Graph, op: Op) -> str:
    """A readable name for the Keras layer behind an operator, from the converter's tensor names.

    The converter joins the names of everything that was fused with ``;`` and prefixes scopes. The layer that owns the
    weights is named, if it can be told: of ``model/activation/Relu;model/conv2d_1/BiasAdd`` this keeps ``conv2d_1``.
    An output that the converter left without a layer's name gets the operator's.
    """
    if not op.outputs:
        return op.kind.lower()
    owned = graph.tensors[op.input(1)].name if op.input(1) >= 0 and graph.tensors[op.input(1)].is_constant else ""
    fused = graph.tensors[op.outputs[0]].name
    if op.kind in _OPERATIONS:
        own = re.compile(f"(?:{_OPERATIONS[op.kind]})\\d*")
        # equal weights of several layers leave foreign names in the fused one, but never a foreign BiasAdd
        for name, wanted in ((owned, own), (fused, re.compile("BiasAdd")), (fused, own)):
            for part in name.split(";"):
                pieces = _pieces(part)
                if any(wanted.fullmatch(piece) for piece in pieces[1:]):
                    return _layer(pieces)
    pieces = _pieces(fused.split(";")[0])
    return _layer(pieces) if pieces and not _NAMELESS.fullmatch(pieces[0]) else op.kind.lower()


def _pieces(part: str) -> list[str]:
    """The path of one fused part, without the scope of the model."""
    pieces = [piece for piece in re.sub(r":\d+$", "", part).split("/") if piece]
    while len(pieces) > 1 and _SCOPE.fullmatch(pieces[0]):
        pieces = pieces[1:]
    return pieces


def _layer(pieces: list[str]) -> str:
    """The path without the operation at its end."""
    for end, piece in enumerate(pieces[1:], 1):
        if _ANY_OPERATION.fullmatch(piece):
            return "/".join(pieces[:end])
    return "/".join(pieces[:-1] or pieces)
