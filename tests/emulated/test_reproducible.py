"""Same input, same bytes: wherever, whenever and under whatever environment it runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.floats import classifier
from tinyq.graph import write_graph

BOARD = "mps2-an386"
PATHS = ("model", "data")
"""Entries of the manifest that name where the inputs lie, seen from the output folder."""
ENVIRONMENTS = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C", "COLUMNS": "80"},
    {
        "PYTHONHASHSEED": "4711",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "203",
        "LANG": "tr_TR.UTF-8",
    },
)


UMASKS = {"1": 0o022, "4711": 0o077}


def tinyq(cwd: Path, environment: dict[str, str], *arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tinyq", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        umask=UMASKS[environment["PYTHONHASHSEED"]],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same conversion, built, at two places of different depth and with different surroundings."""
    made = []
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (60, 8, 8, 1)).astype(np.float32), rng.integers(0, 4, 60)
    for number, environment in enumerate(ENVIRONMENTS):
        top = tmp_path_factory.mktemp(f"place{number}")
        inputs, work = (top / "in", top) if number else (top / "some where" / "else", top / "deeper" / "still")
        inputs.mkdir(parents=True, exist_ok=True)
        work.mkdir(parents=True, exist_ok=True)
        (inputs / "model.tflite").write_bytes(write_graph(classifier()))
        np.savez(inputs / "data.npz", x=x, y=y)
        if number:  # modification times are no input either
            os.utime(inputs / "data.npz", (10**9, 10**9))
        out = work / f"run{number}"
        model, data = os.path.relpath(inputs / "model.tflite", work), inputs / "data.npz"
        options = ("--board", BOARD, "--calibrator", "auto", "--refine", "bias-correction")
        tinyq(work, environment, "convert", model, "--data", data, "-o", out, *options)
        tinyq(work, environment, "build", out)
        made.append(out)
    return made


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and "build" not in p.relative_to(folder).parts
    }


def test_every_file_is_the_same(runs: list[Path]) -> None:
    first, second = map(files, runs)
    for name in ("model.tflite", "report.json", "report.html", "tinyq.json"):
        assert [(run / name).stat().st_mode & 0o777 for run in runs] == [0o644, 0o644], name
    assert first.keys() == second.keys()
    assert {"model.tflite", "report.json", "report.html", "tinyq.json"} <= first.keys()
    differing = [name for name in first if first[name] != second[name]]
    assert differing == ["tinyq.json"]


def test_the_manifest_differs_in_paths_alone(runs: list[Path]) -> None:
    manifests = [json.loads((run / "tinyq.json").read_text()) for run in runs]
    for manifest in manifests:
        assert manifest.pop("command")
        for name in PATHS:
            assert manifest[name].pop("path")
    assert manifests[0] == manifests[1]


def test_the_elf_is_the_same(runs: list[Path]) -> None:
    elves = [sorted((run / "firmware").rglob("*.elf")) for run in runs]
    assert len(elves[0]) == len(elves[1]) == 1
    assert elves[0][0].read_bytes() == elves[1][0].read_bytes()


def test_exports_are_the_same(runs: list[Path]) -> None:
    for form in ("cmake", "zephyr", "cmsis-pack"):
        made = []
        for run, environment in zip(runs, ENVIRONMENTS, strict=True):
            tinyq(run.parent, environment, "export", run, "--format", form, "-o", run.parent / form)
            made.append(files(run.parent / form))
        assert made[0] == made[1], form


def test_a_moved_project_builds_the_same_bytes(runs: list[Path], tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(runs[0] / "firmware", moved, ignore=shutil.ignore_patterns("build*"))
    for step in (("-G", "Ninja", "-S", ".", "-B", "build"), ("--build", "build")):
        subprocess.run(["cmake", *step], cwd=moved, check=True, capture_output=True, timeout=300)
    built = next(p for p in (moved / "build").rglob("*.elf"))
    assert built.read_bytes() == next((runs[0] / "firmware").rglob("*.elf")).read_bytes()
