"""Transforms of float graphs: batch-norm folding, ReLU6 relaxation, bias absorption, weight clipping."""

from __future__ import annotations

import numpy as np
import pytest

from tests.graphs.random_chains import ChainBuilder, run, same_function, samples_for
from tinyq.graph import Graph, read_graph, write_graph
from tinyq.graph.batch_norm import BatchNorm
from tinyq.quantization.calibrators import calibrator
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.statistics import observe
from tinyq.quantization.transforms.absorb_bias import absorb_bias, minima_of_batch_norms
from tinyq.quantization.transforms.clip_weights import at_percentile, at_sigma, clip_weights
from tinyq.quantization.transforms.equalize import equalize
from tinyq.quantization.transforms.fold_batch_norm import fold_batch_norm
from tinyq.quantization.transforms.relax_relu6 import relax_relu6


def kinds(graph: Graph) -> list[str]:
    return [op.kind for op in graph.ops]


def per_channel(b: ChainBuilder, channels: int, low: float = 0.2) -> int:
    return b.constant(b.rng.uniform(low, 2, channels))


def batch_norm(b: ChainBuilder, x: int, activation: str = "NONE") -> int:
    channels = b.tensors[x].shape[-1]
    scaled = b.elementwise("MUL", x, per_channel(b, channels))
    return b.elementwise("ADD", scaled, b.constant(b.rng.normal(0, 1, channels)), activation)


@pytest.mark.parametrize("layer", ["conv", "depthwise", "dense", "dense without bias"])
@pytest.mark.parametrize("activation", ["NONE", "RELU"])
def test_a_batch_norm_behind_a_layer_becomes_part_of_it(layer: str, activation: str) -> None:
    b = ChainBuilder(7)
    image = b.activation((1, 4, 4, 3))
    y = {
        "conv": lambda: b.conv2d(image, 5, activation="NONE"),
        "depthwise": lambda: b.depthwise2d(image, 2, activation="NONE"),
        "dense": lambda: b.linear(image, 6),
        "dense without bias": lambda: b.linear(image, 6, bias=False),
    }[layer]()
    graph = b.graph([image], [batch_norm(b, y, activation)])
    folded = fold_batch_norm(graph)
    assert len(kinds(folded)) == 1
    assert folded.ops[0].options.activation == activation
    assert same_function(graph, folded, samples_for(graph))
    assert folded.outputs == graph.outputs
    assert read_graph(write_graph(folded)).ops[0].kind == folded.ops[0].kind


@pytest.mark.parametrize("layer", ["conv VALID", "conv SAME 1x1", "depthwise VALID", "dense"])
def test_a_batch_norm_before_a_layer_becomes_part_of_it(layer: str) -> None:
    b = ChainBuilder(8)
    image = b.activation((1, 5, 5, 3))
    normed = batch_norm(b, b.pool(image, size=1))
    y = {
        "conv VALID": lambda: b.conv2d(normed, 4, padding="VALID"),
        "conv SAME 1x1": lambda: b.conv2d(normed, 4, 1),
        "depthwise VALID": lambda: b.depthwise2d(normed, 2, padding="VALID"),
        "dense": lambda: b.linear(normed, 4, bias=False),
    }[layer]()
    graph = b.graph([image], [y])
    folded = fold_batch_norm(graph)
    assert len(kinds(folded)) == 2
    assert same_function(graph, folded, samples_for(graph))


def test_an_offset_stays_before_a_layer_that_reads_padding() -> None:
    b = ChainBuilder(8)
    image = b.activation((1, 5, 5, 3))
    graph = b.graph([image], [b.conv2d(batch_norm(b, image), 4)])
    folded = fold_batch_norm(graph)
    assert kinds(folded) == ["MUL", "ADD", "CONV_2D"]
    assert same_function(graph, folded, samples_for(graph))


def test_a_factor_alone_goes_through_padding() -> None:
    b = ChainBuilder(8)
    image = b.activation((1, 5, 5, 3))
    graph = b.graph([image], [b.conv2d(b.elementwise("MUL", image, per_channel(b, 3)), 4)])
    folded = fold_batch_norm(graph)
    assert kinds(folded) == ["CONV_2D"]
    assert same_function(graph, folded, samples_for(graph))


@pytest.mark.parametrize("constant_first", [True, False])
def test_a_difference_is_folded_from_either_side(constant_first: bool) -> None:
    b = ChainBuilder(9)
    x = b.activation((1, 4))
    pair = [b.linear(x, 3), b.constant(np.array([1.0, -2.0, 0.5]))]
    graph = b.graph([x], [b.elementwise("SUB", *(pair[::-1] if constant_first else pair), activation="RELU")])
    folded = fold_batch_norm(graph)
    assert kinds(folded) == ["FULLY_CONNECTED"]
    assert same_function(graph, folded, samples_for(graph))


def test_what_is_no_batch_norm_stays() -> None:
    b = ChainBuilder(10)
    x = b.activation((1, 4, 4, 2))
    y = b.conv2d(x, 3, activation="RELU")  # a factor behind it does not pass
    scaled = b.elementwise("MUL", y, per_channel(b, 3))
    both = b.elementwise("ADD", scaled, y)  # nobody's constant
    per_pixel = b.elementwise("ADD", both, b.constant(b.rng.normal(0, 1, (1, 4, 4, 3))))
    graph = b.graph([x], [per_pixel])
    assert fold_batch_norm(graph) == graph


def test_a_layer_whose_output_is_read_elsewhere_is_not_folded_into() -> None:
    b = ChainBuilder(10)
    x = b.activation((1, 4))
    y = b.linear(x, 3)
    graph = b.graph([x], [b.elementwise("MUL", y, per_channel(b, 3)), y])
    assert fold_batch_norm(graph) == graph


def test_a_folded_model_can_be_quantized() -> None:
    b = ChainBuilder(11)
    x = b.activation((1, 6))
    y = batch_norm(b, b.linear(x, 5), "RELU")
    graph = fold_batch_norm(b.graph([x], [b.linear(y, 3)]))
    samples = samples_for(graph, 30)
    planned = plan(graph)
    statistics = observe(write_graph(graph), graph, (samples,))
    integer = quantize(planned, calibrate(statistics, calibrator("minmax"), planned))
    assert kinds(integer) == ["FULLY_CONNECTED", "FULLY_CONNECTED"]
    assert not [t for t in integer.tensors if t.is_constant and t.dtype == "float32"]


def relu6_model(fused: bool) -> tuple[Graph, int]:
    b = ChainBuilder(12)
    x = b.activation((1, 4, 4, 2))
    y = b.conv2d(x, 3, activation="RELU6") if fused else b.relu(b.conv2d(x, 3, activation="NONE"), "RELU6")
    return b.graph([x], [b.conv2d(y, 2, activation="NONE")]), y


@pytest.mark.parametrize("fused", [True, False])
def test_relu6_is_relaxed_where_data_stay_below_six(fused: bool) -> None:
    graph, y = relu6_model(fused)
    small = 0.05 * samples_for(graph)
    seen = run(graph, small, y).reshape(-1, 3).max(axis=0)
    assert 0 < seen.max() < 6
    relaxed = relax_relu6(graph, {y: seen})
    assert relaxed.tensors == (y,)
    assert same_function(graph, relaxed.graph, small)
    assert not same_function(graph, relaxed.graph, 100 * samples_for(graph))


def test_relu6_stays_where_data_come_to_six_or_were_not_seen() -> None:
    graph, y = relu6_model(True)
    for maxima in ({y: np.array([1.0, 6.0, 2.0])}, {}):
        relaxed = relax_relu6(graph, maxima)
        assert relaxed.tensors == ()
        assert relaxed.graph == graph


def test_all_relu6_are_relaxed_on_demand() -> None:
    graph, y = relu6_model(False)
    relaxed = relax_relu6(graph)
    assert relaxed.tensors == (y,)
    assert "RELU6" not in kinds(relaxed.graph)
    assert kinds(read_graph(write_graph(relaxed.graph))) == kinds(relaxed.graph)


def high_model(reader: str) -> tuple[Graph, int]:
    """A layer whose first channel is always high, and what reads it."""
    b = ChainBuilder(13)
    x = b.activation((1, 4, 4, 2))
    y = b.conv2d(x, 3, 1)
    z = {
        "1x1": lambda: b.conv2d(y, 4, 1, activation="NONE"),
        "padded": lambda: b.conv2d(y, 4, 3, activation="NONE"),
        "padded before": lambda: b.conv2d(b.pad(y), 4, 3, padding="VALID", activation="NONE"),
        "pooled": lambda: b.linear(b.flatten(b.pool(b.pool(y), "AVERAGE_POOL_2D", 1)), 4, bias=False),
        "depthwise": lambda: b.depthwise2d(y, 2, padding="VALID", activation="NONE"),
        "relu between": lambda: b.linear(b.mean(b.relu(y)), 4),
        "leaky between": lambda: b.linear(b.mean(b.leaky(y)), 4),
    }[reader]()
    bias = b.tensors[b.ops[0].inputs[2]].data
    bias[0] = 40
    return b.graph([x], [z]), y


@pytest.mark.parametrize("reader", ["1x1", "pooled", "depthwise", "relu between"])
def test_a_high_bias_moves_to_the_next_layer(reader: str) -> None:
    graph, y = high_model(reader)
    samples = samples_for(graph, 10)
    before = run(graph, samples, y).reshape(-1, 3)
    assert before[:, 0].min() > 1
    absorbed = absorb_bias(graph, {y: before.min(axis=0)})
    assert same_function(graph, absorbed, samples)
    after = run(absorbed, samples, y).reshape(-1, 3)
    assert after[:, 0].min() < 1e-3
    assert after[:, 0].max() < 0.75 * before[:, 0].max()
    assert np.allclose(after[:, 1:], before[:, 1:] - before[:, 1:].min(axis=0), atol=1e-4)


@pytest.mark.parametrize("reader", ["padded", "padded before", "leaky between"])
def test_a_bias_stays_where_a_constant_does_not_pass(reader: str) -> None:
    graph, y = high_model(reader)
    assert absorb_bias(graph, {y: np.array([30.0, 0.0, 0.0])}) == graph


def test_batch_norms_tell_minima() -> None:
    gamma, variance = np.array([2.0, -1.0]), np.array([4.0, 1.0])
    norm = BatchNorm(5, "bn", gamma, np.array([10.0, 1.0]), np.zeros(2), variance, 0.0)
    assert np.allclose(minima_of_batch_norms([norm])[5], [4.0, -2.0])


def test_absorption_follows_equalization() -> None:
    b = ChainBuilder(14)
    x = b.activation((1, 4, 4, 2))
    y = b.conv2d(x, 6, 1)
    graph = b.graph([x], [b.conv2d(y, 4, 1, activation="NONE")])
    samples = samples_for(graph, 10)
    equalized = equalize(graph)
    minima = run(equalized, samples, y).reshape(-1, 6).min(axis=0)
    assert same_function(graph, absorb_bias(equalized, {y: minima}), samples)


def test_weights_are_clipped_for_each_channel_or_for_all() -> None:
    b = ChainBuilder(15)
    x = b.activation((1, 8, 8, 2))
    graph = b.graph([x], [b.depthwise2d(b.conv2d(x, 8, 3), 1)])
    for op, axis in zip(graph.ops, (0, 3), strict=True):
        before = np.moveaxis(graph.tensors[op.inputs[1]].data, axis, 0).reshape(8, -1)
        for per, rows in ((True, before), (False, before.reshape(1, -1))):
            clipped = clip_weights(graph, at_percentile(90), per_channel=per).tensors[op.inputs[1]].data
            after = np.moveaxis(clipped, axis, 0).reshape(rows.shape)
            limits = np.percentile(np.abs(rows), 90, axis=1)
            assert np.allclose(np.abs(after).max(axis=1), limits, rtol=1e-5)
            inside = np.abs(rows) < limits[:, None]
            assert np.array_equal(after[inside], rows[inside])
    sigma = clip_weights(graph, at_sigma(1.5), per_channel=True).tensors[graph.ops[0].inputs[1]].data
    first = graph.tensors[graph.ops[0].inputs[1]].data.reshape(8, -1)
    deviations = 1.5 * np.sqrt(np.square(first).mean(axis=1))
    assert np.all(np.abs(sigma.reshape(8, -1)).max(axis=1) <= deviations * (1 + 1e-6))


def test_clipping_nothing_changes_nothing() -> None:
    graph, _ = high_model("1x1")
    assert same_function(graph, clip_weights(graph, at_percentile(100)), samples_for(graph))
