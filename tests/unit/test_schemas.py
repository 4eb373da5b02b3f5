"""The published schemas are those of the code, and what the commands print follows them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from jsonschema import Draft202012Validator, ValidationError

from scripts.reference import DOCS, pages
from tests.graphs.floats import classifier
from tests.json_outputs import SCHEMAS, validated
from tinyq.cli import app
from tinyq.graph import write_graph
from tinyq.reporting.schemas import REPORTS, schema


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schemas")
    (folder / "float.tflite").write_bytes(write_graph(classifier()))
    x = np.random.default_rng(0).normal(0, 1, (60, 8, 8, 1)).astype(np.float32)
    np.savez(folder / "data.npz", x=x, y=np.zeros(60, np.int64))
    return folder


def test_every_command_prints_json_and_has_a_published_schema() -> None:
    group = typer.main.get_command(app)
    commands = getattr(group, "commands", {})
    with_json = {n for n, c in commands.items() if any("--json" in p.opts for p in c.params)}
    assert set(commands) == with_json == set(REPORTS) == {p.stem for p in SCHEMAS.glob("*.json")}


@pytest.mark.parametrize("command", sorted(REPORTS))
def test_the_published_schema_is_the_generated_one(command: str) -> None:
    published = json.loads((DOCS / "schemas" / f"{command}.json").read_text())
    Draft202012Validator.check_schema(published)
    assert published == schema(command), "write it anew: python -m scripts.reference"


def test_lists_follow_their_schemas() -> None:
    assert {b["id"] for b in validated("boards")["boards"]} >= {"mps2-an386", "microbit"}
    assert validated("accelerators")["accelerators"]
    assert validated("ops")["ops"]
    assert validated("doctor")["entries"]


def test_conversions_follow_their_schemas(work: Path) -> None:
    model, data = work / "float.tflite", work / "data.npz"
    assert validated("inspect", model)["kind"] == "float"
    assert validated("quantize", model, "--data", data, "-o", work / "q.tflite")["layers"]
    assert validated("inspect", work / "q.tflite")["kind"] == "quantized"
    assert len(validated("check", work / "q.tflite", "-a", "cmsis-nn", "-a", "edge-tpu")["checks"]) == 2
    assert validated("estimate", work / "q.tflite", "--board", "microbit")["estimates"][0]["board"] == "microbit"
    assert len(validated("estimate", work / "q.tflite")["estimates"]) > 1
    out = work / "out"
    common = ("convert", model, "--data", data, "--board", "mps2-an386", "--accelerator", "cmsis-nn")
    assert validated(*common, "-o", out) == validated("report", out)[0]


def test_what_is_written_follows_its_schema(work: Path) -> None:
    assert validated("init", "-o", work / "plain.yaml")["layers"] == []
    assert "second" in validated("init", work / "float.tflite", "-o", work / "layers.yaml")["layers"]
    validated("quantize", work / "float.tflite", "--data", work / "data.npz", "-o", work / "int8.tflite")
    project = validated("generate", work / "int8.tflite", "--board", "microbit", "-o", work / "firmware")
    assert project["estimate"]["verdict"] == "FITS"
    assert project == validated(
        "generate", work / "int8.tflite", "--board", "microbit", "-o", work / "firmware", "--force"
    )
    validated("convert", work / "int8.tflite", "--board", "microbit", "-o", work / "exported")
    exported = validated("export", work / "exported", "--format", "zephyr", "-o", work / "zephyr")
    for folder, files in (("firmware", project["files"]), ("zephyr", exported["files"])):
        assert (
            sorted(p.relative_to(work / folder).as_posix() for p in (work / folder).rglob("*") if p.is_file()) == files
        )


@pytest.mark.parametrize("mode", [(), ("--matrix",), ("--mixed", "--budget-error", "1")])
def test_analyses_follow_their_schema(work: Path, mode: tuple[str, ...]) -> None:
    few = ("--samples", 8, "--calibration-samples", 16, "--refine", "none")
    document = validated("analyze", work / "float.tflite", "--data", work / "data.npz", *few, *mode)
    assert document["matrix" if "--matrix" in mode else "mixed" if mode else "diagnosis"]


def test_a_schema_refuses_what_is_missing_or_unknown() -> None:
    document = validated("boards")
    check = Draft202012Validator(schema("boards")).validate
    with pytest.raises(ValidationError, match="'schema_version' is a required property"):
        check({"boards": document["boards"]})
    with pytest.raises(ValidationError, match="'more' was unexpected"):
        check({**document, "more": 1})


def test_the_published_reference_is_the_generated_one() -> None:
    assert (DOCS / "reference.md").read_text() == pages()["reference.md"], "write it anew: python -m scripts.reference"
