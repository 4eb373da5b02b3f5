"""Ranges of logits by cross-entropy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.unit.test_calibrators import statistics_of
from tinyq.graph import DType, Graph, Op, Tensor, write_graph
from tinyq.graph.options import FullyConnectedOptions, SoftmaxOptions
from tinyq.quantization.affine import INT8, INT16, Grid, Range, affine
from tinyq.quantization.calibrators import calibrator
from tinyq.quantization.statistics import observe


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def cross_entropy(logits: np.ndarray, range_: Range, grid: Grid = INT8) -> float:
    scale, zero_point = affine(range_, grid)
    codes = np.clip(np.rint(logits / scale) + zero_point, grid.low, grid.high)
    return float(-np.sum(np.exp(log_softmax(logits)) * log_softmax((codes - zero_point) * scale)))


def confident_logits() -> np.ndarray:
    """Two classes in doubt, the others out of the question, some of them by far."""
    random = np.random.default_rng(0)
    logits = random.normal(-60, 25, (200, 10))
    logits[:, :2] = random.normal(4, 0.7, (200, 2))
    return np.asarray(logits.astype(np.float32))


def test_impossible_classes_are_clipped_for_the_sake_of_the_likely_ones() -> None:
    logits = confident_logits()
    seen = replace(statistics_of(logits.reshape(-1)), logits=logits)
    got, by_error = calibrator("cross-entropy")(seen, INT8), calibrator("mse")(seen, INT8)
    assert got.low > 0.5 * by_error.low
    floor = float(-np.sum(np.exp(log_softmax(logits)) * log_softmax(logits)))
    excess = cross_entropy(logits, got) - floor
    assert 0 < excess < 0.5 * (cross_entropy(logits, by_error) - floor)


def test_it_comes_near_an_exhaustive_search() -> None:
    logits = confident_logits()
    seen = replace(statistics_of(logits.reshape(-1)), logits=logits)
    fractions = np.linspace(0.2, 1, 60)
    for grid, tried in (
        (INT8, [Range(seen.minimum * a, seen.maximum * b) for a in fractions for b in fractions]),
        (INT16, [Range(seen.minimum * a, seen.maximum * a) for a in fractions]),
    ):
        best = min(cross_entropy(logits, r, grid) for r in tried)
        assert cross_entropy(logits, calibrator("cross-entropy")(seen, grid), grid) <= best * (1 + 1e-3)


def test_tensors_that_are_no_logits_get_the_range_of_least_squared_error() -> None:
    seen = statistics_of(np.random.default_rng(1).laplace(0, 1, 5000))
    assert calibrator("cross-entropy")(seen, INT8) == calibrator("mse")(seen, INT8)


def dense(softmaxed: bool, classes: int = 3) -> Graph:
    weights = np.random.default_rng(2).normal(size=(classes, 4)).astype(np.float32)
    tensors = (
        Tensor("x", (1, 4), DType.FLOAT32), Tensor("w", (classes, 4), DType.FLOAT32, data=weights),
        Tensor("logits", (1, classes), DType.FLOAT32), Tensor("p", (1, classes), DType.FLOAT32),
    )  # fmt: skip
    ops = (Op("FULLY_CONNECTED", (0, 1, -1), (2,), FullyConnectedOptions()),)
    if softmaxed:
        return Graph(tensors, (*ops, Op("SOFTMAX", (2,), (3,), SoftmaxOptions())), (0,), (3,))
    return Graph(tensors[:3], ops, (0,), (2,))


def test_logits_are_kept_of_samples_spread_over_the_data() -> None:
    inputs = np.random.default_rng(3).normal(size=(2500, 4)).astype(np.float32)
    for softmaxed in (True, False):
        graph = dense(softmaxed)
        seen = observe(write_graph(graph), graph, (inputs,))
        weights = graph.tensors[1].data
        assert weights is not None
        chosen = np.linspace(0, 2499, 1000).astype(int)
        np.testing.assert_allclose(seen[2].logits, inputs[chosen] @ weights.T, rtol=1e-5, atol=1e-5)
        assert all(s.logits.size == 0 for t, s in seen.items() if t != 2)


def test_too_many_values_are_not_kept() -> None:
    graph = dense(True, 1025)
    seen = observe(write_graph(graph), graph, (np.ones((2, 4), np.float32),))
    assert seen[2].logits.size == 0
