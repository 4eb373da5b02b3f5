"""The examples run as their READMEs say, with little training."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.json_outputs import validated
from tests.models import mlperf_tiny

EXAMPLES = Path(__file__).parents[2] / "examples"


def script(path: str, *arguments: object) -> str:
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent)}
    command = [sys.executable, str(EXAMPLES / path), *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_autoencoder_finds_anomalies(tmp_path: Path) -> None:
    pytest.importorskip("keras", reason="the extra keras is not installed")
    script("anomaly/train.py", tmp_path)
    data = ("--data", tmp_path / "machine.npz", "--metric", "auc", "--board", "mps2-an385")
    validated("convert", tmp_path / "machine.keras", *data, "-o", tmp_path / "out")
    report = validated("test", tmp_path / "out", "--samples", 100)
    assert report["metric"] == "auc"
    assert report["bit_exact"] == {"equal": 100, "total": 100}
    assert report["score"]["target"] == report["score"]["host"] > 0.7
    assert abs(report["score"]["float"] - report["score"]["host"]) < 0.05


def test_a_folder_of_images_calibrates_and_evaluates(tmp_path: Path) -> None:
    pytest.importorskip("keras", reason="the extra keras is not installed")
    script("image_folder/train.py", tmp_path, "--epochs", 3)
    data = ("--data", tmp_path / "unseen", "--board", "mps2-an386")
    validated("convert", tmp_path / "shapes.keras", *data, "-o", tmp_path / "out")
    report = validated("test", tmp_path / "out", "--samples", 40)
    assert report["bit_exact"] == {"equal": 40, "total": 40}
    assert report["accuracy"]["target"] == report["accuracy"]["host"] > 0.6


def test_a_recurrent_network_knows_gestures(tmp_path: Path) -> None:
    pytest.importorskip("keras", reason="the extra keras is not installed")
    script("gestures/train.py", tmp_path, "--epochs", 4, "--steps", 8)
    data = ("--data", tmp_path / "gestures.npz", "--board", "mps2-an386")
    validated("convert", tmp_path / "gestures.keras", *data, "-o", tmp_path / "out")
    layers = validated("report", tmp_path / "out")[0]["layers"]
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in {layer["op"] for layer in layers}
    report = validated("test", tmp_path / "out", "--samples", 100)
    assert report["bit_exact"] == {"equal": 100, "total": 100}
    assert report["accuracy"]["target"] == report["accuracy"]["host"] > 0.5


def test_keywords_on_three_boards(tmp_path: Path) -> None:
    mlperf_tiny("kws")
    pytest.importorskip("tensorflow", reason="the extra keras is not installed")
    lines = script("keyword_spotting/spot.py", tmp_path, "--samples", 5, "--min-accuracy", 0.6).splitlines()
    assert [line.split()[0] for line in lines] == ["board", "mps2-an385", "mps2-an386", "mps3-an547"]
    assert all(line.split()[4] == "5/5" for line in lines[1:])
