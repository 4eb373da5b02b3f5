"""Adaptive rounding, and what it is built on: windows, gathering, layers in one form."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from tests.graphs.random_chains import ChainBuilder, random_chain, run, samples_for
from tests.processes import children_of
from tinyq.data import to_codes, to_values
from tinyq.evaluation import run_float
from tinyq.graph import DType, Graph, write_graph
from tinyq.graph.options import ConvOptions
from tinyq.quantization.calibrators import calibrator
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.rounding import AdaRoundSettings, accept, adaround, refine
from tinyq.quantization.rounding.adaround_solver import Descent, Problem
from tinyq.quantization.rounding.gather import gather
from tinyq.quantization.rounding.layers import clamp_of, grouped, layers, real_bias, real_weights, ungrouped
from tinyq.quantization.scheme import LayerScheme
from tinyq.quantization.statistics import observe

FAST = AdaRoundSettings(iterations=300, positions=1024, batch=128, learning_rate=0.1)


def quantized(graph: Graph, samples: np.ndarray, scheme: LayerScheme | None = None, io: DType = DType.INT8) -> Graph:
    planned = plan(graph, scheme or LayerScheme(weight_bits=4), io)
    statistics = observe(write_graph(graph), graph, (samples,))
    return quantize(planned, calibrate(statistics, calibrator("minmax"), planned))


def solve(problem: Problem, patches: np.ndarray, targets: np.ndarray) -> np.ndarray:
    descent = Descent(problem, patches, targets, FAST)
    for _ in range(FAST.iterations):
        descent.advance()
    return descent.codes


def output_error(graph: Graph, integer: Graph, samples: np.ndarray) -> float:
    """Mean squared error of the integer model's outputs, with 4-bit codes in bytes as every kernel reads them."""
    wide = {i: replace(t, dtype=DType.INT8) for i, t in enumerate(integer.tensors) if t.dtype is DType.INT4}
    codes = to_codes(samples, integer.tensors[integer.inputs[0]])
    found = to_values(run(integer.replace_tensors(wide), codes), integer.tensors[integer.outputs[0]])
    return float(np.square(found - run(graph, samples)).mean())


def model(seed: int = 0) -> Graph:
    """Convolutions, a depthwise layer with a multiplier, a dense layer."""
    b = ChainBuilder(seed)
    b.spread = 0.1
    x = b.activation((1, 8, 8, 2))
    y = b.conv2d(x, 6)
    y = b.depthwise2d(y, 2)
    y = b.conv2d(y, 8, 1)
    y = b.conv2d(y, 6, 3, padding="VALID", activation="RELU6")
    return b.graph([x], [b.linear(b.flatten(y), 5)])


@pytest.mark.parametrize("seed", range(8))
def test_gathered_patches_times_weights_are_the_layers_outputs(seed: int) -> None:
    """In the float model, so that the whole way of windows, padding, groups and order is exact."""
    b = ChainBuilder(seed)
    x = b.activation((1, 7, 6, 4))
    rng = np.random.default_rng(seed)
    padding = ["SAME", "VALID"][rng.integers(2)]
    layer = [
        lambda: b.conv2d(x, 6, 3, padding=padding),
        lambda: b.conv2d(x, 6, 2, padding=padding, groups=2),
        lambda: b.depthwise2d(x, 3, padding=padding),
        lambda: b.linear(x, 5),
    ][seed % 4]
    graph = b.graph([x], [layer()])
    op = graph.ops[0]
    if isinstance(op.options, ConvOptions) and seed >= 4:
        channels = graph.tensors[op.outputs[0]].shape[-1]
        strided = replace(op, options=replace(op.options, stride_h=2, stride_w=3))
        size = (lambda s, k, d: -(-s // d)) if padding == "SAME" else (lambda s, k, d: (s - k) // d + 1)
        kernel = graph.tensors[op.inputs[1]].shape[1]
        out = replace(graph.tensors[op.outputs[0]], shape=(1, size(7, kernel, 2), size(6, kernel, 3), channels))
        graph = replace(graph, ops=(strided,)).replace_tensors({op.outputs[0]: out})
    samples = samples_for(graph, 5)
    integer = quantized(graph, samples, LayerScheme("int16"), DType.INT16)
    (found,) = layers(graph, integer)
    seen = gather(graph, integer, found, (samples,), 10**6, np.random.default_rng(0))
    window = found.window
    assert seen.patches.shape == (window.groups, 5 * window.positions, window.taps)
    weights = grouped(real_weights(graph, graph.ops[0]), op, window.groups)
    bias = real_bias(graph, graph.ops[0]).reshape(window.groups, 1, -1)
    expected = seen.patches @ weights.transpose(0, 2, 1) + bias
    # 16-bit inputs are the only difference
    assert np.abs(seen.targets - expected).max() < 2e-3 * np.abs(expected).max()
    assert seen.targets.std() > 0


def test_grouping_weights_can_be_undone() -> None:
    graph = model()
    for op in graph.ops:
        if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            weights = graph.tensors[op.inputs[1]].data
            groups = 6 if op.kind == "DEPTHWISE_CONV_2D" else 1
            assert np.array_equal(ungrouped(grouped(weights, op, groups), op, weights.shape), weights)


def test_sampling_is_bounded_and_seeded() -> None:
    graph, samples = model(), samples_for(model(), 6)
    integer = quantized(graph, samples)
    first = layers(graph, integer)[0]
    few = [gather(graph, integer, first, (samples,), 30, np.random.default_rng(s)) for s in (1, 1, 2)]
    assert few[0].patches.shape[1] == 30
    assert few[0].per_sample == 5
    assert np.array_equal(few[0].patches, few[1].patches)
    assert not np.array_equal(few[0].patches, few[2].patches)


def test_the_solver_finds_codes_that_a_correlated_input_asks_for() -> None:
    """Two equal inputs: weights of 0.4 steps each are 0.8 together, which one code of 1 beside 0 approximates best."""
    x = np.random.default_rng(0).normal(0, 1, (1, 512, 1)).astype(np.float32).repeat(2, axis=2)
    position = np.full((1, 1, 2), 0.4, np.float32)
    position[0, 0, 1] += 0.01
    ones = np.ones((1, 1, 1), np.float32)
    problem = Problem(position, ones, 0 * ones, (-np.inf, np.inf), 7)
    codes = solve(problem, x, x @ position.transpose(0, 2, 1))
    assert codes.sum() == 1
    assert problem.errors(codes, x, x @ position.transpose(0, 2, 1)) < 0.05


def test_the_solver_comes_near_the_best_of_all_roundings_and_looks_behind_the_activation() -> None:
    """The second output is always below zero, where rounding cannot matter; the others are fitted."""
    rng = np.random.default_rng(1)
    x = np.abs(rng.normal(0, 1, (1, 512, 6))).astype(np.float32)
    position = rng.uniform(0.3, 3, (1, 8, 6)).astype(np.float32)
    position[0, 1] *= -1
    ones, zeros = np.ones((1, 8, 1), np.float32), np.zeros((1, 1, 8), np.float32)
    problem = Problem(position, ones, zeros, (0.0, np.inf), 7)
    targets = x @ position.transpose(0, 2, 1)
    codes, nearest = solve(problem, x, targets), np.rint(position)
    fitted, rounded = problem.errors(codes, x, targets)[0], problem.errors(nearest, x, targets)[0]
    every = [problem.errors(problem.floor + np.float32(up), x, targets)[0] for up in product((0, 1), repeat=6)]
    best = np.min(every, axis=0).sum()
    assert fitted.sum() < 1.1 * best < 0.75 * rounded.sum()
    assert fitted[1] == rounded[1] == 0
    assert np.array_equal(codes[0, 1], nearest[0, 1])  # nothing pulled them away from where they started


def test_codes_stay_within_one_step_and_within_the_type() -> None:
    graph, samples = model(1), samples_for(model(1), 24)
    for scheme in (LayerScheme(weight_bits=4), LayerScheme(weight_bits=4, weight_range="mse"), LayerScheme()):
        before = quantized(graph, samples, scheme)
        after = adaround(graph, before, (samples,), replace(FAST, iterations=60))
        limit = 7 if scheme.weight_bits == 4 else 127
        for layer in layers(graph, before):
            op = before.ops[layer.index]
            old, new = before.tensors[op.inputs[1]], after.tensors[op.inputs[1]]
            assert new.dtype is old.dtype
            assert np.abs(new.data).max() <= limit
            assert np.abs(new.data.astype(int) - old.data).max() <= 1
            assert np.array_equal(new.quantization.scale, old.quantization.scale)
        weights = {
            before.ops[la.index].inputs[1]: before.tensors[before.ops[la.index].inputs[1]]
            for la in layers(graph, before)
        }
        assert write_graph(after) != write_graph(before)
        assert write_graph(after.replace_tensors(weights)) == write_graph(before)


def test_weights_that_are_zero_stay_zero() -> None:
    graph, samples = model(3), samples_for(model(3), 40)
    pruned = {}
    for op in graph.ops:
        if op.kind in ("CONV_2D", "FULLY_CONNECTED"):
            weights = graph.tensors[op.inputs[1]]
            small = np.abs(weights.data) < np.median(np.abs(weights.data))
            pruned[op.inputs[1]] = replace(weights, data=np.where(small, np.float32(0), weights.data))
    graph = graph.replace_tensors(pruned)
    before = quantized(graph, samples)
    after = adaround(graph, before, (samples,), replace(FAST, iterations=100))
    for t, weights in pruned.items():
        assert not after.tensors[t].data[weights.data == 0].any()
    assert write_graph(after) != write_graph(before)


def test_an_interrupt_ends_the_child() -> None:
    graph, samples = model(2), samples_for(model(2), 20)
    before = quantized(graph, samples)
    running = set(children_of(os.getpid()))

    def stop(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adaround(graph, before, (samples,), FAST, progress=stop)
    assert set(children_of(os.getpid())) <= running


@pytest.mark.parametrize("seed", range(3))
def test_four_bit_models_come_closer_to_the_float_model(seed: int) -> None:
    graph = model(seed)
    samples = samples_for(graph, 200)
    fit, judge = samples[:120], samples[120:]
    before = quantized(graph, fit)
    after = adaround(graph, before, (fit,), FAST, seed=seed)
    assert output_error(graph, after, judge) < 0.75 * output_error(graph, before, judge)


def test_the_same_seed_gives_the_same_codes_and_progress_is_told() -> None:
    graph, samples = model(2), samples_for(model(2), 20)
    before = quantized(graph, samples)
    told: list[tuple[str, int, int]] = []
    settings = replace(FAST, iterations=50)
    first = adaround(graph, before, (samples,), settings, seed=3, progress=lambda *a: told.append(a))
    second = adaround(graph, before, (samples,), settings, seed=3)
    assert write_graph(first) == write_graph(second)
    done = [d for _, d, _ in told]
    assert done == sorted(done)
    assert told[-1][1:] == (5 * 50, 5 * 50)
    assert {stage for stage, _, _ in told} == {"adaptive rounding"}
    assert len(told) >= 5


def test_weights_that_two_layers_share_are_left() -> None:
    b = ChainBuilder(4)
    x = b.activation((1, 4))
    first = b.linear(x, 4, "RELU")
    shared = b.ops[-1].inputs
    second = b.op("FULLY_CONNECTED", [first, *shared[1:]], (1, 4), b.ops[-1].options)
    graph = b.graph([x], [second])
    samples = samples_for(graph, 20)
    before = quantized(graph, samples)
    assert write_graph(adaround(graph, before, (samples,), FAST)) == write_graph(before)


def test_float_islands_and_float_inputs_are_passed_by() -> None:
    graph, samples = model(5), samples_for(model(5), 20)
    schemes = tuple(LayerScheme("float32" if i == 1 else "int8") for i in range(len(graph.ops)))
    planned = plan(graph, schemes, DType.FLOAT32)
    statistics = observe(write_graph(graph), graph, (samples,))
    before = quantize(planned, calibrate(statistics, calibrator("minmax"), planned))
    assert len(layers(graph, before)) == 4
    after = adaround(graph, before, (samples,), replace(FAST, iterations=20))
    assert np.isfinite(run_float(write_graph(after), (samples,))[0]).all()


def test_the_clamp_is_that_of_the_activation_and_of_the_codes() -> None:
    graph, samples = model(6), samples_for(model(6), 20)
    integer = quantized(graph, samples)
    lows, highs = zip(*(clamp_of(integer, integer.ops[la.index]) for la in layers(graph, integer)), strict=True)
    assert lows[:4] == (0.0,) * 4
    assert highs[3] <= 6
    assert lows[4] < 0 < highs[4]
    assert all(np.isfinite(highs))


def test_a_single_sample_is_enough() -> None:
    graph = random_chain(1)
    samples = samples_for(graph, 1)
    before = quantized(graph, samples)
    after = adaround(graph, before, (samples,), replace(FAST, iterations=20))
    assert len(after.ops) == len(before.ops)


def test_a_refinement_is_kept_only_if_it_is_better() -> None:
    worse, same, better = (model(seed) for seed in (1, 2, 3))
    verdicts = {id(worse): 3.0, id(same): 2.0, id(better): 1.0}

    def judge(graph: Graph) -> float:
        return verdicts.get(id(graph), float("nan"))

    assert accept("x", same, better, judge)[0] is better
    graph, record = accept("x", same, worse, judge)
    assert graph is same
    assert (record.name, record.before, record.after, record.kept) == ("x", 2.0, 3.0, False)
    assert accept("x", same, same, judge)[1].kept is False
    assert accept("x", same, model(9), judge)[0] is same  # NaN

    seen: list[Graph] = []

    def step(result: Graph) -> tuple[str, object]:
        return "s", lambda g: (seen.append(g), result)[1]

    best, records = refine(same, [step(worse), step(better), step(worse)], judge)
    assert best is better
    assert [r.kept for r in records] == [False, True, False]
    assert [r.before for r in records] == [2.0, 2.0, 1.0]
    assert [id(g) for g in seen] == [id(same), id(same), id(better)]
    assert refine(same, [], judge) == (same, ())
