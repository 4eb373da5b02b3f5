"""Statistics of activations, channel by channel."""

from __future__ import annotations

import numpy as np

from tests.graphs.floats import Builder
from tinyq.graph import write_graph
from tinyq.quantization.statistics import observe


def test_extremes_and_moments_of_each_channel_are_those_of_all_samples() -> None:
    b = Builder()
    x = b.activation((1, 7, 5, 3), "image")
    graph = b.graph([x], [b.conv(x, 4, kernel=1, activation="NONE")])
    rng = np.random.default_rng(2)
    data = rng.normal([0.0, 30.0, -1.0], [1.0, 2.0, 0.0], (20, 7, 5, 3)).astype(np.float32)
    seen = observe(write_graph(graph), graph, (data,))[x]
    rows = data.reshape(-1, 3).astype(np.float64)
    assert np.array_equal(seen.channel_minima, rows.min(axis=0).astype(np.float32))
    assert np.array_equal(seen.channel_maxima, rows.max(axis=0).astype(np.float32))
    assert np.allclose(seen.channel_means, rows.mean(axis=0), rtol=1e-12)
    assert np.allclose(seen.channel_stds, rows.std(axis=0), rtol=1e-9, atol=1e-9)
    assert seen.minimum == seen.channel_minima.min()
    assert np.isclose(seen.mean, rows.mean())
    assert np.isclose(seen.std, rows.std())


def test_vectors_are_one_row_of_channels() -> None:
    b = Builder()
    x = b.activation((1, 6), "vector")
    graph = b.graph([x], [b.dense(x, 2)])
    data = np.random.default_rng(3).normal(0, 1, (9, 6)).astype(np.float32)
    seen = observe(write_graph(graph), graph, (data,))
    assert np.array_equal(seen[x].channel_maxima, data.max(axis=0))
    assert seen[graph.outputs[0]].channel_means.shape == (2,)
