"""Every operator of int16 end to end: generated programs give TFLM's codes for random shapes, attributes and scales."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import graphs
from tests.engine.harness import Case, assert_bit_exact, cases_of
from tests.graphs import W8A16, W8A16_BIAS32, GraphBuilder
from tinyq.codegen import generate
from tinyq.errors import UnsupportedError
from tinyq.graph import DType, Graph, Quantization
from tinyq.graph.options import ConcatenationOptions, FullyConnectedOptions, NoOptions, Options, SoftmaxOptions

OPS: list[tuple[str, Callable[..., Graph], tuple[Any, ...], int]] = [
    ("conv_2d", graphs.conv_2d, (False, W8A16), 30),
    ("conv_2d 1x1", graphs.conv_2d, (True, W8A16), 20),
    ("conv_2d int32 bias", graphs.conv_2d, (False, W8A16_BIAS32), 20),
    ("depthwise_conv_2d", graphs.depthwise_conv_2d, (W8A16,), 30),
    ("fully_connected", graphs.fully_connected, (W8A16,), 30),
    ("fully_connected int32 bias", graphs.fully_connected, (W8A16_BIAS32,), 20),
    ("fully_connected ties", graphs.fully_connected_ties, (False, W8A16), 10),
    ("fully_connected ties per channel", graphs.fully_connected_ties, (True, W8A16), 5),
    ("fully_connected ties int32 bias", graphs.fully_connected_ties, (False, W8A16_BIAS32), 5),
    ("max_pool_2d", graphs.pool, ("MAX_POOL_2D", DType.INT16), 20),
    ("average_pool_2d", graphs.pool, ("AVERAGE_POOL_2D", DType.INT16), 20),
    ("mean", graphs.mean, (DType.INT16,), 30),
    ("add", graphs.add, (DType.INT16,), 30),
    ("mul", graphs.mul, (DType.INT16,), 30),
    ("reshape", graphs.reshape, (DType.INT16,), 5),
    ("pad", graphs.pad, ("PAD", DType.INT16), 20),
    ("padv2", graphs.pad, ("PADV2", DType.INT16), 10),
    ("softmax", graphs.softmax_int16, (), 25),
    ("logistic", graphs.logistic_int16, (), 25),
    ("relu", graphs.relu, ("RELU", DType.INT16), 20),
    ("relu6", graphs.relu, ("RELU6", DType.INT16), 20),
]


@pytest.mark.parametrize(("make", "arguments", "count"), [o[1:] for o in OPS], ids=[o[0] for o in OPS])
def test_op_is_bit_exact_with_tflm(make: Callable[..., Graph], arguments: tuple[Any, ...], count: int) -> None:
    found = graphs.many(make, count, 1, *arguments)
    assert_bit_exact(cases_of(found, samples=4))


def _one_op(kind: str, scale: float, codes: NDArray[np.int16], options: Options) -> Case:
    b = GraphBuilder()
    x = b.tensor(codes.shape, DType.INT16, Quantization.per_tensor(scale, 0))
    y = b.tensor(codes.shape, DType.INT16, Quantization.per_tensor(1 / 32768, 0))
    b.op(kind, (x,), y, options)
    return Case(b.graph([x], [y]), [[codes]])


def test_softmax_of_all_differences() -> None:
    """Steps of the tables are those of the codes: a change of any entry by one shows."""
    smaller = np.arange(32767, -32769, -1)
    codes = np.stack([np.full(smaller.size, 32767), smaller], axis=1).astype(np.int16)
    assert_bit_exact([_one_op("SOFTMAX", 10 / 65535, codes, SoftmaxOptions())])


def test_logistic_of_all_codes() -> None:
    """The scale that TFLM treats apart, and some that reach all of the table, where each hits other points of it."""
    codes = np.arange(-32768, 32768).astype(np.int16)
    scales = [2.0**-12, *(0.00033 * (1 + i / 32) for i in range(10))]
    assert_bit_exact([_one_op("LOGISTIC", scale, codes, NoOptions()) for scale in scales])


def test_sums_of_more_than_one_block() -> None:
    """Deep layers of extreme codes: partial sums of 32 bits must not overflow."""
    cases = []
    for depth in (255, 256, 257, 700, 1024):
        b = GraphBuilder()
        x = b.tensor((1, depth), DType.INT16, Quantization.per_tensor(1e-4, 0))
        data = np.where(np.arange(6)[:, None] < 5, -128, 127) * np.ones((6, depth), int)
        weights = b.tensor((6, depth), DType.INT8, Quantization.per_tensor(0.01, 0), data.astype(np.int8))
        y = b.tensor((1, 6), DType.INT16, Quantization.per_tensor(0.05, 0))
        b.op("FULLY_CONNECTED", (x, weights, -1), y, FullyConnectedOptions())
        extremes = [np.full((1, depth), code, np.int16) for code in (-32768, 32767)]
        cases.append(Case(b.graph([x], [y]), [[e] for e in extremes]))
    assert_bit_exact(cases)


def _with_zero_point(graph: Graph, tensor: int, zero_point: int) -> Graph:
    old = graph.tensors[tensor]
    assert old.quantization is not None
    quantization = Quantization.per_tensor(old.quantization.scalar[0], zero_point)
    return graph.replace_tensors({tensor: dataclasses.replace(old, quantization=quantization)})


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (graphs.conv_2d, (False, W8A16)),
        (graphs.depthwise_conv_2d, (W8A16,)),
        (graphs.mul, (DType.INT16,)),
        (graphs.softmax_int16, ()),
        (graphs.logistic_int16, ()),
        (graphs.relu, ("RELU", DType.INT16)),
    ],
)
def test_zero_points_that_tflm_does_not_heed_are_refused(
    make: Callable[..., Graph], arguments: tuple[Any, ...]
) -> None:
    graph = make(np.random.default_rng(2), *arguments)
    with pytest.raises(UnsupportedError, match="zero point"):
        generate(_with_zero_point(graph, graph.outputs[0], 5), core="host")


def test_concatenation_with_a_zero_point_is_refused() -> None:
    b = GraphBuilder()
    x, y = (b.tensor((2, 3), DType.INT16, Quantization.per_tensor(0.1, 5)) for _ in range(2))
    b.op("CONCATENATION", (x,), y, ConcatenationOptions(0))
    with pytest.raises(UnsupportedError, match="zero point 5"):
        generate(b.graph([x], [y]), core="host")


def test_biases_that_tflm_does_not_take_are_refused() -> None:
    rng = np.random.default_rng(3)
    graphs_with_bias = (
        g for g in iter(lambda: graphs.depthwise_conv_2d(rng, W8A16_BIAS32), None) if len(g.tensors) > 3
    )
    with pytest.raises(UnsupportedError, match="int32, not int64"):
        generate(next(graphs_with_bias), core="host")


def test_scales_beyond_64_bit_sums_are_refused() -> None:
    graph = graphs.fully_connected(np.random.default_rng(1), W8A16)
    y = graph.outputs[0]
    tiny = dataclasses.replace(graph.tensors[y], quantization=Quantization.per_tensor(1e-9, 0))
    with pytest.raises(UnsupportedError, match=r"differ by more than 2\^7"):
        generate(graph.replace_tensors({y: tiny}), core="host")
