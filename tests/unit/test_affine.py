"""Scales, zero points and codes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tinyq.graph import DType, Quantization
from tinyq.quantization.affine import INT8, INT8_WEIGHTS, INT16, Grid, Range, affine, covered, decode, encode

reals = st.floats(-1e6, 1e6, allow_nan=False, width=32)
grids = st.sampled_from([INT8, INT8_WEIGHTS, INT16, Grid(-7, 7, symmetric=True)])


@given(reals, reals, grids)
def test_a_range_is_covered_to_half_a_step_and_zero_is_exact(a: float, b: float, grid: Grid) -> None:
    wanted = Range(min(a, b), max(a, b)).with_zero()
    scale, zero_point = affine(wanted, grid)
    assert scale > 0
    assert grid.low <= zero_point <= grid.high
    got = covered(scale, zero_point, grid)
    slack = 0.5001 * scale + 1e-6 * (wanted.high - wanted.low)
    assert got.low <= wanted.low + slack
    assert got.high >= wanted.high - slack
    q = Quantization.per_tensor(scale, zero_point)
    assert decode(encode(np.zeros(1), q, grid, DType.INT16), q)[0] == 0.0


@given(st.lists(reals, min_size=1, max_size=20))
def test_encoding_loses_at_most_half_a_step(values: list[float]) -> None:
    x = np.array(values)
    scale, zero_point = affine(Range(float(x.min()), float(x.max())), INT8)
    q = Quantization.per_tensor(scale, zero_point)
    error = np.abs(decode(encode(x, q, INT8, DType.INT8), q) - x)
    # the zero point was rounded, so either end may lie half a step outside
    assert error.max() <= 1.001 * scale


def test_a_tensor_of_zeros_gets_a_usable_scale() -> None:
    assert affine(Range(0.0, 0.0), INT8) == (1.0, 0)


def test_per_channel_scales_lie_along_their_axis() -> None:
    q = Quantization(np.array([1.0, 2.0], np.float32), np.zeros(2, np.int64), axis=1)
    assert encode(np.array([[4.0, 4.0]]), q, INT8, DType.INT8).tolist() == [[4, 2]]
