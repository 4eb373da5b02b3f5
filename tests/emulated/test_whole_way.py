"""The whole way as a user goes it: train, convert, build, run on the emulated board, compare."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.processes import children_of
from tinyq.evaluation import run_tflm

pytestmark = [
    pytest.mark.emulated,
    pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed"),
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed"),
]

ROOT = Path(__file__).parents[2]


def tinyq(*arguments: object, code: int = 0, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tinyq", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=cwd,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits example, trained for a few epochs, and converted for the M4."""
    pytest.importorskip("keras", reason="the extra keras is not installed")
    folder = tmp_path_factory.mktemp("digits")
    script = ROOT / "examples" / "digits" / "train.py"
    subprocess.run([sys.executable, str(script), str(folder), "--epochs", "25"], check=True, capture_output=True)
    convert = ("convert", folder / "digits.keras", "--data", folder / "digits.npz", "--board", "mps2-an386")
    tinyq(*convert, "-o", folder / "out")
    return folder


def test_the_target_computes_what_the_host_computes(digits: Path, tmp_path: Path) -> None:
    saved = tmp_path / "outputs.npz"
    done = tinyq("test", digits / "out", "--samples", 60, "--save-outputs", saved)
    report = json.loads(done.stdout)
    assert report["bit_exact"] == {"equal": 60, "total": 60}
    assert report["accuracy"]["target"] == report["accuracy"]["host"] > 0.8
    assert abs(report["accuracy"]["float"] - report["accuracy"]["target"]) < 0.05
    counts = report["instructions"]
    assert 0 < counts["min"] <= counts["median"] <= counts["max"] < 2_000_000
    sizes = report["sizes"]
    assert sizes["engine_code"] + sizes["model"] + sizes["harness"] == report["flash_bytes"]
    assert report["ram_bytes"] >= report["arena_bytes"] + report["stack_bytes"] + sizes["static_ram"]
    assert json.loads((digits / "out" / "report.json").read_text())["test"] == report
    with np.load(saved) as arrays:
        again = run_tflm((digits / "out" / "model.tflite").read_bytes(), [arrays["x"]])[0]
        assert np.array_equal(again, arrays["target"])
        manifest = json.loads((digits / "out" / "tinyq.json").read_text())
        assert arrays["indices"].tolist() == manifest["evaluation_indices"][:60]
        assert not set(arrays["indices"].tolist()) & set(manifest["calibration_indices"])


def test_the_same_run_counts_the_same_instructions(digits: Path) -> None:
    runs = [json.loads(tinyq("test", digits / "out", "--samples", 5, "--jobs", j).stdout) for j in (1, 2)]
    assert runs[0] == runs[1]


def test_reference_and_deployed_model_give_equal_outputs(digits: Path) -> None:
    x = np.random.default_rng(0).integers(-128, 127, (20, 8, 8, 1), np.int8, endpoint=True)
    out = digits / "out"
    files = (out / "model.tflite", out / "firmware" / "model" / "model_deployed.tflite")
    reference, deployed = (run_tflm(f.read_bytes(), [x])[0] for f in files)
    assert np.array_equal(reference, deployed)
    assert files[1].stat().st_size < files[0].stat().st_size


def test_an_accuracy_below_what_was_asked_exits_3_with_the_report(digits: Path) -> None:
    done = tinyq("test", digits / "out", "--min-accuracy", 1.0, code=3)
    assert json.loads(done.stdout)["accuracy"]["target"] < 1.0
    assert "below 1" in done.stderr


def test_a_flipped_weight_is_noticed(digits: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(digits / "out", out)
    tinyq("build", out)
    elf = next((out / "firmware").rglob("*.elf"))
    content = bytearray(elf.read_bytes())
    source = (out / "firmware" / "model" / "model.c").read_text()
    row = source.split("_weights[", 1)[1].split("{", 1)[1].split("}", 1)[0]
    weights = bytes(int(v) & 255 for v in row.replace("\n", " ").split(",") if v.strip())
    at = content.index(weights)
    content[at + int(np.argmax(np.abs(np.frombuffer(weights, np.int8))))] ^= 0x80
    elf.write_bytes(content)
    data = ("--data", digits / "digits.npz")
    done = tinyq("test", out, "--samples", 10, *data, code=3)
    assert json.loads(done.stdout)["bit_exact"]["equal"] < 10
    assert "differ from TFLM's host interpreter" in done.stderr


def test_without_data_random_inputs_are_used_and_said(digits: Path, tmp_path: Path) -> None:
    tinyq("convert", digits / "out" / "model.tflite", "--board", "microbit", "-o", tmp_path / "out")
    report = json.loads(tinyq("test", tmp_path / "out", "--samples", 4).stdout)
    assert report["bit_exact"] == {"equal": 4, "total": 4}
    assert "random" in report["samples_from"]
    assert report["accuracy"] == {"float": None, "host": None, "target": None}


def test_an_interrupt_ends_everything(digits: Path) -> None:
    tinyq("build", digits / "out")
    command = [sys.executable, "-m", "tinyq", "test", str(digits / "out"), "--data", str(digits / "digits.npz")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 60
    while not children_of(process.pid, "qemu-system-arm") and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    children = children_of(process.pid, "qemu-system-arm")
    assert children
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    time.sleep(0.3)
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


MODELS = pytest.mark.skipif(not os.environ.get("TINYQ_MLPERF_TINY"), reason="TINYQ_MLPERF_TINY is not set")


@MODELS
def test_keyword_spotting_from_its_saved_model(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="the extra keras is not installed")
    models = Path(os.environ["TINYQ_MLPERF_TINY"])
    source = ("convert", models / "kws" / "kws_ref_model", "--data", models / "kws" / "kws01_float.npz")
    tinyq(*source, "--board", "mps2-an386", "-o", tmp_path / "out", "--no-evaluation")
    report = json.loads(tinyq("test", tmp_path / "out", "--samples", 200).stdout)
    assert report["bit_exact"] == {"equal": 200, "total": 200}
    assert report["accuracy"]["target"] == report["accuracy"]["host"]
    assert abs(report["accuracy"]["target"] - report["accuracy"]["float"]) <= 0.01
    assert report["arena_bytes"] <= 22_820  # of TFLM with CMSIS-NN


@MODELS
@pytest.mark.parametrize(
    "board", ["mps2-an385-m0", "mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547"]
)
@pytest.mark.parametrize("model", ["kws/kws_ref_model", "ic/pretrainedResnet_quant", "vww/vww_96_int8", "ad/ad01_int8"])
def test_reference_models_are_bit_exact_on_every_core(tmp_path: Path, model: str, board: str) -> None:
    path = Path(os.environ["TINYQ_MLPERF_TINY"]) / f"{model}.tflite"
    tinyq("convert", path, "--board", board, "-o", tmp_path / "out")
    report = json.loads(tinyq("test", tmp_path / "out", "--samples", 2, "--jobs", 1).stdout)
    assert report["bit_exact"] == {"equal": 2, "total": 2}
