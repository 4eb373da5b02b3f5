"""Every operator end to end: generated programs give TFLM's bytes for random shapes, attributes and quantization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests import graphs
from tests.engine.harness import Case, assert_bit_exact, cases_of
from tinyq.graph import DType, Graph, Quantization
from tinyq.graph.options import PoolOptions, SoftmaxOptions

QUANTIZE_TYPES = [
    (DType.FLOAT32, DType.INT8), (DType.FLOAT32, DType.INT16),
    (DType.INT8, DType.INT8), (DType.INT8, DType.UINT8), (DType.INT8, DType.INT16), (DType.INT8, DType.INT32),
    (DType.UINT8, DType.INT8),
    (DType.INT16, DType.INT8), (DType.INT16, DType.INT16), (DType.INT16, DType.INT32),
    (DType.INT32, DType.INT8), (DType.INT32, DType.INT16),
]  # fmt: skip

OPS: list[tuple[str, Callable[..., Graph], tuple[Any, ...], int]] = [
    ("conv_2d", graphs.conv_2d, (), 50),
    ("conv_2d 1x1", graphs.conv_2d, (True,), 30),
    ("depthwise_conv_2d", graphs.depthwise_conv_2d, (), 50),
    ("fully_connected", graphs.fully_connected, (), 50),
    ("fully_connected ties per tensor", graphs.fully_connected_ties, (False,), 20),
    ("fully_connected ties per channel", graphs.fully_connected_ties, (True,), 20),
    ("max_pool_2d", graphs.pool, ("MAX_POOL_2D",), 30),
    ("average_pool_2d", graphs.pool, ("AVERAGE_POOL_2D",), 30),
    ("mean", graphs.mean, (), 40),
    ("add", graphs.add, (), 40),
    ("mul", graphs.mul, (), 40),
    ("reshape", graphs.reshape, (), 15),
    ("pad", graphs.pad, ("PAD",), 30),
    ("padv2", graphs.pad, ("PADV2",), 15),
    ("concatenation", graphs.concatenation, (), 30),
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


# searched for: with each, at least one output is so near a tie that it shows if one of the constants behind the
# exponentials or the reciprocal of their sum is off by one (but 1/3, whose last bit changes no result), or if there
# is one step of approximation more or less
TELLING_SCALES = [
    0.006504247430711985, 0.008992768824100494, 0.010256296023726463, 0.01068571861833334, 0.012186102569103241,
    0.018842142075300217, 0.044715411961078644, 0.04663970321416855, 0.052139922976493835, 0.06588076055049896,
    0.0700412392616272, 0.0935317724943161, 0.1185559555888176, 0.21297048032283783,
]  # fmt: skip


def test_softmax_is_exact_to_the_last_bit_of_its_constants() -> None:
    rows = np.stack([np.full(256, 127), np.arange(127, -129, -1)], axis=1).astype(np.int8)
    cases = []
    for scale in (*TELLING_SCALES, *(2.0**-e for e in range(-5, 6))):  # powers of two hit the ends of fixed point
        b = graphs.GraphBuilder()
        x = b.int8(rows.shape, scale, 0)
        y = b.tensor(rows.shape, DType.INT16, Quantization.per_tensor(1 / 65536, -32768))
        b.op("SOFTMAX", (x,), y, SoftmaxOptions())
        cases.append(Case(b.graph([x], [y]), [[rows]]))
    assert_bit_exact(cases)


def test_limits_of_activations_are_rounded_in_single_precision() -> None:
    """Scales of which 6 is a whole number of steps and a half in one precision, but a little less in the other."""
    values = np.arange(-128, 128, dtype=np.int8).reshape(1, 16, 16, 1)
    cases = []
    for steps in range(3, 120):
        near = np.float32(6 / (steps + 0.5))
        for scale in (np.nextafter(near, np.float32(0)), near, np.nextafter(near, np.float32(1))):
            if np.floor(np.float32(6) / scale + np.float32(0.5)) == np.floor(6 / float(scale) + 0.5):
                continue
            b = graphs.GraphBuilder()
            x, y = (b.int8(values.shape, float(scale), -128) for _ in range(2))
            b.op("MAX_POOL_2D", (x,), y, PoolOptions(activation="RELU6"))
            cases.append(Case(b.graph([x], [y]), [[values]]))
    assert len(cases) > 10
    assert_bit_exact(cases[:20])
