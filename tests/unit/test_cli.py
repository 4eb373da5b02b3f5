"""The command line on bad input: one clear sentence, a hint, the right exit code, and nothing left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.floats import classifier
from tinyq.cli import main
from tinyq.graph import write_graph


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["tinyq", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capfd.readouterr()
        return Outcome(int(stop.value.code or 0), out, err)

    return call


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a float model and labelled data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.tflite").write_bytes(write_graph(classifier()))
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (60, 8, 8, 1)).astype(np.float32), rng.integers(0, 4, 60)
    np.savez(tmp_path / "data.npz", x=x, y=y)
    x[3, 2, 2, 0] = np.nan
    np.savez(tmp_path / "nan.npz", x=x, y=y)
    np.savez(tmp_path / "shape.npz", x=np.zeros((10, 7, 8, 1), np.float32))
    np.savez(tmp_path / "labels.npz", x=np.zeros((10, 8, 8, 1), np.float32), y=np.full(10, 9))
    np.savez(tmp_path / "empty.npz", x=np.zeros((0, 8, 8, 1), np.float32))
    (tmp_path / "truncated.tflite").write_bytes(write_graph(classifier())[:900])
    (tmp_path / "text.tflite").write_text("not a model")
    return tmp_path


CONVERT = ("convert", "model.tflite", "--data", "data.npz", "--board", "mps2-an386", "-o", "out")


def replaced(old: str, new: str) -> tuple[str, ...]:
    return tuple(new if a == old else a for a in CONVERT)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (replaced("model.tflite", "missing.tflite"), 2, "missing.tflite"),
        (replaced("model.tflite", "text.tflite"), 2, "text.tflite"),
        (replaced("model.tflite", "truncated.tflite"), 2, "damaged"),
        (replaced("data.npz", "missing.npz"), 2, "missing.npz"),
        (replaced("data.npz", "nan.npz"), 2, "Sample 3"),
        (replaced("data.npz", "shape.npz"), 2, "7x8x1"),
        (replaced("data.npz", "labels.npz"), 2, "9"),
        (replaced("data.npz", "empty.npz"), 2, "no samples"),
        (replaced("mps2-an386", "mps2-an387"), 2, "mps2-an386"),
        ((*CONVERT, "--calibrator", "nope"), 2, "percentile"),
        ((*CONVERT, "--quantizer", "nope"), 2, "stock"),
        ((*CONVERT, "--metric", "nope"), 2, "top1"),
        ((*CONVERT, "--calibration-samples", "61"), 2, "60"),
        (("convert", "model.tflite", "--board", "mps2-an386", "-o", "out"), 2, "representative samples"),
        (("test", "."), 2, "not an output folder"),
        (("build", "nowhere"), 2, "not an output folder"),
        (("estimate", "model.tflite"), 2, "float model"),
        (("estimate", "model.tflite", "--board", "microbit", "--all-boards"), 2, "exclude each other"),
        (("estimate", "model.tflite", "--runtime", "tflm", "--tflm-kernels", "neon"), 2, "no kernels 'neon'"),
        (("compare", "."), 2, "not an output folder"),
        (("generate", "model.tflite", "--board", "microbit", "-o", "out"), 2, "float model"),
        (("quantize", "model.tflite", "--data", "data.npz", "-o", "no/such/q.tflite"), 2, "does not exist"),
        (("convert", "--nonsense"), 2, "--nonsense"),
    ],
)
def test_bad_input(run: Run, work: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    before = sorted(p.name for p in work.iterdir())
    outcome = run(*arguments)
    assert outcome.code == code, outcome.err
    assert says in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out == ""
    assert sorted(p.name for p in work.iterdir()) == before


def test_an_existing_folder_is_kept_unless_forced(run: Run, work: Path) -> None:
    assert run(*CONVERT, "--no-evaluation").code == 0
    first = (work / "out" / "tinyq.json").read_text()
    refused = run(*CONVERT, "--no-evaluation", "--seed", "5")
    assert refused.code == 2
    assert "--force" in refused.err
    assert (work / "out" / "tinyq.json").read_text() == first
    assert run(*CONVERT, "--no-evaluation", "--seed", "5", "--force").code == 0
    assert json.loads((work / "out" / "tinyq.json").read_text())["seed"] == 5
    assert not [p for p in work.iterdir() if p.name.startswith(".")]


def test_force_never_replaces_a_folder_of_the_users_own(run: Run, work: Path) -> None:
    (work / "out").mkdir()
    (work / "out" / "thesis.txt").write_text("years of work")
    outcome = run(*CONVERT, "--force")
    assert outcome.code == 2
    assert (work / "out" / "thesis.txt").read_text() == "years of work"


def test_a_board_that_is_too_small_is_refused_before_anything_is_written(
    run: Run, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = (Path(__file__).parents[2] / "boards" / "microbit.toml").read_text()
    own = work / "own" / "boards"
    own.mkdir(parents=True)
    tiny = board.replace('id = "microbit"', 'id = "tiny"').replace("0x4000\n", "0x900\n", 1)
    (own / "tiny.toml").write_text(tiny)
    assert tiny != board
    monkeypatch.setenv("TINYQ_PATH", str(work / "own"))
    outcome = run(*replaced("mps2-an386", "tiny"))
    assert outcome.code == 3, outcome.err
    assert "does not fit on tiny" in outcome.err
    assert "bytes more in" in outcome.err
    assert not (work / "out").exists()


def test_json_stands_alone_on_standard_output(run: Run, work: Path) -> None:
    outcome = run(*CONVERT, "--json")
    report = json.loads(outcome.out)
    assert outcome.code == 0
    assert report["schema_version"] == 1
    assert report["evaluation_samples"] == 30
    assert 0 <= report["accuracy"]["host"] <= 1
    assert [layer["op"] for layer in report["layers"]][:2] == ["CONV_2D", "DEPTHWISE_CONV_2D"]
    assert json.loads(run("estimate", "out/model.tflite", "--json").out)["estimates"]
    assert json.loads(run("boards", "--json").out)["boards"]


def test_the_same_command_gives_the_same_bytes(run: Run, work: Path) -> None:
    assert run(*CONVERT).code == 0
    first = {p.relative_to(work / "out"): p.read_bytes() for p in (work / "out").rglob("*") if p.is_file()}
    assert run(*CONVERT, "--force").code == 0
    second = {p.relative_to(work / "out"): p.read_bytes() for p in (work / "out").rglob("*") if p.is_file()}
    first.pop(Path("tinyq.json"))  # holds the command line, which has --force now
    second.pop(Path("tinyq.json"))
    assert first == second


def test_the_stock_quantizer_is_there_to_compare_with(run: Run, work: Path) -> None:
    pytest.importorskip("tensorflow", reason="the extra keras is not installed")
    outcome = run(*CONVERT, "--quantizer", "stock", "--json")
    assert outcome.code == 0, outcome.err
    report = json.loads(outcome.out)
    assert (report["quantizer"], report["calibrator"], report["schemes"]) == ("stock", None, [])


def test_a_recipe_says_what_each_layer_gets(run: Run, work: Path) -> None:
    (work / "recipe.yaml").write_text("layers: [{select: {op: CONV_2D}, scheme: {per_channel: false}}]")
    arguments = ("quantize", "model.tflite", "--data", "data.npz", "-o", "q.tflite", "--recipe", "recipe.yaml")
    table = run(*arguments)
    assert table.code == 0, table.err
    assert "per tensor" in table.out
    report = json.loads(run(*arguments, "--force", "--json", "--calibrator", "auto").out)
    assert [layer["per_channel"] for layer in report["layers"]][:2] == [False, True]
    kept = [t for t in report["trials"] if t["kept"]]
    assert len(kept) == 1
    assert kept[0]["after"] == min(t["after"] for t in report["trials"])
    assert report["calibrator"] == kept[0]["name"]


def test_a_given_quantized_model_is_kept_unmodified(run: Run, work: Path) -> None:
    assert run("quantize", "model.tflite", "--data", "data.npz", "-o", "q.tflite").code == 0
    assert run("convert", "q.tflite", "--board", "mps2-an386", "-o", "out").code == 0
    assert (work / "out" / "model.tflite").read_bytes() == (work / "q.tflite").read_bytes()


def test_help_imports_nothing_heavy() -> None:
    heavy = {"numpy", "tensorflow", "pydantic", "ai_edge_litert", "tflite_micro", "jinja2"}
    code = "import sys, tinyq.cli.app; print(*sorted(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not heavy & set(loaded)
