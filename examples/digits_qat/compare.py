"""Handwritten digits with 4-bit weights: quantized after training, and trained to be quantized.

Trains the model of ``examples/digits`` in Keras 3, quantizes it after training, trains it to be quantized, and prints
one table. The accuracy of integer models is that of TFLM's interpreter. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from tinyq.api.qat import QatSettings, Watcher, train_model
from tinyq.api.quantization import QuantizeSettings, quantize_model
from tinyq.data import to_codes
from tinyq.evaluation import run_float, run_tflm
from tinyq.graph import read_graph

SEED = 7  # the split of examples/digits
TRAIN = Path(__file__).parents[1] / "digits" / "train.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--float-epochs", type=int, default=60, help="of the float model")
    parser.add_argument("--epochs", type=int, default=15, help="of training to be quantized")
    arguments = parser.parse_args()
    images, labels = load_digits(return_X_y=True)
    x = (images.reshape(-1, 8, 8, 1) / 16).astype(np.float32)
    x_train, x_unseen, y_train, y_unseen = train_test_split(
        x, labels, test_size=0.4, random_state=SEED, stratify=labels
    )

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        epochs = str(arguments.float_epochs)
        subprocess.run([sys.executable, str(TRAIN), str(folder), "--epochs", epochs], check=True, capture_output=True)
        model, data = folder / "digits.keras", folder / "train.npz"
        np.savez(data, x=x_train, y=y_train)
        rows = []
        for bits in (4, 2):
            settings = QatSettings(
                model=model,
                train=str(data),
                out=folder / "out",
                weight_bits=bits,
                epochs=arguments.epochs,
                rate=3e-3,
            )
            outcome = train_model(settings, Watcher())
            before = outcome.start
            if bits == 4:  # the best that quantization after training has to offer
                before = quantize_model(QuantizeSettings(model=model, data=str(data), scheme="w4a8")).tflite
                values = run_float(outcome.float_tflite, (x_unseen,))[0]
                rows.append(("float, Keras 3", float((values.argmax(axis=1) == y_unseen).mean())))
            rows.append((f"W{bits}A8 after training", accuracy(before, x_unseen, y_unseen)))
            rows.append((f"W{bits}A8 trained", accuracy(outcome.tflite, x_unseen, y_unseen)))
    print(f"{'digits':<22} correct of {len(x_unseen)} unseen")
    for name, value in rows:
        print(f"{name:<22} {value:.2%}")


def accuracy(tflite: bytes, x: np.ndarray, y: np.ndarray) -> float:
    """Share of right answers under TFLM."""
    graph = read_graph(tflite)
    codes = to_codes(x, graph.tensors[graph.inputs[0]])
    return float((run_tflm(tflite, (codes,))[0].argmax(axis=1) == y).mean())


if __name__ == "__main__":
    main()
