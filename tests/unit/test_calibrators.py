"""Ranges from statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyq.errors import BadInputError
from tinyq.quantization.affine import INT8, INT16, Range, affine
from tinyq.quantization.calibrators import calibrator, calibrators
from tinyq.quantization.statistics import BINS, TensorStatistics


def statistics_of(values: np.ndarray) -> TensorStatistics:
    low, high = float(values.min()), float(values.max())
    histogram, _ = np.histogram(values, BINS, (low, high) if low < high else (low, low + 1))
    one = np.array([low], np.float32), np.array([high], np.float32)
    return TensorStatistics(
        low, high, float(values.mean()), float(values.std()), values.size, *one, histogram.astype(np.int64)
    )


def mean_squared_error(values: np.ndarray, range_: Range) -> float:
    scale, zero_point = affine(range_, INT8)
    codes = np.clip(np.rint(values / scale) + zero_point, -128, 127)
    return float(np.square((codes - zero_point) * scale - values).mean())


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(calibrators())), st.integers(0, 1000), st.floats(0.01, 100), st.booleans())
def test_every_range_lies_within_what_was_seen(name: str, seed: int, spread: float, relu: bool) -> None:
    values = np.random.default_rng(seed).standard_t(3, 2000) * spread
    values = np.maximum(values, 0) if relu else values
    seen = statistics_of(values)
    for grid in (INT8, INT16):
        got = calibrator(name)(seen, grid)
        slack = 1e-6 * max(-seen.minimum, seen.maximum)  # extremes of samples are kept in float32
        assert seen.minimum - slack <= got.low <= got.high <= seen.maximum + slack
    if relu:
        assert calibrator(name)(seen, INT8).low == 0.0


def test_minmax_is_exact() -> None:
    assert calibrator("minmax")(statistics_of(np.array([-1.5, 0.0, 7.25])), INT8) == Range(-1.5, 7.25)


def test_percentile_leaves_out_the_tails() -> None:
    values = np.concatenate([np.linspace(-1, 1, 100_000), [50.0]])
    got = calibrator("percentile-99.9")(statistics_of(values), INT8)
    assert -1 <= got.low < -0.95
    assert 0.95 < got.high < 1.1


def test_mse_comes_within_two_percent_of_an_exhaustive_search() -> None:
    heavy = np.concatenate([np.random.default_rng(1).laplace(0.3, 1, 50_000), [30.0]])
    seen = statistics_of(heavy)
    best = mean_squared_error(heavy, calibrator("mse")(seen, INT8))
    fractions = np.linspace(0.1, 1, 46)
    exhaustive = min(
        mean_squared_error(heavy, Range(seen.minimum * a, seen.maximum * b)) for a in fractions for b in fractions
    )
    assert best < 1.02 * exhaustive
    assert best < 0.95 * mean_squared_error(heavy, calibrator("minmax")(seen, INT8))


def test_mse_clips_nothing_off_flat_data() -> None:
    flat = np.random.default_rng(1).uniform(-2, 5, 50_000)
    got = calibrator("mse")(statistics_of(flat), INT8)
    assert got.low == pytest.approx(-2, abs=0.05)
    assert got.high == pytest.approx(5, abs=0.08)


@pytest.mark.parametrize("name", sorted(calibrators()))
def test_a_constant_tensor_gives_a_usable_range(name: str) -> None:
    for value in (0.0, 3.0, -3.0):
        scale, _ = affine(calibrator(name)(statistics_of(np.full(10, value)), INT8), INT8)
        assert np.isfinite(scale)
        assert scale > 0


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(BadInputError, match="minmax"):
        calibrator("nope")
