"""The built wheel works by itself, away from the checkout: data files, templates and the command."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.floats import classifier
from tests.graphs.int8 import small_network
from tinyq.graph import write_graph

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None, reason="hatchling, which builds the wheel, is not installed"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def target(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(folder), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    return folder


def python(target: Path, cwd: Path, *arguments: object) -> str:
    """Run the interpreter with the installed wheel, before any checkout; its dependencies are those of the tests."""
    environment = {k: v for k, v in os.environ.items() if k != "TINYQ_PATH"} | {"PYTHONPATH": str(target)}
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def shipped(kind: str) -> set[str]:
    """Files of the checkout that git knows, below one folder."""
    listed = subprocess.run(["git", "ls-files", kind], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines() or [str(p.relative_to(ROOT)) for p in (ROOT / kind).rglob("*") if p.is_file()]
    return {name for name in names if (ROOT / name).is_file()}


@pytest.mark.parametrize("kind", ["engine", "templates", "boards", "accelerators"])
def test_all_data_is_in_the_wheel(wheel: Path, kind: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = shipped(kind)
    assert wanted
    assert {f"tinyq/_data/{name}" for name in wanted} <= names


def test_the_wheel_holds_the_package_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(n for n in names if n.endswith("METADATA"))).decode()
    assert {name.split("/")[0] for name in names} <= {"tinyq", next(n for n in names if "dist-info" in n).split("/")[0]}
    assert "Requires-Python: >=3.11" in metadata
    assert {f"Classifier: Programming Language :: Python :: 3.{n}" for n in (11, 12, 13)} <= set(metadata.splitlines())
    assert not [n for n in names if "__pycache__" in n]


def test_the_installed_wheel_works(target: Path, tmp_path: Path) -> None:
    def tinyq(*arguments: object) -> str:
        return python(target, tmp_path, "-m", "tinyq", *arguments)

    where = python(target, tmp_path, "-c", "import tinyq; print(tinyq.__file__)")
    assert Path(where.strip()).is_relative_to(target)
    assert (target / "bin" / "tinyq").is_file()
    assert "convert" in tinyq("--help")
    boards = json.loads(tinyq("boards", "--json"))["boards"]
    assert {b["id"] for b in boards} == {p.stem for p in (ROOT / "boards").glob("*.toml")}
    accelerators = json.loads(tinyq("accelerators", "--json"))["accelerators"]
    assert {a["id"] for a in accelerators} == {p.stem for p in (ROOT / "accelerators").glob("*.toml")}
    (tmp_path / "int8.tflite").write_bytes(write_graph(small_network()))
    (tmp_path / "float.tflite").write_bytes(write_graph(classifier()))
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(0).normal(0, 1, (40, 8, 8, 1)).astype(np.float32))
    assert json.loads(tinyq("inspect", "int8.tflite", "--json"))["kind"] == "quantized"
    tinyq("init", "-o", "recipe.yaml")
    assert "scheme" in (tmp_path / "recipe.yaml").read_text()
    tinyq("generate", "int8.tflite", "--board", "mps2-an386", "-o", "firmware")
    assert {"CMakeLists.txt", "model", "engine"} <= {p.name for p in (tmp_path / "firmware").iterdir()}
    tinyq("convert", "float.tflite", "--data", "data.npz", "--board", "mps2-an386", "-o", "out", "--no-evaluation")
    assert "<html" in (tmp_path / "out" / "report.html").read_text()
    for form in ("cmake", "arduino", "platformio", "zephyr", "cmsis-pack", "bare"):
        tinyq("export", "out", "--format", form, "-o", form)
        assert list((tmp_path / form).rglob("model.c"))
