"""Sweeps: every combination once, failures beside results, and nothing done twice."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.floats import classifier
from tinyq.api.pages import read_report
from tinyq.api.sweep import PAGE, TABLE, SweepSettings, sweep
from tinyq.errors import BadInputError, FailedError
from tinyq.graph import write_graph


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SweepSettings:
    monkeypatch.chdir(tmp_path)
    for seed in (0, 1):
        (tmp_path / f"m{seed}.tflite").write_bytes(write_graph(classifier(seed)))
    x = np.random.default_rng(0).normal(0, 1, (60, 8, 8, 1)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=np.zeros(60, np.int64))
    (tmp_path / "four.yaml").write_text("scheme: w4a8\nrefine: []\n")
    models = (Path("m0.tflite"), Path("m1.tflite"))
    return SweepSettings(models, "data.npz", ("w8a8", "four.yaml"), ("mps2-an386",), Path("runs"), samples=0)


def test_every_combination_is_converted_once_and_kept(settings: SweepSettings) -> None:
    first = sweep(settings)
    assert len(first.rows) == 4
    assert not first.failed
    assert not any(row.reused for row in first.rows)
    assert {(row.model, Path(row.recipe).stem, row.board) for row in first.rows} == {
        (m, r, b) for m in ("m0.tflite", "m1.tflite") for r in ("w8a8", "four") for b in settings.boards
    }
    for row in first.rows:
        assert read_report(settings.out / row.name).board == row.board
        assert row.flash_bytes
    assert json.loads((settings.out / TABLE).read_text())["rows"][0]["name"] == first.rows[0].name
    assert all(row.name in (settings.out / PAGE).read_text() for row in first.rows)
    assert all(row.reused for row in sweep(settings).rows)
    # another recipe under the same name: only its runs are made again
    Path("four.yaml").write_text("scheme: w4a8\nrefine: []\ncalibrator: minmax\n")
    again = {row.name: row.reused for row in sweep(settings).rows}
    assert {name for name, reused in again.items() if not reused} == {n for n in again if "-four-" in n}


def test_an_interrupted_sweep_goes_on_where_it_was(settings: SweepSettings) -> None:
    small = replace(settings, models=settings.models[:1], recipes=("w8a8", "w8a8-per-tensor", "four.yaml"))
    names = [row.name for row in sweep(small).rows]
    (settings.out / TABLE).unlink()  # as if it had been killed before the end
    shutil.rmtree(settings.out / names[0])
    (settings.out / names[1] / "sweep_job.json").unlink()
    reused = {row.name: row.reused for row in sweep(small).rows}
    assert reused == {names[0]: False, names[1]: False, names[2]: True}


def test_what_fails_is_a_row_and_stops_nothing(settings: SweepSettings) -> None:
    Path("m1.tflite").write_bytes(b"not a model")
    report = sweep(settings)
    assert [bool(row.error) for row in report.rows] == [False, False, True, True]
    assert "m1.tflite" in report.rows[2].error


@pytest.mark.parametrize(
    "change",
    [
        {"models": (Path("missing.tflite"),)}, {"boards": ("microbitt",)}, {"recipes": ("nope.yaml",)},
        {"models": (Path("m0.tflite"), Path("m0.tflite"))}, {"out": Path("data.npz")}, {"out": Path()},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_any_work(settings: SweepSettings, change: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        sweep(replace(settings, **change))  # type: ignore[arg-type]
    assert not list(Path("runs").glob("*/tinyq.json"))


def test_a_dask_cluster_takes_over(settings: SweepSettings) -> None:
    distributed = pytest.importorskip("distributed", reason="dask is not installed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        report = sweep(replace(settings, recipes=("w8a8",), scheduler=cluster.scheduler_address))
    assert [row.error for row in report.rows] == ["", ""]
    assert all((settings.out / row.name / "report.html").is_file() for row in report.rows)


def test_a_scheduler_that_is_not_there_is_an_error(settings: SweepSettings) -> None:
    pytest.importorskip("distributed", reason="dask is not installed")
    with pytest.raises(FailedError, match="cannot be reached"):
        sweep(replace(settings, scheduler="tcp://127.0.0.1:1"))
