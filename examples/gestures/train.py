"""Train a recurrent network that knows gestures from an accelerometer.

The data are made here, seeded: three axes over 24 steps of somebody who draws a circle, shakes, taps twice or does
nothing, each with its own speed, strength, attitude of the hand, gravity and noise. Writes ``gestures.keras`` and
``gestures.npz``.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras import layers

SEED = 5
STEPS = 24
UNITS = 12
EPOCHS = 20
CLASSES = ("circle", "shake", "double tap", "nothing")


def gestures(count: int, steps: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Accelerations in g, ``[count, steps, 3]``, and classes, ``[count]``."""
    labels = rng.integers(0, len(CLASSES), count)
    time = np.arange(steps) / steps
    series = np.zeros((count, steps, 3))
    for row, label in zip(series, labels, strict=True):
        speed, start, strength = rng.uniform(0.8, 1.4), rng.uniform(0, 0.3), rng.uniform(0.4, 1.0)
        phase = 2 * np.pi * speed * (time - start)
        match CLASSES[label]:
            case "circle":
                row[:, 0], row[:, 1] = strength * np.cos(phase), strength * np.sin(phase)
            case "shake":
                row[:, rng.integers(0, 2)] = strength * np.sign(np.sin(4 * phase)) * rng.uniform(0.6, 1.0, steps)
            case "double tap":
                for tap in (start + 0.1, start + 0.1 + 0.3 * speed):
                    row[:, 2] += 1.5 * strength * np.exp(-0.5 * ((time - tap) / 0.03) ** 2)
    tilt = rng.normal(0, 0.25, (count, 2))
    turned = series + tilt[:, :1, None] * series[..., ::-1]
    turned += np.concatenate([tilt, np.ones((count, 1))], axis=1)[:, None, :]  # gravity
    return (turned + rng.normal(0, 0.3, turned.shape)).astype(np.float32), labels


def build_model(cell: str, steps: int) -> keras.Model:
    """One recurrent layer and a classifier."""
    recurrent = {"gru": layers.GRU, "lstm": layers.LSTM}[cell]
    x = inputs = keras.Input((steps, 3), name="acceleration")
    x = recurrent(UNITS, name="memory")(x)
    outputs = layers.Dense(len(CLASSES), activation="softmax", name="scores")(x)
    return keras.Model(inputs, outputs, name="gestures")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="where to write (default: here)")
    parser.add_argument("--cell", choices=("lstm", "gru"), default="lstm")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    model = build_model(arguments.cell, arguments.steps)
    model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*gestures(3000, arguments.steps, rng), batch_size=64, epochs=arguments.epochs, verbose=0)

    x, y = gestures(700, arguments.steps, rng)
    accuracy = model.evaluate(x, y, verbose=0)[1]
    model.save(arguments.folder / "gestures.keras")
    np.savez_compressed(arguments.folder / "gestures.npz", x=x, y=y)
    print(f"{accuracy:.1%} of 700 unseen gestures; wrote gestures.keras ({model.count_params():,} parameters) and .npz")


if __name__ == "__main__":
    main()
