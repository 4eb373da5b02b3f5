"""What is decided on the way: by which judge, from which ranges, and what is recorded of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tinyq
from tests.graphs.floats import classifier
from tinyq.api.judge import Judge, make_judge, split_for_judging, with_metric
from tinyq.errors import BadInputError
from tinyq.graph import Graph, write_graph
from tinyq.graph.batch_norm import BatchNorm
from tinyq.quantization.pipeline import Choices, run, wanted_refinements
from tinyq.quantization.recipe import Recipe, resolve


def samples(count: int = 40) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, (count, 8, 8, 1)).astype(np.float32)


def test_a_metric_decides_before_the_error_of_the_outputs_does() -> None:
    graph, x = classifier(), samples()
    judge = make_judge(write_graph(graph), (x,))
    right = judge.outputs[0].argmax(axis=1)
    model = run(graph, (x,), resolve(Recipe(), graph), Choices(), None).graph
    by_error = judge.error(model)
    wrong = with_metric(judge, None, graph, (right + 1) % 4).error(model)
    good = with_metric(judge, None, graph, right).error(model)
    assert wrong > 0.9
    assert 0 < good < wrong
    # agreement with the labels leaves only the tie-break, which is less than one answer more or less
    share = float(np.mean(_answers(judge, model) != right))
    assert good == pytest.approx(share + 0.5 / len(x) * by_error / (1 + by_error))


def _answers(judge: Judge, model: Graph) -> np.ndarray:
    from tinyq.data import to_codes
    from tinyq.evaluation import run_tflm

    codes = to_codes(judge.inputs[0], model.tensors[model.inputs[0]], integers_are_codes=False)
    return run_tflm(write_graph(model), (codes,))[0].argmax(axis=1)


def test_judging_by_a_metric_needs_labels() -> None:
    graph = classifier()
    judge = make_judge(write_graph(graph), (samples(),))
    with pytest.raises(BadInputError, match="labels"):
        with_metric(judge, None, graph, None)


def test_no_sample_both_calibrates_and_judges() -> None:
    for judge in ("output", "metric"):
        seen, held_out = split_for_judging(np.arange(200), judge)
        assert not set(seen) & set(held_out)
        assert len(seen) + len(held_out) == 200
    assert len(split_for_judging(np.arange(200), "metric")[1]) == 100


def test_ranges_may_come_from_batch_normalizations() -> None:
    graph, x = classifier(), samples()
    conv = next(op for op in graph.ops if op.kind == "CONV_2D")
    channels = graph.tensors[conv.outputs[0]].shape[-1]
    norm = BatchNorm(
        conv.outputs[0], "conv", np.full(channels, 0.5), np.zeros(channels), np.zeros(channels), np.ones(channels), 0.0
    )
    made = run(graph, (x,), resolve(Recipe(), graph), Choices("batch-norm"), None, batch_norms=(norm,))
    scale, zero_point = made.graph.tensors[conv.outputs[0]].quantization.scalar
    # beta + 6 |gamma| = 3 above zero, and nothing below it behind the activation
    assert scale * (127 - zero_point) == pytest.approx(3.0, rel=0.01)
    with pytest.raises(BadInputError, match="batch normalizations"):
        run(graph, (x,), resolve(Recipe(), graph), Choices("batch-norm"), None)


def test_weights_that_lose_most_are_refined_without_being_asked() -> None:
    graph = classifier()
    wanted = {name: wanted_refinements(resolve(Recipe(scheme=name), graph), Choices()) for name in ("w8a8", "w4a8")}
    assert wanted == {"w8a8": (), "w4a8": ("adaround", "bias-correction")}
    assert wanted_refinements(resolve(Recipe(scheme="16x8"), graph), Choices()) == ("adaround",)


def test_python_and_the_command_line_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(write_graph(classifier()))
    np.savez(tmp_path / "data.npz", x=samples(60), y=np.zeros(60, np.int64))
    (tmp_path / "recipe.yaml").write_text("calibrator: minmax\nlayers:\n  - {select: {index: 0}, scheme: w4a8}\n")
    out = tmp_path / "out"
    report = tinyq.convert(
        tmp_path / "model.tflite",
        board="mps2-an386",
        out=out,
        data=str(tmp_path / "data.npz"),
        recipe=str(tmp_path / "recipe.yaml"),
        refinements=(),
        judge="metric",
    )
    assert report.calibrator == "minmax"
    assert report.trials == ()
    recipe = json.loads((out / "tinyq.json").read_text())["recipe"]
    assert recipe["calibrator"] == "minmax"
    assert recipe["layers"] == [{"select": {"index": 0}, "scheme": "w4a8"}]
    assert recipe["refine"] == []
    assert tinyq.analyze(tmp_path / "model.tflite", data=str(tmp_path / "data.npz"), samples=4).calibrator == "mse"
