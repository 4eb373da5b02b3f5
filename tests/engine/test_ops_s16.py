"""Every operator of int16 end to end: generated programs give TFLM's codes for random shapes, attributes and scales."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import graphs
from tests.engine.harness import assert_bit_exact, cases_of
from tests.graphs import W8A16, W8A16_BIAS32
from tinyq.graph import DType, Graph

OPS: list[tuple[str, Callable[..., Graph], tuple[Any, ...], int]] = [
    ("conv_2d", graphs.conv_2d, (False, W8A16), 40),
    ("conv_2d 1x1", graphs.conv_2d, (True, W8A16), 20),
    ("conv_2d int32 bias", graphs.conv_2d, (False, W8A16_BIAS32), 20),
    ("depthwise_conv_2d", graphs.depthwise_conv_2d, (W8A16,), 40),
    ("fully_connected", graphs.fully_connected, (W8A16,), 40),
    ("fully_connected int32 bias", graphs.fully_connected, (W8A16_BIAS32,), 20),
    ("fully_connected ties", graphs.fully_connected_ties, (False, W8A16), 10),
    ("fully_connected ties per channel", graphs.fully_connected_ties, (True, W8A16), 5),
    ("fully_connected ties int32 bias", graphs.fully_connected_ties, (False, W8A16_BIAS32), 5),
    ("max_pool_2d", graphs.pool, ("MAX_POOL_2D", DType.INT16), 20),
    ("average_pool_2d", graphs.pool, ("AVERAGE_POOL_2D", DType.INT16), 20),
    ("mean", graphs.mean, (DType.INT16,), 30),
    ("add", graphs.add, (DType.INT16,), 40),
    ("mul", graphs.mul, (DType.INT16,), 40),
    ("reshape", graphs.reshape, (DType.INT16,), 5),
    ("pad", graphs.pad, ("PAD", DType.INT16), 20),
    ("padv2", graphs.pad, ("PADV2", DType.INT16), 10),
    ("softmax", graphs.softmax_int16, (), 40),
    ("logistic", graphs.logistic_int16, (), 40),
    ("relu", graphs.relu, ("RELU", DType.INT16), 20),
    ("relu6", graphs.relu, ("RELU6", DType.INT16), 20),
]


@pytest.mark.parametrize(("make", "arguments", "count"), [o[1:] for o in OPS], ids=[o[0] for o in OPS])
def test_op_is_bit_exact_with_tflm(make: Callable[..., Graph], arguments: tuple[Any, ...], count: int) -> None:
    found = graphs.many(make, count, 1, *arguments)
    assert_bit_exact(cases_of(found, samples=4))
