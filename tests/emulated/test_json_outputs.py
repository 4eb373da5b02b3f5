"""What the commands that run firmware print with ``--json`` follows the published schemas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.graphs.floats import classifier
from tests.json_outputs import validated
from tinyq.graph import write_graph

BOARD = "mps2-an386"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("json")
    (folder / "float.tflite").write_bytes(write_graph(classifier()))
    x = np.random.default_rng(0).normal(0, 1, (60, 8, 8, 1)).astype(np.float32)
    np.savez(folder / "data.npz", x=x, y=np.random.default_rng(1).integers(0, 4, 60))
    validated("convert", folder / "float.tflite", "--data", folder / "data.npz", "--board", BOARD, "-o", folder / "out")
    return folder


def test_runs_on_the_target_follow_their_schemas(work: Path) -> None:
    out = work / "out"
    assert validated("build", out)["board"] == BOARD
    tested = validated("test", out, "--samples", 5)
    assert tested["bit_exact"] == {"equal": 5, "total": 5}
    assert validated("report", out)[0]["test"] == tested
    assert validated("guard", out, "--baseline", work / "baseline.json", "--max-flash", 10**6)["lines"]
    assert validated("profile", out)["total"]["instructions"] > 0
    assert validated("compare", out, "--samples", 2)["first_differing"] is None


def test_a_sweep_follows_its_schema(work: Path) -> None:
    arguments = ("--data", work / "data.npz", "--board", BOARD, "--samples", 2, "-o", work / "runs", "-j", 1)
    rows = validated("sweep", work / "float.tflite", *arguments)["rows"]
    assert [row["error"] for row in rows] == [""]


def test_a_training_follows_its_schema(work: Path) -> None:
    pytest.importorskip("tensorflow", reason="the extra keras is not installed")
    arguments = ("--train", work / "data.npz", "--epochs", 1, "-o", work / "trained")
    assert validated("qat", work / "float.tflite", *arguments)["training"]["history"]
