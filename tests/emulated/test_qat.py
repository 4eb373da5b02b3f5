"""A trained model on the emulated board, and what the command line refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.emulated,
    pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed"),
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed"),
]


def tinyq(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tinyq", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


_MODEL = """
import sys, numpy as np, keras
keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
y = rng.integers(0, 3, 240)
x = rng.normal(0, 0.5, (240, 8, 8, 1)).astype("float32")
for n, label in enumerate(y):
    x[n, 2 * label : 2 * label + 3] += 1.0
layers = keras.layers
model = keras.Sequential([
    keras.Input((8, 8, 1)), layers.Conv2D(8, 3, use_bias=False), layers.BatchNormalization(), layers.ReLU(),
    layers.DepthwiseConv2D(3, padding="same"), layers.ReLU(), layers.Flatten(), layers.Dense(3, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x[:160], y[:160], epochs=10, verbose=0)
model.save(sys.argv[1] + "/model.keras")
np.savez(sys.argv[1] + "/train.npz", x=x[:160], y=y[:160])
np.savez(sys.argv[1] + "/unseen.npz", x=x[160:], y=y[160:])
np.savez(sys.argv[1] + "/wrong.npz", x=x[:160], y=y[:160] + 7)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("tensorflow_model_optimization", reason="the extra keras is not installed")
    made = tmp_path_factory.mktemp("qat")
    subprocess.run([sys.executable, "-c", _MODEL, str(made)], check=True, capture_output=True)
    train = ("qat", made / "model.keras", "--train", made / "train.npz", "--validation", made / "unseen.npz")
    tinyq(*train, "-o", made / "trained", "--bits-weights", 4, "--epochs", 3, "--lr", 3e-3, "--quiet")
    return made


def test_the_board_computes_what_training_reported(folder: Path) -> None:
    record = json.loads((folder / "trained" / "qat.json").read_text())
    training = record["training"]
    assert training["quantized_accuracy"] > 0.7
    assert not (folder / "trained.checkpoint").exists()
    out = folder / "out"
    tinyq("convert", folder / "trained", "--data", folder / "unseen.npz", "--board", "mps2-an386", "-o", out, "--quiet")
    assert (out / "model.tflite").read_bytes() == (folder / "trained" / "model.tflite").read_bytes()
    report = json.loads(tinyq("test", out).stdout)
    assert report["bit_exact"] == {"equal": 80, "total": 80}
    assert abs(report["accuracy"]["target"] - training["quantized_accuracy"]) < 1e-9
    assert abs(report["accuracy"]["float"] - training["float_accuracy"]) < 1e-9


def test_weights_and_ranges_are_on_record(folder: Path) -> None:
    record = json.loads((folder / "trained" / "qat.json").read_text())
    assert [(w["low"], w["high"]) for w in record["weights"]] == [(-7, 7)] * 3
    assert len(record["weights"][0]["scales"]) == 8
    assert all(a["low"] <= 0.0 <= a["high"] for a in record["activations"].values())
    assert len(record["training"]["history"]) == 3


def test_a_changed_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder / "trained", tmp_path / "copy")
    (copy / "model.tflite").write_bytes(b"something else")
    done = tinyq("convert", copy, "--board", "mps2-an386", "-o", tmp_path / "out", code=2)
    assert "not the file that training wrote" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--train", "wrong.npz"), "outside the model's classes"),
        (("--train", "train.npz", "--bits-weights", 5), "cannot have 5 bits"),
        (("--train", "train.npz", "--method", "magic"), "no training method"),
        (("--train", "train.npz", "--sparsity", 2), "--sparsity"),
        (("--train", "train.npz", "--clusters", 16), "--per-tensor"),
        (("--train", "train.npz", "--resume"), "no checkpoint"),
        ((), "Training needs data"),
    ],
)
def test_bad_input_is_said(folder: Path, tmp_path: Path, options: tuple[object, ...], words: str) -> None:
    given = [folder / o if str(o).endswith(".npz") else o for o in options]
    done = tinyq("qat", folder / "model.keras", *given, "-o", tmp_path / "out", code=2)
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_loss_that_breaks_says_where(folder: Path, tmp_path: Path) -> None:
    train = ("qat", folder / "model.keras", "--train", folder / "train.npz", "-o", tmp_path / "out")
    done = tinyq(*train, "--lr", 1e30, "--epochs", 2, "--quiet", code=1)
    assert "became NaN or infinite at step" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_killed_training_goes_on_to_the_same_model(folder: Path, tmp_path: Path) -> None:
    train = ["qat", folder / "model.keras", "--train", folder / "train.npz", "--validation", folder / "unseen.npz"]
    train += ["--bits-weights", 4, "--epochs", 3, "--lr", 3e-3, "--quiet", "-o", tmp_path / "out"]
    checkpoint = tmp_path / "out.checkpoint"
    running = subprocess.Popen([sys.executable, "-m", "tinyq", *map(str, train)], stderr=subprocess.DEVNULL)
    while not checkpoint.exists() and running.poll() is None:
        time.sleep(0.02)
    running.kill()
    running.wait()
    if not checkpoint.exists():
        pytest.skip("training ended before it could be killed")
    assert not (tmp_path / "out").exists()
    tinyq(*train, "--resume")
    whole = folder / "trained"  # the same settings, never interrupted
    assert (tmp_path / "out" / "model.tflite").read_bytes() == (whole / "model.tflite").read_bytes()
    assert not checkpoint.exists()


def test_batch_normalizations_are_estimated_anew(folder: Path, tmp_path: Path) -> None:
    train = ("qat", folder / "model.keras", "--train", folder / "train.npz", "--validation", folder / "unseen.npz")
    options = ("--bits-weights", 4, "--epochs", 3, "--lr", 3e-3, "--batch-norm", "reestimate", "--quiet")
    tinyq(*train, *options, "-o", tmp_path / "out")
    record = json.loads((tmp_path / "out" / "qat.json").read_text())
    assert any(note.endswith("estimated anew after training: 1.") for note in record["notes"])
    assert record["training"]["quantized_accuracy"] > 0.7
    changed = (tmp_path / "out" / "model.tflite").read_bytes() != (folder / "trained" / "model.tflite").read_bytes()
    assert changed


def test_a_lambda_is_refused(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys, keras; layers = keras.layers\n"
        "keras.Sequential([keras.Input((8, 8, 1)), layers.Lambda(lambda x: 2 * x), layers.Flatten(),\n"
        "    layers.Dense(3, activation='softmax')]).save(sys.argv[1])"
    )
    model = tmp_path / "lambda.keras"
    subprocess.run([sys.executable, "-c", code, str(model)], check=True, capture_output=True)
    done = tinyq("qat", model, "--train", folder / "train.npz", "-o", tmp_path / "out", code=2)
    assert "is a Lambda" in done.stderr
    assert "--trust" in done.stderr
    assert not (tmp_path / "out").exists()
