"""Cross-layer equalization: the function stays, the ranges are balanced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.graphs.random_chains import ChainBuilder, random_chain, run, same_function, samples_for
from tinyq.graph import Graph
from tinyq.quantization.transforms.chains import (
    input_extent,
    output_extent,
    pairs,
    reads_padding,
    scale_inputs,
    scale_outputs,
)
from tinyq.quantization.transforms.equalize import equalize


def maxima_of(graph: Graph, samples: np.ndarray) -> dict[int, np.ndarray]:
    return {
        op.outputs[0]: run(graph, samples, op.outputs[0])
        .reshape(-1, graph.tensors[op.outputs[0]].shape[-1])
        .max(axis=0)
        for op in graph.ops
    }


def imbalance(graph: Graph) -> float:
    """How far the two ranges of the worst channel of any pair are apart, as a factor."""
    worst = 1.0
    for pair in pairs(graph):
        first, second = graph.ops[pair.first], graph.ops[pair.second]
        r1, r2 = output_extent(graph, first), input_extent(graph, second, pair.channels)
        ratio = r1[(r1 > 0) & (r2 > 0)] / r2[(r1 > 0) & (r2 > 0)]
        worst = max(worst, ratio.max(), (1 / ratio).max())
    return worst


@pytest.mark.parametrize("seed", range(25))
def test_random_chains_keep_their_function_and_become_balanced(seed: int) -> None:
    graph = random_chain(seed)
    assert pairs(graph)
    equalized = equalize(graph)
    assert same_function(graph, equalized, samples_for(graph))
    assert imbalance(graph) > 2
    assert imbalance(equalized) < 1.01


@pytest.mark.parametrize("seed", range(10))
def test_relu6_is_passed_by_channels_that_stay_below_six(seed: int) -> None:
    graph = random_chain(seed, "RELU6")
    samples = 3 * samples_for(graph, 8)
    seen = maxima_of(graph, samples)
    equalized = equalize(graph, seen)
    assert same_function(graph, equalized, samples)
    changed = [a.data is not b.data for a, b in zip(graph.tensors, equalized.tensors, strict=True)]
    assert any(changed)


def test_a_channel_that_comes_to_six_is_not_scaled() -> None:
    b = ChainBuilder(1)
    x = b.activation((1, 4, 4, 2))
    y = b.conv2d(x, 3, 1, activation="RELU6")
    graph = b.graph([x], [b.conv2d(y, 2, 1, activation="NONE")])
    equalized = equalize(graph, {y: np.array([6.0, 1.0, 5.9])})
    before, after = (output_extent(g, g.ops[0]) for g in (graph, equalized))
    assert after[0] == before[0]
    assert np.all(after[1:] != before[1:])
    assert 1.0 * after[1] / before[1] < 6
    assert 5.9 * after[2] / before[2] < 6


def test_without_maxima_relu6_ends_the_chain() -> None:
    b = ChainBuilder(3)
    x = b.activation((1, 4, 4, 2))
    graph = b.graph([x], [b.conv2d(b.conv2d(x, 3, activation="RELU6"), 2, 1, activation="NONE")])
    assert equalize(graph) == graph


def test_dead_channels_are_left_alone() -> None:
    b = ChainBuilder(2)
    x = b.activation((1, 5, 5, 2))
    y = b.conv2d(x, 4)
    graph = b.graph([x], [b.conv2d(y, 3, activation="NONE")])
    weights = graph.tensors[graph.ops[0].inputs[1]]
    data = weights.data.copy()
    data[1] = 0
    graph = graph.replace_tensors({graph.ops[0].inputs[1]: replace(weights, data=data)})
    equalized = equalize(graph)
    assert all(np.isfinite(t.data).all() for t in equalized.tensors if t.data is not None)
    assert same_function(graph, equalized, samples_for(graph))


def test_what_two_layers_read_is_no_pair() -> None:
    b = ChainBuilder(2)
    x = b.activation((1, 5, 5, 2))
    y = b.conv2d(x, 4)
    z = b.elementwise("ADD", b.conv2d(y, 4, activation="NONE"), y)
    graph = b.graph([x], [z])
    assert pairs(graph) == ()
    assert equalize(graph) == graph


def test_an_output_of_the_model_is_not_scaled() -> None:
    b = ChainBuilder(2)
    x = b.activation((1, 5, 5, 2))
    y = b.conv2d(x, 4)
    graph = b.graph([x], [y, b.conv2d(y, 4)])
    assert pairs(graph) == ()


def test_grouped_convolutions_read_what_cannot_be_scaled_alone() -> None:
    b = ChainBuilder(4)
    x = b.activation((1, 5, 5, 2))
    graph = b.graph([x], [b.conv2d(b.conv2d(x, 4), 4, groups=2)])
    assert pairs(graph) == ()


def test_a_depth_multiplier_scales_each_input_with_all_of_its_outputs() -> None:
    b = ChainBuilder(5)
    x = b.activation((1, 4, 4, 3))
    graph = b.graph([x], [b.depthwise2d(b.conv2d(x, 3, 1), 2, activation="NONE")])
    first, second = graph.ops
    factors = np.array([0.5, 4.0, 2.0])
    arrays = {**scale_outputs(graph, first, factors), **scale_inputs(graph, second, 1 / factors)}
    scaled = graph.replace_tensors({i: replace(graph.tensors[i], data=a) for i, a in arrays.items()})
    assert same_function(graph, scaled, samples_for(graph))
    assert np.allclose(input_extent(scaled, second, 3), input_extent(graph, second, 3) / factors)


@pytest.mark.parametrize(
    ("padding", "kernel", "expected"), [("SAME", 3, True), ("SAME", 1, False), ("VALID", 3, False)]
)
def test_padding_is_read_where_the_window_leaves_the_image(padding: str, kernel: int, expected: bool) -> None:
    b = ChainBuilder()
    x = b.activation((1, 5, 5, 2))
    graph = b.graph([x], [b.conv2d(x, 4, kernel, padding=padding)])
    assert reads_padding(graph, graph.ops[0]) is expected
