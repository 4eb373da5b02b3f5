"""``tinyq analyze`` from the command line: the three kinds of report, the files that they write, and bad input."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.unbalance import unbalanced as unbalanced_layers
from tests.unit.analysis_models import network, samples, unbalanced
from tinyq.analysis.matrix import transform_sets
from tinyq.analysis.original import Original
from tinyq.analysis.runs import run_graph
from tinyq.cli import main
from tinyq.graph import Graph, load_graph, write_graph
from tinyq.quantization.calibrators import calibrators

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tinyq", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0), *capfd.readouterr()

    return call


def save(folder: Path, graph: Graph) -> None:
    x = samples(graph, 160)[0]
    (folder / "model.tflite").write_bytes(write_graph(graph))
    np.savez(folder / "data.npz", x=x, y=run_graph(graph, (x,))[0].argmax(axis=-1))


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save(tmp_path, network())
    return tmp_path


ANALYZE = ("analyze", "model.tflite", "--data", "data.npz", "-n", 20)


def reported(outcome: tuple[int, str, str]) -> dict[str, Any]:
    code, out, err = outcome
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_report_holds_layers_steps_and_a_diagnosis(run: Run, work: Path) -> None:
    report = reported(run(*ANALYZE, "--json", "--quiet"))
    assert [s["name"] for s in report["steps"]] == ["float", "quantized", "weights", "activations"]
    assert report["diagnosis"]["verdict"] == "sound"
    assert (report["layer_samples"], report["model_samples"], report["calibration_samples"]) == (20, 80, 80)
    assert (report["metric"], report["float_score"]) == ("top1", 1.0)
    kinds = [layer["op"] for layer in report["layers"]]
    assert kinds[0] == "CONV_2D"
    for layer in report["layers"]:
        for part in (layer["cumulative"], layer["isolated"]):
            assert part["sqnr_db"] is None or part["sqnr_db"] > 15
            assert sum(part["histogram"]["quantized_counts"]) > 0
        assert layer["output_error"] < 0.01
    assert len(report["layers"][0]["channels"]["weight_ranges"]) == 12


def test_the_advised_command_is_right(run: Run, work: Path) -> None:
    save(work, unbalanced())
    arguments = (*ANALYZE, "--calibrator", "minmax")
    report = reported(run(*arguments, "--json"))
    diagnosis = report["diagnosis"]
    assert diagnosis["causes"][0]["kind"] == "channels-out-of-balance"
    command = shlex.split(diagnosis["mends"][diagnosis["advice"]]["command"])
    assert command[:4] == ["tinyq", "quantize", "model.tflite", "--data"]
    assert command[command.index("--transform") + 1] == "equalize"
    code, _, err = run(*command[1:])
    assert code == 0, err
    assert (work / command[-1]).stat().st_size > 1000
    code, out, err = run(*arguments, "--write-recipe", "mend.yaml")
    assert code == 0, err
    assert "out of balance" in " ".join(out.split())
    assert "transforms: [equalize]" in (work / "mend.yaml").read_text()
    again = reported(run(*ANALYZE, "--recipe", "mend.yaml", "--json"))
    assert again["diagnosis"]["verdict"] == "sound"
    assert [s["name"] for s in again["steps"]][1] == "transforms"


def test_the_matrix_has_every_combination(run: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinyq.api.analysis.stock_quantize", lambda model, data: write_graph(network_in_int8()))
    report = reported(run(*ANALYZE, "--matrix", "--json"))
    cells = report["matrix"]["cells"]
    names = {(c["scheme"], tuple(c["transforms"]), c["calibrator"]) for c in cells}
    original = Original(network(), samples(network()))
    sets = transform_sets(original)
    assert sets[0] == ()
    assert ("equalize",) in sets
    assert all(original.changes(s) for s in sets[1:])
    assert len(names) == len(cells) == 2 * len(sets) * len(calibrators())
    assert all(c["measured"]["error"] > 0 for c in cells)
    assert 0 < report["matrix"]["stock"]["error"] < 0.01
    assert report["layers"] == []


def network_in_int8() -> Graph:
    from tinyq.quantization.recipe import Recipe

    graph = network()
    return Original(graph, samples(graph)).subject(Recipe(calibrator="minmax")).quantized()


def test_a_table_of_the_matrix_does_without_tensorflow(run: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinyq.errors import MissingToolError

    def missing(model: bytes, data: object) -> bytes:
        raise MissingToolError("TensorFlow is missing.", "Install it.")

    monkeypatch.setattr("tinyq.api.analysis.stock_quantize", missing)
    code, out, err = run(*ANALYZE, "--matrix")
    assert code == 0, err
    assert all(name in out for name in (*calibrators(), "equalize", "w4a8", "not measured", "TensorFlow is missing"))


def test_mixed_precision_writes_a_recipe_that_quantize_takes(run: Run, work: Path) -> None:
    plain = reported(run(*ANALYZE, "--mixed", "--json"))["mixed"]
    eight = plain["points"][plain["base"]]
    narrow = min(p["flash"] for p in plain["points"])
    budget = (eight["flash"] + narrow) // 2
    out = (*ANALYZE, "--mixed", "--budget-flash", budget, "--write-recipe", "mixed.yaml")
    report = reported(run(*out, "--json"))["mixed"]
    chosen = report["points"][report["chosen"]]
    assert chosen["flash"] <= budget
    assert chosen["ram"] <= eight["ram"]
    assert 0 < len(chosen["four_bit_weights"]) < 4
    assert report["verified"] is None or report["verified"]["error"] == pytest.approx(
        chosen["measured"]["error"], rel=1
    )
    code, _, err = run("quantize", "model.tflite", "--data", "data.npz", "--recipe", "mixed.yaml", "-o", "q.tflite")
    assert code == 0, err
    made = load_graph((work / "q.tflite").read_bytes())
    assert sum(t.dtype.value == "int4" for t in made.tensors) == len(chosen["four_bit_weights"])
    assert run(*out)[0] == 2  # the file is there
    code, table, err = run(*out, "--force")
    assert code == 0, err
    assert "chosen" in table


def test_a_budget_that_nothing_meets_ends_with_code_3_and_the_table(run: Run, work: Path) -> None:
    code, out, err = run(*ANALYZE, "--mixed", "--budget-flash", 10, "--write-recipe", "none.yaml")
    assert code == 3
    assert "8 bits" in out
    assert "budget" in err
    assert not (work / "none.yaml").exists()


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        (("--matrix", "--mixed"), "cannot go together"),
        (("--budget-flash", 100), "--mixed"),
        (("--scheme", "w3a3"), "no scheme 'w3a3'"),
        (("--calibrator", "nonsense"), "no calibrator 'nonsense'"),
        (("--transform", "nonsense"), "no transform 'nonsense'"),
        (("--refine", "nonsense"), "no refinement 'nonsense'"),
        (("--metric", "nonsense"), "no metric 'nonsense'"),
        (("--recipe", "missing.yaml"), "missing.yaml"),
        (("--matrix", "--write-recipe", "a.yaml"), "no recipe to write"),
        (("--write-recipe", "nowhere/a.yaml"), "nowhere"),
        (("--write-recipe", "data.npz"), "exists already"),
        (("--calibration-samples", 1000), "1000 calibration samples"),
    ],
)
def test_bad_settings_are_told_in_a_sentence(run: Run, work: Path, extra: tuple[object, ...], says: str) -> None:
    code, out, err = run(*ANALYZE, *extra)
    assert code == 2
    assert out == ""
    assert says in " ".join(err.split())
    assert "Traceback" not in err


def test_a_quantized_model_and_broken_data_are_refused(run: Run, work: Path) -> None:
    (work / "int8.tflite").write_bytes(write_graph(network_in_int8()))
    code, _, err = run("analyze", "int8.tflite", "--data", "data.npz")
    assert (code, "quantized already" in err) == (2, True)
    x = samples(network())[0].copy()
    x[:, 1, 1, 0] = np.nan
    np.savez("nan.npz", x=x)
    code, _, err = run("analyze", "model.tflite", "--data", "nan.npz")
    assert (code, "NaN" in err) == (2, True)


def test_one_sample_is_enough_to_say_something(run: Run, work: Path) -> None:
    np.savez("one.npz", x=samples(network(), 1)[0])
    report = reported(run("analyze", "model.tflite", "--data", "one.npz", "--json"))
    assert report["model_samples"] == 1
    assert any("not new" in note for note in report["notes"])
    assert report["diagnosis"]["verdict"] in ("sound", "loses")


def test_keyword_spotting_out_of_balance_is_diagnosed(run: Run, tmp_path: Path) -> None:
    folder = os.environ.get("TINYQ_MLPERF_TINY")
    if not folder:
        pytest.skip("TINYQ_MLPERF_TINY does not name a folder with the MLPerf Tiny models")
    model = load_graph((Path(folder) / "kws/kws_ref_model_float32.tflite").read_bytes())
    from tinyq.graph import with_float_weights

    file = tmp_path / "kws.tflite"
    file.write_bytes(write_graph(unbalanced_layers(with_float_weights(model))))
    data = Path(folder) / "kws/kws01_float.npz"
    report = reported(run("analyze", file, "--data", data, "--json", "-n", 16))
    diagnosis = report["diagnosis"]
    assert diagnosis["causes"][0]["kind"] == "channels-out-of-balance"
    advised = diagnosis["mends"][diagnosis["advice"]]
    assert "--transform equalize" in advised["command"]
    assert report["float_score"] - advised["measured"]["score"] < 0.02
    steps = {s["name"]: s["measured"]["score"] for s in report["steps"]}
    assert steps["quantized"] < 0.7 < steps["float"]
