"""Models with weights of fewer bits than their type has, as training leaves them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.graphs.builder import many as some
from tests.graphs.typical import deep_conv_2d, deep_fully_connected, depthwise_3x3, first_conv_2d
from tests.graphs.weighted import conv_2d, depthwise_conv_2d, fully_connected
from tinyq.graph import DType, Graph, Quantization

MAKERS = (
    conv_2d, depthwise_conv_2d, fully_connected, deep_conv_2d, deep_fully_connected, first_conv_2d, depthwise_3x3,
)  # fmt: skip


def narrowed(graph: Graph, bits: int, gain: int = 1) -> Graph:
    """The model with the upper bits of each int8 weight and bias alone, as int4; dense layers get one scale.

    Args:
        gain: What weights are multiplied by, so that sums may have to be scaled up.
    """
    op = graph.ops[0]
    held = graph.tensors[op.inputs[1]]
    assert held.data is not None
    assert held.quantization is not None
    codes, quantization = held.data >> (8 - bits), held.quantization
    scale = quantization.scale * np.float32(2 ** (8 - bits) * gain)
    if op.kind == "FULLY_CONNECTED":
        scale = scale[:1]
    zeros = np.zeros(scale.size, np.int64)
    weights = replace(held, dtype=DType.INT4, data=codes, quantization=Quantization(scale, zeros, quantization.axis))
    tensors = {op.inputs[1]: weights}
    if len(op.inputs) > 2 and op.inputs[2] >= 0:
        bias, source = graph.tensors[op.inputs[2]], graph.tensors[op.inputs[0]].quantization
        assert source is not None
        of_bias = Quantization((source.scale * scale).astype(np.float32), zeros)
        assert bias.data is not None
        tensors[op.inputs[2]] = replace(bias, quantization=of_bias, data=bias.data >> (8 - bits))
    return graph.replace_tensors(tensors)


def many(count: int, seed: int, bits: int) -> list[Graph]:
    """Some of each operator with weights."""
    return [
        narrowed(graph, bits, 16 if number % 2 else 1)
        for make in MAKERS
        for number, graph in enumerate(some(make, count, seed))
    ]
