"""Accelerators on the command line: check, accelerators, quantize and convert, with good and with bad input."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.floats import classifier
from tests.graphs.int8 import small_network
from tinyq.cli import main
from tinyq.graph import read_graph, write_graph
from tinyq.hardware.accelerators import load_accelerator
from tinyq.hardware.check import check_by_rules
from tinyq.reporting.check_models import CheckList, CheckReport

needs_vela = pytest.mark.skipif(
    importlib.util.find_spec("ethosu") is None, reason="ethos-u-vela is not installed (pip install 'tinyq[vela]')"
)


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
    """A folder with a float model, its data and a quantized model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "float.tflite").write_bytes(write_graph(classifier()))
    (tmp_path / "int8.tflite").write_bytes(write_graph(small_network()))
    x = np.random.default_rng(0).normal(0, 1, (60, 8, 8, 1)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x)
    return tmp_path


CONVERT = ("convert", "float.tflite", "--data", "data.npz", "--board", "mps2-an386", "-o", "out", "--no-evaluation")


# --- check


def test_check_shows_reasons_sources_and_mends(run: Run, work: Path) -> None:
    done = run("check", "int8.tflite", "--accelerator", "max78000")
    assert done.code == 0
    text = " ".join(done.out.split())
    assert "There are no depthwise convolutions: groups must be 1." in text
    assert "every scale must be a power of two" in text
    assert "(derived)" in text
    assert "(stated)" in text
    assert "tinyq quantize FLOAT_MODEL --data DATA --accelerator max78000" in text
    assert "max78000: cannot run as it is" in text


@pytest.mark.parametrize(("accelerator", "code"), [("neutron", 0), ("max78000", 3), ("syntiant-ndp120", 3)])
def test_strict_exits_with_3_where_something_does_not_comply(run: Run, work: Path, accelerator: str, code: int) -> None:
    done = run("check", "int8.tflite", "--accelerator", accelerator, "--strict", "--json")
    assert done.code == code
    report = CheckList.model_validate_json(done.out).checks[0]
    assert report.complies is (code == 0)
    assert ("does not comply with" in done.err) is (code == 3)


def test_json_follows_its_schema(run: Run, work: Path) -> None:
    done = run("check", "int8.tflite", "--accelerator", "edge-tpu", "--accelerator", "esp-nn", "--json")
    document = json.loads(done.out)
    schema = CheckList.model_json_schema()
    assert set(document) == set(schema["properties"])
    assert document["schema_version"] == 1
    assert [c["accelerator"] for c in document["checks"]] == ["edge-tpu", "esp-nn"]
    for check in document["checks"]:
        assert set(check) == set(schema["$defs"]["CheckReport"]["properties"])
        assert len(check["ops"]) == len(small_network().ops)
        assert {t["role"] for t in check["tensors"]} == {"input", "activation", "output", "weights", "bias"}


def test_all_is_a_matrix_with_a_mark_for_every_layer(run: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "ethosu" else find(name, *a))
    done = run("check", "int8.tflite", "--all")
    assert done.code == 0
    rows = {line.split()[0]: line.split()[1] for line in done.out.splitlines() if len(line.split()) > 2}
    count = len(small_network().ops)
    assert rows["syntiant-ndp120"] == "?" * count
    assert rows["max78000"][0] == "x"
    assert len(rows["ethos-u55-128"]) == len(rows["neutron"]) == count
    assert set(rows["neutron"]) == {"#", "."}
    assert "pip install 'tinyq[vela]'" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "float.tflite"), "is a float model"),
        (("check", "int8.tflite", "-a", "max7800"), "no accelerator named 'max7800'"),
        (("check", "none.tflite"), "There is no model at none.tflite"),
        ((*CONVERT, "--accelerator", "etos"), "no accelerator named 'etos'"),
        (("quantize", "float.tflite", "-o", "q.tflite", "--accelerator", "etos"), "no accelerator named 'etos'"),
        ((*CONVERT, "--compiled"), "needs an accelerator"),
        ((*CONVERT, "--compiled", "--accelerator", "neutron"), "which neutron is not"),
        ((*CONVERT, "--strict"), "--strict judges an accelerator"),
    ],
)
def test_bad_input_is_one_sentence(run: Run, work: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert words in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert not (work / "out").exists()
    assert not (work / "q.tflite").exists()


def test_nearest_names_are_told(run: Run, work: Path) -> None:
    assert "max78000" in run("check", "int8.tflite", "-a", "max7800").err


def test_accelerators_are_listed(run: Run) -> None:
    listed = json.loads(run("accelerators", "--json").out)["accelerators"]
    assert len(listed) >= 20
    assert {"id", "title", "kind", "rules", "scheme", "source", "url"} == set(listed[0])
    assert "silabs-mvp" in run("accelerators").out


# --- quantize and convert


def test_quantize_takes_the_accelerators_scheme(run: Run, work: Path) -> None:
    done = run("quantize", "float.tflite", "--data", "data.npz", "-o", "q.tflite", "--accelerator", "max78000")
    assert done.code == 0
    findings = check_by_rules(read_graph((work / "q.tflite").read_bytes()), load_accelerator("max78000"))
    assert not [t for t in findings.tensors if t.failures]
    assert run("quantize", "float.tflite", "--data", "data.npz", "-o", "usual.tflite").code == 0
    findings = check_by_rules(read_graph((work / "usual.tflite").read_bytes()), load_accelerator("max78000"))
    assert {f.rule for t in findings.tensors for f in t.failures} == {"power-of-two", "zero-point", "per-tensor"}


def test_a_scheme_that_is_named_wins(run: Run, work: Path) -> None:
    done = run(
        "quantize", "float.tflite", "--data", "data.npz", "-o", "q.tflite", "--accelerator", "max78000",
        "--scheme", "w8a8",
    )  # fmt: skip
    assert done.code == 0
    findings = check_by_rules(read_graph((work / "q.tflite").read_bytes()), load_accelerator("max78000"))
    assert any(t.failures for t in findings.tensors)


def test_convert_checks_and_tells(run: Run, work: Path) -> None:
    done = run(*CONVERT, "--accelerator", "silabs-mvp", "--json")
    assert done.code == 0
    short = json.loads(done.out)["acceleration"]
    assert short["accelerator"] == "silabs-mvp"
    assert short["verdict"] == "partly"
    assert 0 < short["at_full_speed"] < short["operators"]
    assert short["cycles"] is None
    whole = CheckReport.model_validate_json((work / "out" / "check.json").read_text())
    assert whole.accelerator == "silabs-mvp"
    assert not (work / "out" / "model_compiled.tflite").exists()


def test_convert_strict_exits_with_3_and_keeps_what_it_wrote(run: Run, work: Path) -> None:
    done = run(*CONVERT, "--accelerator", "silabs-mvp", "--strict")
    assert done.code == 3
    assert "does not comply with silabs-mvp" in " ".join(done.err.split())
    assert (work / "out" / "check.json").exists()


@needs_vela
def test_convert_writes_the_compiled_model_beside_the_other(run: Run, work: Path) -> None:
    from ai_edge_litert import schema_py_generated as schema

    done = run(*CONVERT, "--accelerator", "ethos-u55-128", "--compiled", "--json")
    assert done.code == 0
    short = json.loads(done.out)["acceleration"]
    original = read_graph((work / "out" / "model.tflite").read_bytes())
    content = (work / "out" / "model_compiled.tflite").read_bytes()
    assert short["cycles"] > 0
    assert short["compiled_bytes"] == len(content)
    subgraph = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs[0]
    assert len(subgraph.operators) == 1  # the NPU's; its scratch tensors have no writer, so that it is no graph of ours
    for theirs, ours in ((subgraph.inputs, original.inputs), (subgraph.outputs, original.outputs)):
        assert len(theirs) == len(ours)
        for a, b in zip(theirs, ours, strict=True):
            one, other = subgraph.tensors[a], original.tensors[b]
            assert other.quantization is not None
            assert (one.name.decode(), tuple(one.shape)) == (other.name, other.shape)
            assert (one.quantization.scale[0], one.quantization.zeroPoint[0]) == other.quantization.scalar
