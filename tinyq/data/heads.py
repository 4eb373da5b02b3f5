"""What a model's output is made by."""

from __future__ import annotations

from tinyq.graph import Graph, Op

_PASSED_THROUGH = ("QUANTIZE", "DEQUANTIZE", "RESHAPE", "SQUEEZE")


def head(graph: Graph) -> Op | None:
    """The operator that computes the first output, behind changes of type and shape; None if it is an input."""
    index = graph.outputs[0]
    while (position := graph.producers.get(index)) is not None:
        op = graph.ops[position]
        if op.kind not in _PASSED_THROUGH:
            return op
        index = op.inputs[0]
    return None


def reconstructs(graph: Graph) -> bool:
    """Whether the first output is shaped like the first input, as an autoencoder's is."""
    return graph.tensors[graph.outputs[0]].shape == graph.tensors[graph.inputs[0]].shape
