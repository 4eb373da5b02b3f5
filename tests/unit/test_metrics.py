"""Metrics, their choice, and the comparison of outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tinyq.errors import BadInputError
from tinyq.evaluation import Evidence, compare, decision_threshold, default_metric, evaluate
from tinyq.evaluation.metrics import metric, metrics
from tinyq.graph import DType, Graph, Op, Quantization, Tensor
from tinyq.graph.options import FullyConnectedOptions, NoOptions, Options

RANDOM = np.random.default_rng(0)


def measure(name: str, outputs: Any, labels: Any = None, inputs: Any = None, threshold: float = 0.5) -> float:
    given_inputs = () if inputs is None else (np.asarray(inputs, np.float32),)
    plain = None if labels is None else np.asarray(labels)
    return metric(name).compute(Evidence([np.asarray(outputs, np.float32)], plain, given_inputs, threshold))


def model(output: tuple[int, ...], *heads: str, quantized: bool = False, options: Options | None = None) -> Graph:
    q = Quantization.per_tensor(1 / 256, -128) if quantized else None
    dtype = DType.INT8 if quantized else DType.FLOAT32
    tensors = [Tensor("in", (1, 4), dtype, q)]
    ops = []
    for i, head in enumerate(heads):
        tensors.append(Tensor(f"t{i}", output, dtype, q))
        ops.append(Op(head, (i,), (i + 1,), options or NoOptions()))
    return Graph(tuple(tensors), tuple(ops), (0,), (len(heads),))


def test_the_registry_says_what_each_metric_means() -> None:
    assert set(metrics()) == {"auc", "mae", "mse", "top1", "top5"}
    assert [n for n, m in metrics().items() if m.higher_is_better] == ["auc", "top1", "top5"]
    assert [n for n, m in metrics().items() if m.is_fraction] == ["auc", "top1", "top5"]
    with pytest.raises(BadInputError, match="no metric 'f1'"):
        metric("f1")


def test_top1() -> None:
    outputs = [[0.1, 0.9, 0.0], [0.5, 0.5, 0.0], [0.0, 0.2, 0.8], [1.0, 0.0, 0.0]]
    assert measure("top1", outputs, [1, 0, 0, 0]) == 0.75
    assert measure("top1", outputs, [1.0, 0.0, 0.0, 0.0]) == 0.75


def test_top1_of_a_single_output_uses_the_threshold() -> None:
    assert measure("top1", [[0.6], [0.5], [0.4], [0.9]], [1, 1, 0, 0]) == 0.5
    assert measure("top1", [0.6, 0.5, 0.4, 0.9], [1, 0, 0, 1]) == 1.0
    assert measure("top1", [[-0.1], [0.1]], [0, 1], threshold=0.0) == 1.0
    assert measure("top1", [[-0.1], [0.1]], [0, 1]) == 0.5


def test_top1_per_position() -> None:
    outputs = np.zeros((1, 2, 2, 3))
    outputs[0, :, :, 1] = 1
    assert measure("top1", outputs, [[[1, 1], [1, 0]]]) == 0.75


def test_top5_counts_ties_as_argsort_does() -> None:
    outputs = RANDOM.integers(0, 4, (300, 9))
    labels = RANDOM.integers(0, 9, 300)
    order = np.argsort(-outputs, axis=1, kind="stable")[:, :5]
    assert measure("top5", outputs, labels) == np.mean((order == labels[:, None]).any(axis=1))
    with pytest.raises(BadInputError, match="says nothing of a model with 5 outputs"):
        measure("top5", outputs[:, :5], labels % 5)


def brute_auc(scores: NDArray[Any], positive: NDArray[Any]) -> float:
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[positive] for b in scores[~positive]]
    return float(np.mean(pairs))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_auc_is_the_chance_of_a_right_order(samples: list[tuple[int, bool]]) -> None:
    scores, positive = np.array([s for s, _ in samples]), np.array([p for _, p in samples])
    if positive.all() or not positive.any():
        with pytest.raises(BadInputError, match="both classes"):
            measure("auc", scores[:, None], positive.astype(int))
        return
    expected = brute_auc(scores, positive)
    assert measure("auc", scores[:, None], positive.astype(int)) == pytest.approx(expected)
    assert measure("auc", np.stack([-scores, scores], 1), positive.astype(int)) == pytest.approx(expected)


def test_auc_of_several_classes_and_of_reconstructions() -> None:
    outputs, labels = RANDOM.normal(size=(60, 3)), RANDOM.integers(0, 3, 60)
    expected = np.mean([brute_auc(outputs[:, c], labels == c) for c in range(3)])
    assert measure("auc", outputs, labels) == pytest.approx(expected)
    inputs = RANDOM.normal(size=(60, 3)).astype(np.float32)
    anomalous = np.arange(60) % 2
    rebuilt = inputs + 0.1 + anomalous[:, None]
    assert measure("auc", rebuilt, anomalous, inputs) == 1.0


def test_errors_against_targets_and_against_the_input() -> None:
    outputs, targets = [[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [3.0, 5.0]]
    assert measure("mse", outputs, np.float32(targets)) == 1.25
    assert measure("mae", outputs, np.float32(targets)) == 0.75
    assert measure("mse", outputs, None, targets) == 1.25
    assert measure("mse", outputs, [0, 1], targets) == 1.25
    assert measure("mae", [[1.0], [2.0]], np.float32([1, 4])) == 1.0
    with pytest.raises(BadInputError, match="needs labels"):
        measure("mse", outputs, None, [[1.0], [2.0]])
    with pytest.raises(BadInputError, match="one target for each output"):
        measure("mae", outputs, np.float32([1, 2]))


def test_missing_or_unfit_labels() -> None:
    outputs = np.zeros((2, 3))
    for name in ("top1", "auc"):
        with pytest.raises(BadInputError, match=f"The metric {name} needs labels"):
            measure(name, outputs)
        with pytest.raises(BadInputError, match="the labels are targets"):
            measure(name, outputs, np.float32([0.5, 1]))
    with pytest.raises(BadInputError, match="one class for each sample"):
        measure("top1", outputs, [[0, 1], [1, 0]])


def test_a_function_of_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "probe_metrics.py").write_text(
        "def worst(outputs, labels):\n    'Largest difference.'\n    return abs(outputs[:, 0] - labels).max()\n"
        "worst.higher_is_better = False\n"
        "def several(outputs, labels):\n    return len(outputs) if labels is None else -1\n"
    )
    monkeypatch.chdir(tmp_path)
    worst = metric("probe_metrics:worst")
    assert (worst.higher_is_better, worst.is_fraction, worst.description) == (False, False, "Largest difference.")
    assert measure("probe_metrics:worst", [[1.0], [2.0]], [1, 5]) == 3.0
    two = Evidence([np.zeros((2, 1), np.float32)] * 2)
    assert metric("probe_metrics:several").compute(two) == 2.0
    assert metric("probe_metrics:several").higher_is_better
    with pytest.raises(BadInputError, match=r"probe_metrics:worst failed \(TypeError"):
        measure("probe_metrics:worst", [[1.0]], None)
    with pytest.raises(BadInputError, match="could not be imported"):
        metric("probe_metrics:none")


def test_the_default_suits_model_and_labels() -> None:
    classes, binary = np.array([0, 2, 1]), np.array([0, 1, 1])
    assert default_metric(model((1, 3), "SOFTMAX"), classes) == "top1"
    assert default_metric(model((1, 3), "SOFTMAX"), np.zeros((3, 3), np.float32)) == "mse"
    assert default_metric(model((1, 3), "SOFTMAX"), None) is None
    assert default_metric(model((1, 1), "LOGISTIC"), binary) == "top1"
    assert default_metric(model((1, 1), "LOGISTIC"), np.array([0.5], np.float32)) == "mse"
    assert default_metric(model((1, 4), "FULLY_CONNECTED"), None) == "mse"
    assert default_metric(model((1, 4), "FULLY_CONNECTED"), binary) == "auc"


def test_the_threshold_is_zero_for_logits() -> None:
    assert decision_threshold(model((1, 1), "FULLY_CONNECTED", "LOGISTIC")) == 0.5
    assert decision_threshold(model((1, 1), "FULLY_CONNECTED", "DEQUANTIZE")) == 0.0
    assert decision_threshold(model((1, 1), "FULLY_CONNECTED", options=FullyConnectedOptions("RELU"))) == 0.5


def test_codes_are_judged_by_their_values() -> None:
    graph = model((1, 1), "LOGISTIC", quantized=True)
    codes = np.array([[-128], [0], [1], [127]], np.int8)  # 0, 0.5, 0.504 and 0.996
    assert evaluate(metric("top1"), graph, [codes], np.array([0, 0, 1, 1])) == 1.0
    wide = model((1, 4), "SOFTMAX", quantized=True)
    values = np.array([[0, 0.25, 0.5, 0.25]], np.float32)
    assert evaluate(metric("mse"), wide, [(values * 256 - 128).astype(np.int8)], None, [values]) == 0.0


def test_compare_counts_whole_samples_over_all_outputs() -> None:
    a, b = np.zeros((4, 2, 3), np.int8), np.zeros((4, 1), np.float32)
    other = a.copy()
    other[2, 1, 2] = 1
    negative = b.copy()
    negative[3] = -0.0
    assert compare([a, b], [a, b]).exact
    result = compare([other, negative], [a, b])
    assert (result.equal, result.total, result.first_difference, result.exact) == (2, 4, 2, False)
    nan = np.full((2, 1), np.nan, np.float32)
    assert compare([nan], [nan.copy()]).exact
    for unfit in ([a], [a, b[:3]], [a.astype(np.int16), b], []):
        with pytest.raises(ValueError, match="different numbers"):
            compare(unfit, [a, b])
