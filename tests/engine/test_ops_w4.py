"""Operators with 4-bit weights end to end: generated programs unpack them to TFLM's codes, and keep them packed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests import graphs
from tests.engine.harness import assert_bit_exact, cases_of
from tests.graphs import W4A8, GraphBuilder
from tinyq.codegen import generate
from tinyq.errors import UnsupportedError
from tinyq.graph import DType, Graph, Quantization
from tinyq.graph.options import FullyConnectedOptions

OPS: list[tuple[str, Callable[..., Graph], tuple[Any, ...], int]] = [
    ("conv_2d", graphs.conv_2d, (False, W4A8), 30),
    ("conv_2d 1x1", graphs.conv_2d, (True, W4A8), 20),
    ("depthwise_conv_2d", graphs.depthwise_conv_2d, (W4A8,), 30),
    ("fully_connected", graphs.fully_connected, (W4A8,), 30),
]


@pytest.mark.parametrize(("make", "arguments", "count"), [o[1:] for o in OPS], ids=[o[0] for o in OPS])
def test_op_is_bit_exact_with_tflm(make: Callable[..., Graph], arguments: tuple[Any, ...], count: int) -> None:
    found = graphs.many(make, count, 1, *arguments)
    assert_bit_exact(cases_of(found, samples=4))


def _as_int8(graph: Graph) -> Graph:
    weights = dataclasses.replace(graph.tensors[1], dtype=DType.INT8)
    return graph.replace_tensors({1: weights})


def test_weights_stay_packed_in_flash() -> None:
    """Half the bytes of int8 weights, and half a byte for each row of an odd number of weights."""
    for make in (graphs.conv_2d, graphs.depthwise_conv_2d, graphs.fully_connected):
        for graph in graphs.many(make, 10, 5, *((False, W4A8) if make is graphs.conv_2d else (W4A8,))):
            narrow, wide = (generate(g, core="host").constant_bytes for g in (graph, _as_int8(graph)))
            weights = graph.tensors[1]
            depthwise = make is graphs.depthwise_conv_2d
            row = weights.shape[3] if depthwise else weights.elements // weights.shape[0]
            rows = weights.elements // row
            assert wide - narrow == rows * (row - (row + 1) // 2)


def test_weights_per_channel_of_a_dense_layer_are_refused() -> None:
    b = GraphBuilder()
    x = b.int8((1, 6), 0.1, 0)
    scales = np.full(4, 0.1, np.float32)
    weights = b.tensor((4, 6), DType.INT4, Quantization(scales, np.zeros(4, np.int64)), np.ones((4, 6), np.int8))
    y = b.int8((1, 4), 0.5, 0)
    b.op("FULLY_CONNECTED", (x, weights, -1), y, FullyConnectedOptions())
    with pytest.raises(UnsupportedError, match="int4 weights of this operator with one scale"):
        generate(b.graph([x], [y]), core="host")


@pytest.mark.parametrize("make", [graphs.conv_2d, graphs.depthwise_conv_2d, graphs.fully_connected])
def test_weights_beside_int16_are_refused(make: Callable[..., Graph]) -> None:
    types = dataclasses.replace(graphs.W8A16, weights=DType.INT4)
    graph = make(np.random.default_rng(0), *((False, types) if make is graphs.conv_2d else (types,)))
    with pytest.raises(UnsupportedError, match="no kernel for int16 inputs with int4 weights"):
        generate(graph, core="host")
