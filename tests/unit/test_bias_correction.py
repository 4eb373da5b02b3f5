"""Bias correction, by data and by expected values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.graphs.random_chains import ChainBuilder, run, samples_for
from tinyq.data import to_codes, to_values
from tinyq.evaluation import run_tflm
from tinyq.graph import DType, Graph, write_graph
from tinyq.quantization.calibrators import calibrator
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.rounding import analytic_bias_correction, empirical_bias_correction
from tinyq.quantization.rounding.layers import layers, real_bias
from tinyq.quantization.scheme import LayerScheme
from tinyq.quantization.statistics import Statistics, observe


def quantized(
    graph: Graph, samples: np.ndarray, scheme: LayerScheme, io: DType = DType.INT8
) -> tuple[Graph, Statistics]:
    planned = plan(graph, scheme, io)
    statistics = observe(write_graph(graph), graph, (samples,))
    return quantize(planned, calibrate(statistics, calibrator("minmax"), planned)), statistics


def three_layers(seed: int = 0, padding: str = "VALID") -> Graph:
    b = ChainBuilder(seed)
    b.spread = 0.2
    x = b.activation((1, 6, 6, 3))
    y = b.depthwise2d(b.conv2d(x, 5, padding=padding), 2, padding=padding, activation="NONE")
    return b.graph([x], [b.linear(y, 4)])


def outputs(graph: Graph, samples: np.ndarray) -> np.ndarray:
    """Real values of the integer model's outputs, with 4-bit codes in bytes as every kernel reads them."""
    wide = {i: replace(t, dtype=DType.INT8) for i, t in enumerate(graph.tensors) if t.dtype is DType.INT4}
    codes = to_codes(samples, graph.tensors[graph.inputs[0]])
    return to_values(run(graph.replace_tensors(wide), codes), graph.tensors[graph.outputs[0]])


def biases(graph: Graph) -> list[np.ndarray]:
    return [real_bias(graph, op) for op in graph.ops]


@pytest.mark.parametrize("seed", range(3))
def test_means_of_the_outputs_come_back(seed: int) -> None:
    graph = three_layers(seed, padding="SAME")
    samples = samples_for(graph, 100)
    before, _ = quantized(graph, samples, LayerScheme(weight_bits=4))
    after = empirical_bias_correction(graph, before, (samples,))
    wanted = run(graph, samples)
    off_before = np.abs((outputs(before, samples) - wanted).mean(axis=0)).max()
    off_after = np.abs((outputs(after, samples) - wanted).mean(axis=0)).max()
    assert off_after < 0.25 * off_before
    assert off_after < after.tensors[after.outputs[0]].quantization.scalar[0]


def test_nothing_but_biases_changes_and_progress_is_told() -> None:
    graph = three_layers()
    samples = samples_for(graph, 20)
    before, _ = quantized(graph, samples, LayerScheme(weight_bits=4))
    told: list[tuple[str, int, int]] = []
    after = empirical_bias_correction(graph, before, (samples,), progress=lambda *a: told.append(a))
    old = {op.inputs[2]: before.tensors[op.inputs[2]] for op in before.ops}
    assert write_graph(after) != write_graph(before)
    assert write_graph(after.replace_tensors(old)) == write_graph(before)
    assert told == [("bias correction", n, 3) for n in range(4)]


def test_expected_values_give_what_the_data_give() -> None:
    """Where inputs are exact and no padding is read, both are the mean error of the weights' products."""
    b = ChainBuilder(3)
    x = b.activation((1, 6, 6, 3))
    for layer in (b.conv2d(x, 4, 1), b.depthwise2d(x, 2, kernel=1), b.conv2d(x, 4, 1)):
        op = next(o for o in b.ops if o.outputs[0] == layer)
        graph = replace(b.graph([x], [layer]), ops=(op,))
        samples = samples_for(graph, 30) + np.float32([3.0, 0.0, -2.0])
        before, statistics = quantized(graph, samples, LayerScheme("int16"), DType.INT16)
        coarse = before.tensors[op.inputs[1]]
        before = before.replace_tensors({op.inputs[1]: replace(coarse, data=(coarse.data // 16 * 16).astype(np.int8))})
        means = {t: s.channel_means for t, s in statistics.items()}
        by_means = analytic_bias_correction(graph, before, means)
        by_data = empirical_bias_correction(graph, before, (samples,))
        moved = biases(by_means)[0] - biases(before)[0]
        assert np.abs(moved).max() > 0.01
        assert np.allclose(moved, biases(by_data)[0] - biases(before)[0], atol=2e-3 * np.abs(moved).max())


def test_a_dense_layer_may_read_an_image() -> None:
    b = ChainBuilder(5)
    x = b.activation((1, 3, 3, 2))
    graph = b.graph([x], [b.linear(x, 4)])
    samples = samples_for(graph, 400) + np.float32([4.0, -3.0])
    before, statistics = quantized(graph, samples, LayerScheme(weight_bits=4))
    after = analytic_bias_correction(graph, before, {x: statistics[x].channel_means})
    wanted = run(graph, samples).mean(axis=0)
    off = [np.abs(outputs(g, samples).mean(axis=0) - wanted).max() for g in (before, after)]
    assert off[1] < 0.3 * off[0]


def test_layers_without_expected_values_are_left() -> None:
    graph = three_layers()
    before, _ = quantized(graph, samples_for(graph, 10), LayerScheme(weight_bits=4))
    assert write_graph(analytic_bias_correction(graph, before, {})) == write_graph(before)
    assert write_graph(analytic_bias_correction(graph, before, {graph.inputs[0]: np.zeros(0)})) == write_graph(before)


@pytest.mark.parametrize(("io", "wide"), [(DType.INT8, DType.INT32), (DType.INT16, DType.INT64)])
def test_a_layer_without_bias_gets_one_that_tflm_takes(io: DType, wide: DType) -> None:
    b = ChainBuilder(6)
    x = b.activation((1, 8))
    graph = b.graph([x], [b.linear(x, 3, bias=False)])
    samples = samples_for(graph, 50) + 2
    before, _ = quantized(graph, samples, LayerScheme(io.value), io)
    coarse = before.tensors[before.ops[0].inputs[1]]
    data = (coarse.data // 32 * 32).astype(np.int8)
    before = before.replace_tensors({before.ops[0].inputs[1]: replace(coarse, data=data)})
    after = empirical_bias_correction(graph, before, (samples,))
    op = after.ops[0]
    bias = after.tensors[op.inputs[2]]
    assert bias.dtype is wide
    scales = [after.tensors[t].quantization.scale for t in op.inputs]
    assert np.allclose(scales[2], scales[0] * scales[1])
    codes = to_codes(samples, after.tensors[x])
    wanted = run(graph, samples)
    off = []
    for g in (before, after):
        found = to_values(run_tflm(write_graph(g), (codes,))[0], g.tensors[g.outputs[0]])
        off.append(np.abs((found - wanted).mean(axis=0)).max())
    assert off[1] < 0.1 * off[0]


def test_a_shared_bias_is_corrected_for_each_layer_apart() -> None:
    b = ChainBuilder(7)
    x = b.activation((1, 4))
    first = b.linear(x, 4)
    shared = b.ops[-1].inputs
    second = b.op("FULLY_CONNECTED", [x, *shared[1:]], (1, 4), b.ops[-1].options)
    graph = b.graph([x], [first, second])
    samples = samples_for(graph, 50) + 1
    before, statistics = quantized(graph, samples, LayerScheme(weight_bits=4))
    # the outputs' scales say nothing of the constants, so both layers share them still
    assert before.ops[0].inputs[2] == before.ops[1].inputs[2]
    after = analytic_bias_correction(graph, before, {x: statistics[x].channel_means})
    assert np.array_equal(real_bias(after, after.ops[0]), real_bias(after, after.ops[1]))
    assert not np.array_equal(real_bias(after, after.ops[0]), real_bias(before, before.ops[0]))


def test_codes_saturate() -> None:
    graph = three_layers()
    samples = samples_for(graph, 10)
    before, _ = quantized(graph, samples, LayerScheme())
    huge = {graph.inputs[0]: np.full(3, 1e30)}
    coarse = before.tensors[before.ops[0].inputs[1]]
    before = before.replace_tensors({before.ops[0].inputs[1]: replace(coarse, data=coarse.data // 2)})
    after = analytic_bias_correction(graph, before, huge)
    codes = after.tensors[after.ops[0].inputs[2]].data
    assert set(np.abs(codes.astype(np.int64))) == {(1 << 31) - 1}


def test_layers_names_each_quantized_layer_once() -> None:
    graph = three_layers()
    before, _ = quantized(graph, samples_for(graph, 10), LayerScheme())
    assert [(la.index, la.reference) for la in layers(graph, before)] == [(0, 0), (1, 1), (2, 2)]
