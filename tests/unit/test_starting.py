"""Looking into a model, a recipe to start from, and defaults of a project."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.floats import classifier
from tests.graphs.recurrent import variables
from tests.unit.test_cli import CONVERT, Run, run, work  # noqa: F401 - fixtures
from tinyq.api.inspection import inspect
from tinyq.api.starting import init
from tinyq.cli.project_settings import defaults
from tinyq.errors import BadInputError
from tinyq.graph import DType, layer_name, total_macs, write_graph
from tinyq.quantization.recipe import read_recipe, resolve
from tinyq.quantization.scheme import LayerScheme


def test_inspect_counts_what_is_there(tmp_path: Path) -> None:
    graph = classifier()
    (tmp_path / "m.tflite").write_bytes(write_graph(graph))
    report = inspect(tmp_path / "m.tflite")
    assert (report.kind, report.macs, len(report.layers)) == ("float", total_macs(graph), len(graph.ops))
    constants = {t for op in graph.ops for t in op.inputs if t >= 0 and graph.tensors[t].is_constant}
    assert report.constant_bytes == sum(graph.tensors[t].nbytes for t in constants)
    assert sum(report.operators.values()) == len(graph.ops)
    widest = max(
        sum(graph.tensors[t].nbytes for t in {*op.inputs, *op.outputs} - constants if t >= 0) for op in graph.ops
    )
    assert report.activation_bytes == widest


def test_inspect_shows_operators_that_only_store(run: Run, work: Path) -> None:  # noqa: F811
    (work / "stateful.tflite").write_bytes(write_graph(variables(np.random.default_rng(0), DType.INT8)))
    assert "ASSIGN_VARIABLE" in run("inspect", "stateful.tflite").out
    layers = json.loads(run("inspect", "stateful.tflite", "--json").out)["layers"]
    assert [layer["output"] for layer in layers if layer["op"] == "ASSIGN_VARIABLE"] == [None, None]


def test_inspect_shows_hostile_names_as_text(run: Run, work: Path) -> None:  # noqa: F811
    graph = classifier()
    named = {graph.outputs[0]: replace(graph.tensors[graph.outputs[0]], name="[red]x[/red]\x1b[2J;evil")}
    (work / "hostile.tflite").write_bytes(write_graph(graph.replace_tensors(named)))
    outcome = run("inspect", "hostile.tflite")
    assert outcome.code == 0
    assert "[red]x" in outcome.out
    assert "\x1b" not in outcome.out
    assert json.loads(run("inspect", "hostile.tflite", "--json").out)["outputs"][0]["name"].startswith("[red]")


def test_a_fresh_recipe_changes_nothing_and_its_examples_are_valid(tmp_path: Path) -> None:
    graph = classifier()
    (tmp_path / "m.tflite").write_bytes(write_graph(graph))
    init(made := tmp_path / "r.yaml", tmp_path / "m.tflite")
    assert resolve(read_recipe(made), graph).schemes == tuple(LayerScheme() for _ in graph.ops)
    # with every comment that holds a setting opened up it is still a recipe, and knows the model's layers
    text = re.sub(r"(?m)^# ((?:io|transforms|refine|layers|ranges):|  )", r"\1", made.read_text())
    made.write_text(text)
    recipe = read_recipe(made)
    assert recipe.layers
    assert recipe.ranges
    assert recipe.refine
    resolve(recipe, graph)


@pytest.mark.parametrize("name", ["true", "1", "a: b", "x\n- y", "*/", '"', "-n"])
def test_any_layer_name_survives_the_recipe(tmp_path: Path, name: str) -> None:
    graph = classifier()
    op = next(op for op in graph.ops if op.kind == "DEPTHWISE_CONV_2D")
    renamed = graph.replace_tensors({op.outputs[0]: replace(graph.tensors[op.outputs[0]], name=name)})
    (tmp_path / "m.tflite").write_bytes(write_graph(renamed))
    init(made := tmp_path / "r.yaml", tmp_path / "m.tflite")
    made.write_text(re.sub(r"(?m)^# (layers:|  - )", r"\1", made.read_text()))
    chosen = [rule.select.layer for rule in read_recipe(made).layers]
    assert layer_name(renamed, op) in chosen


def test_init_never_overwrites_and_wants_a_float_model(run: Run, work: Path) -> None:  # noqa: F811
    assert run("init").code == 0
    again = run("init")
    assert (again.code, "exists" in again.err) == (2, True)
    assert run("init", "--force").code == 0
    assert run("init", "text.tflite", "-o", "other.yaml").code == 2
    assert not (work / "other.yaml").exists()


COMMANDS = {"convert": {"board": "board", "seed": "seed"}, "test": {"jobs": "jobs", "seed": "seed"}}


def test_a_projects_settings_are_defaults(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.tinyq]\nseed = 3\nboard = "microbit"\n[tool.tinyq.test]\nseed = 4\njobs = 1\n'
    )
    inner = tmp_path / "models" / "deep"
    inner.mkdir(parents=True)
    found = defaults(inner, COMMANDS)
    assert found == {"convert": {"board": "microbit", "seed": 3}, "test": {"seed": 4, "jobs": 1}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.tinyq]\nbord = 1", "board"),
        ("[tool.tinyq.convrt]\nboard = 'x'", "convert"),
        ("[tool.tinyq.test]\nboard = 'x'", "jobs"),
        ("[tool.tinyq", "syntax"),
        ("[tool]\ntinyq = 3", "table"),
    ],
)
def test_what_a_project_gets_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(BadInputError) as error:
        defaults(tmp_path, COMMANDS)
    assert says in f"{error.value.message} {error.value.hint}"


def test_flags_win_over_the_project_and_the_project_over_defaults(run: Run, work: Path) -> None:  # noqa: F811
    (work / "pyproject.toml").write_text('[tool.tinyq]\nseed = 3\n[tool.tinyq.convert]\ncalibrator = "minmax"\n')
    assert run(*CONVERT).code == 0
    report = json.loads((work / "out" / "report.json").read_text())
    assert (report["seed"], report["calibrator"]) == (3, "minmax")
    assert run(*CONVERT, "--force", "--seed", "5").code == 0
    assert json.loads((work / "out" / "report.json").read_text())["seed"] == 5
    (work / "pyproject.toml").write_text("[tool.tinyq.convert]\nnope = 1\n")
    assert run(*CONVERT, "--force").code == 2
    assert np.array_equal([json.loads((work / "out" / "report.json").read_text())["seed"]], [5])
