"""Training of a small model in the legacy Keras."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.unit import qat_scenarios
from tests.unit.qat_models import planned, samples
from tinyq import isolation
from tinyq.data import to_codes, to_values
from tinyq.evaluation import run_float, run_tflm
from tinyq.frontend.extra import ENVIRONMENT
from tinyq.graph import write_graph
from tinyq.qat.plan import Parameters, initial, integer
from tinyq.qat.train import EpochEnd, NotFinite

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow_model_optimization") is None, reason="the extra 'keras' is not installed"
)


@pytest.fixture(scope="module")
def results() -> Any:
    return isolation.call(qat_scenarios.scenarios, memory_bytes=None, env=ENVIRONMENT)


def same(a: EpochEnd, b: EpochEnd) -> bool:
    return all(
        np.array_equal(a.parameters.layers[i].weights, b.parameters.layers[i].weights)
        and np.array_equal(a.parameters.layers[i].scales, b.parameters.layers[i].scales)
        for i in a.parameters.layers
    )


@pytest.mark.parametrize("name", ["lsq", "tfmot"])
def test_the_trained_model_computes_what_the_integer_model_computes(results: Any, name: str) -> None:
    made = planned(8)
    graph = integer(made, initial(made, from_extremes=name == "tfmot"))
    logits = next(o for o in graph.ops if o.kind == "SOFTMAX").inputs[0]
    held = graph.tensors[logits]
    head = replace(graph, outputs=(logits,), ops=graph.ops[:-1])
    x = samples(made.source, 48)
    codes = run_tflm(write_graph(head), (to_codes(x, graph.tensors[graph.inputs[0]]),))[0]
    assert held.quantization is not None
    step = held.quantization.scalar[0]
    difference = np.abs(to_values(codes, held) - results[f"{name} at the start"]) / step
    assert difference.max() < 3.5  # rounding of requantization differs from float now and then
    assert (difference < 0.5).mean() > 0.8


@pytest.mark.parametrize("name", ["lsq", "tfmot"])
def test_training_lowers_the_loss(results: Any, name: str) -> None:
    first, last = results[name]
    assert last.loss < first.loss
    assert 0.0 <= last.accuracy <= 1.0


def test_learned_steps_move(results: Any) -> None:
    start = initial(planned(8))
    for index, layer in results["lsq"][-1].parameters.layers.items():
        moved = layer.scales / start.layers[index].scales
        assert np.all(moved > 0) and np.any(moved != 1.0)
        assert np.all(np.abs(np.log(moved)) < 0.5)


def test_moving_averages_cover_all_weights(results: Any) -> None:
    made = planned(8)
    for index, layer in results["tfmot"][-1].parameters.layers.items():
        np.testing.assert_allclose(
            layer.scales.max() * made.weight_grids[index].high, np.abs(layer.weights).max(), rtol=1e-5
        )


def test_a_seed_reproduces(results: Any) -> None:
    assert same(results["lsq"][-1], results["lsq again"][-1])
    assert not same(results["lsq"][-1], results["other seed"][-1])


def test_a_resumed_training_ends_as_an_uninterrupted_one(results: Any) -> None:
    assert len(results["resumed"]) == 1
    assert same(results["lsq"][-1], results["resumed"][-1])


def test_the_switch_to_the_legacy_keras_does_not_stay(results: Any) -> None:
    assert results["switch"] is None


def test_a_loss_that_is_not_finite_stops_training(results: Any) -> None:
    assert isinstance(results["not finite"], NotFinite)
    assert results["not finite"].epoch == 1
    assert results["not finite"].step >= 1


def test_half_of_the_weights_are_zero(results: Any) -> None:
    pruned = results["pruned"].layers
    shares = [float((layer.weights == 0).mean()) for layer in pruned.values() if layer.weights.size >= 64]
    assert shares
    assert all(abs(share - 0.5) < 0.05 for share in shares)


def test_two_of_four_weights_are_zero(results: Any) -> None:
    dense = max(results["2:4"].layers.values(), key=lambda layer: layer.weights.shape[-1])
    groups = dense.weights.reshape(-1, dense.weights.shape[-1])
    groups = groups[:, : groups.shape[1] // 4 * 4].reshape(-1, 4)
    assert np.all((groups == 0).sum(axis=1) >= 2)


def test_integer_training_keeps_zeros_and_shared_weights(results: Any) -> None:
    structure, before, after = results["structure"], results["clustered"].layers, results["pcqat"].layers
    assert structure.clusters
    moved = False
    for index, of in structure.clusters.items():
        weights = after[index].weights
        assert len(np.unique(weights)) <= of.max() + 1 <= 8
        assert np.all(weights[before[index].weights == 0] == 0)
        moved |= bool(np.any(weights != before[index].weights))
    assert moved


def test_a_saved_keras_model_reads_back(results: Any) -> None:
    np.testing.assert_allclose(results["saved"], results["loaded"], atol=1e-6)


def test_the_float_model_teaches_without_labels(results: Any) -> None:
    made = planned(2)
    x = samples(made.source, 48)
    wanted = run_float(write_graph(made.source), (x,))[0]

    def error(parameters: Parameters) -> float:
        graph = integer(made, parameters)
        codes = to_codes(x, graph.tensors[graph.inputs[0]])
        got = to_values(run_tflm(write_graph(graph), (codes,))[0], graph.tensors[graph.outputs[0]])
        return float(np.square(got - wanted).mean())

    assert np.isnan(results["distilled"][-1].accuracy)
    assert error(results["distilled"][-1].parameters) < 0.8 * error(initial(made))
