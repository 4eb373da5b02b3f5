"""Limits and baselines: what passes, what fails, and what cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tinyq.api.guard import Limits, guard
from tinyq.api.run_folder import REPORT
from tinyq.errors import BadInputError, ShortfallError
from tinyq.reporting.models import ConvertReport, EstimateReport, Scores, TestReport


def write_run(folder: Path, **changes: Any) -> Path:
    """A tested run with some figures changed."""
    figures: dict[str, Any] = {
        "board": "mps2-an386", "runtime": "aot", "metric": "top1", "samples": 100, "accuracy": 0.9, "equal": 100,
        "instructions": 1000, "flash": 5000, "ram": 3000, "stack": 400, "sha": "a" * 64, **changes,
    }  # fmt: skip
    scores = {"float": 0.95, "host": figures["accuracy"], "target": figures["accuracy"]}
    count = figures["instructions"]
    test = TestReport.model_validate({
        "model_sha256": figures["sha"], "board": figures["board"], "core": "cortex-m4", "emulator": "qemu",
        "runtime": figures["runtime"], "samples": figures["samples"], "samples_from": "unseen",
        "metric": figures["metric"], "accuracy": scores, "score": scores,
        "bit_exact": {"equal": figures["equal"], "total": 100},
        "instructions": {"min": count, "median": count, "max": count}, "instructions_method": "counted",
        "arena_bytes": 1, "stack_bytes": figures["stack"], "flash_bytes": figures["flash"],
        "ram_bytes": figures["ram"], "sizes": {"engine_code": 1, "model": 1, "harness": 1, "static_ram": 1},
    })  # fmt: skip
    estimate = EstimateReport(
        board="b", runtime="aot", verdict="FITS", flash=(), ram=(), flash_bytes=0, flash_limit=0, ram_bytes=0,
        ram_limit=0,
    )  # fmt: skip
    whole = ConvertReport(
        model="m", model_sha256=figures["sha"], model_bytes=0, quantizer="tinyq", calibrator=None,
        calibration_samples=0, evaluation_samples=0, seed=0, board=figures["board"], metric="top1", accuracy=Scores(),
        score=Scores(), macs=0, arena_bytes=0, arena_lower_bound=0, layers=(), estimate=estimate, test=test,
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / REPORT).write_text(whole.to_json())
    return folder


def failing(run: Path, limits: Limits, baseline: Path | None = None) -> list[str]:
    return [line.name for line in guard(run, limits, baseline).lines if not line.passed]


@pytest.mark.parametrize(
    ("limits", "fails"),
    [
        (Limits(), []),
        (Limits(min_accuracy=0.9, max_instructions=1000, max_flash=5000, max_ram=3000), []),
        (Limits(min_accuracy=0.91), ["top1"]),
        (Limits(max_instructions=999), ["instructions"]),
        (Limits(max_flash=4999, max_ram=2999), ["flash", "RAM"]),
    ],
)
def test_limits(tmp_path: Path, limits: Limits, fails: list[str]) -> None:
    assert failing(write_run(tmp_path / "run"), limits) == fails


@pytest.mark.parametrize(
    ("now", "limits", "fails"),
    [
        ({}, Limits(), []),
        ({"instructions": 990, "flash": 4000, "accuracy": 0.95}, Limits(), []),
        ({"instructions": 1001}, Limits(), ["instructions"]),
        ({"instructions": 1010}, Limits(drift=0.01), []),
        ({"instructions": 1011, "stack": 405}, Limits(drift=0.01), ["instructions", "stack"]),
        ({"accuracy": 0.89}, Limits(), ["top1"]),
        ({"accuracy": 0.89}, Limits(accuracy_drift=0.01), []),
        ({"equal": 99}, Limits(), ["bit-exact outputs"]),
        ({"instructions": 1005}, Limits(drift=0.01, max_instructions=1000), ["instructions"]),
    ],
)
def test_a_baseline_is_not_to_be_worse_than(
    tmp_path: Path, now: dict[str, Any], limits: Limits, fails: list[str]
) -> None:
    baseline = tmp_path / "baseline.json"
    assert failing(write_run(tmp_path / "run"), limits, baseline) == []
    assert json.loads(baseline.read_text())["instructions"] == 1000
    assert failing(write_run(tmp_path / "run", **now), limits, baseline) == fails
    assert json.loads(baseline.read_text())["instructions"] == 1000
    guard(tmp_path / "run", limits, baseline, update=True)
    assert json.loads(baseline.read_text())["instructions"] == now.get("instructions", 1000)


def test_of_a_metric_that_is_an_error_less_is_better(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    failing(write_run(tmp_path / "run", metric="mse", accuracy=0.2), Limits(), baseline)
    assert failing(write_run(tmp_path / "run", metric="mse", accuracy=0.1), Limits(), baseline) == []
    assert failing(write_run(tmp_path / "run", metric="mse", accuracy=0.3), Limits(), baseline) == ["mse"]


@pytest.mark.parametrize("change", [{"board": "microbit"}, {"samples": 50}, {"runtime": "tflm"}, {"metric": "top5"}])
def test_what_cannot_be_compared_is_not(tmp_path: Path, change: dict[str, Any]) -> None:
    baseline = tmp_path / "baseline.json"
    failing(write_run(tmp_path / "run"), Limits(), baseline)
    with pytest.raises(BadInputError, match=next(iter(change))):
        guard(write_run(tmp_path / "run", **change), Limits(), baseline)


def test_another_model_is_told(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    failing(write_run(tmp_path / "run"), Limits(), baseline)
    assert guard(write_run(tmp_path / "run", sha="b" * 64), Limits(), baseline).model_changed


def test_failures_say_what_and_by_how_much(tmp_path: Path) -> None:
    with pytest.raises(ShortfallError, match="flash \\(5,000 is above 100\\)"):
        guard(write_run(tmp_path / "run"), Limits(max_flash=100)).require()


def test_a_damaged_baseline_and_an_untested_run_are_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    (tmp_path / "baseline.json").write_text("{}")
    with pytest.raises(BadInputError, match="baseline"):
        guard(run, Limits(), tmp_path / "baseline.json")
    whole = json.loads((run / REPORT).read_text())
    (run / REPORT).write_text(json.dumps({**whole, "test": None}))
    with pytest.raises(BadInputError, match="not tested"):
        guard(run, Limits())
