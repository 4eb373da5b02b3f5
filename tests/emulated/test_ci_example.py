"""The example of a project with CI, its workflow executed step by step, and the action's steps."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "ci"
pytestmark = [
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed"),
    pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed"),
]


def shell(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        check=False,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example after every step of its workflow but the installation."""
    pytest.importorskip("keras", reason="Keras is not installed")
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    workflow = yaml.safe_load((folder / ".github" / "workflows" / "model.yml").read_text())
    steps = [s for s in workflow["jobs"]["firmware"]["steps"] if "run" in s]
    assert steps[0]["name"] == "install"
    assert steps[0]["run"].startswith("pip install ")
    for step in steps[1:]:
        done = shell(step["run"], folder)
        assert done.returncode == 0, f"{step['name']}: {done.stdout}{done.stderr}"
    return folder


def test_the_workflow_leaves_a_baseline_and_a_page(project: Path) -> None:
    baseline = json.loads((project / "tests" / "baseline.json").read_text())
    assert baseline["score"] >= 0.90
    assert baseline["instructions"] > 10_000
    assert "200 of 200" in (project / "out" / "report.html").read_text()


def test_a_worse_model_fails_both_ways(project: Path) -> None:
    path = project / "tests" / "baseline.json"
    good = path.read_text()
    path.write_text(json.dumps({**json.loads(good), "instructions": 1000}))
    try:
        guarded = shell("tinyq guard out --baseline tests/baseline.json", project)
        assert guarded.returncode == 3
        assert "instructions" in guarded.stderr
        tested = shell("pytest -q tests", project)
        assert tested.returncode == 1
        assert "is above" in tested.stdout
    finally:
        path.write_text(good)


def action_steps(**inputs: str) -> list[tuple[str, dict[str, str]]]:
    """Commands of the action and their environments, as GitHub would fill them in."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    values = {name: i.get("default", "") for name, i in action["inputs"].items()} | inputs
    assert set(inputs) <= set(action["inputs"])

    def filled(text: Any) -> str:
        return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: values[m[1]], str(text))

    steps = [s for s in action["runs"]["steps"] if s["name"] != "install"]
    return [(s["run"], {k: filled(v) for k, v in s["env"].items()}) for s in steps]


def test_the_action_does_the_same(project: Path) -> None:
    given = {"model": "model.keras", "data": "samples.npz", "board": "mps2-an386", "min-accuracy": "0.9",
             "baseline": "tests/action.json", "samples": "50"}  # fmt: skip
    for command, variables in action_steps(**given):
        done = shell(command, project, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((project / "tests" / "action.json").read_text())["samples"] == 50


def test_nothing_in_an_input_is_code(project: Path) -> None:
    hostile = "x; touch owned; $(touch owned) `touch owned`"
    for command, variables in action_steps(model=hostile, data=hostile, board=hostile, out="nowhere"):
        assert "${{" not in command
        assert shell(command, project, **variables).returncode != 0
    assert not (project / "owned").exists()
