"""Every operator end to end: generated programs give TFLM's bytes for random shapes, attributes and quantization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import graphs
from tests.engine.harness import assert_bit_exact, cases_of
from tinyq.graph import DType, Graph

QUANTIZE_TYPES = [
    (DType.FLOAT32, DType.INT8), (DType.FLOAT32, DType.INT16),
    (DType.INT8, DType.INT8), (DType.INT8, DType.UINT8), (DType.INT8, DType.INT16), (DType.INT8, DType.INT32),
    (DType.UINT8, DType.INT8),
    (DType.INT16, DType.INT8), (DType.INT16, DType.INT16), (DType.INT16, DType.INT32),
    (DType.INT32, DType.INT8), (DType.INT32, DType.INT16),
]  # fmt: skip

OPS: list[tuple[str, Callable[..., Graph], tuple[Any, ...], int]] = [
    ("conv_2d", graphs.conv_2d, (), 60),
    ("conv_2d 1x1", graphs.conv_2d, (True,), 30),
    ("depthwise_conv_2d", graphs.depthwise_conv_2d, (), 60),
    ("fully_connected", graphs.fully_connected, (), 60),
    ("fully_connected ties per tensor", graphs.fully_connected_ties, (False,), 20),
    ("fully_connected ties per channel", graphs.fully_connected_ties, (True,), 20),
    ("max_pool_2d", graphs.pool, ("MAX_POOL_2D",), 30),
    ("average_pool_2d", graphs.pool, ("AVERAGE_POOL_2D",), 30),
    ("mean", graphs.mean, (), 50),
    ("add", graphs.add, (), 50),
    ("mul", graphs.mul, (), 50),
    ("reshape", graphs.reshape, (), 15),
    ("pad", graphs.pad, ("PAD",), 30),
    ("padv2", graphs.pad, ("PADV2",), 15),
    ("concatenation", graphs.concatenation, (), 40),
    ("softmax int8", graphs.softmax, (DType.INT8,), 30),
    ("softmax int16", graphs.softmax, (DType.INT16,), 20),
    ("logistic", graphs.logistic, (), 30),
    ("relu", graphs.relu, ("RELU",), 30),
    ("relu6", graphs.relu, ("RELU6",), 30),
    *((f"quantize {a} to {b}", graphs.quantize, (a, b), 8) for a, b in QUANTIZE_TYPES),
    *((f"dequantize {t}", graphs.dequantize, (t,), 8) for t in (DType.INT8, DType.UINT8, DType.INT16)),
]


@pytest.mark.parametrize(("make", "arguments", "count"), [o[1:] for o in OPS], ids=[o[0] for o in OPS])
def test_op_is_bit_exact_with_tflm(make: Callable[..., Graph], arguments: tuple[Any, ...], count: int) -> None:
    found = graphs.many(make, count, 1, *arguments)
    assert_bit_exact(cases_of(found, samples=4))
