"""Train an autoencoder that knows how a machine sounds when it is well.

The data are made here, seeded: spectra of 64 bands of a rotating machine (a speed, its harmonics, a resonance, noise).
Worn machines add a bearing's tone with sidebands that no harmonic explains. The autoencoder sees sound machines alone;
what it cannot reconstruct is an anomaly. Writes ``machine.keras`` and ``machine.npz`` (``x``, and ``y`` 1 for worn).
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

SEED = 3
BANDS = 64
EPOCHS = 40


def spectra(count: int, worn: bool, rng: np.random.Generator) -> NDArray[np.float32]:
    """Logarithmic band powers, ``[count, 64]``."""
    band = np.arange(BANDS)
    speed = rng.uniform(4, 6, (count, 1))
    load = rng.uniform(0.5, 1, (count, 1))

    def tone(at: NDArray[np.float64], strength: NDArray[np.float64]) -> NDArray[np.float64]:
        return strength * np.exp(-0.5 * ((band - at) / 0.8) ** 2)

    power = 0.02 + 0.3 * load * np.exp(-0.5 * ((band - 40) / 6) ** 2)
    for harmonic in range(1, 9):
        power = power + tone(harmonic * speed, load / harmonic)
    if worn:
        bearing = speed * rng.uniform(3.3, 3.7, (count, 1))
        strength = rng.uniform(0.01, 0.06, (count, 1))
        for side in (-1, 0, 1):
            power = power + tone(bearing + side * speed * 0.4, strength / (1 + abs(side)))
    power = power * rng.lognormal(0, 0.1, (count, BANDS))
    return np.log10(power).astype(np.float32)


def build_model() -> keras.Model:
    """Dense layers around a bottleneck of 6 values."""
    x = inputs = keras.Input((BANDS,), name="spectrum")
    for number, width in enumerate((48, 24, 6, 24, 48)):
        x = layers.Dense(width, activation="relu", name=f"dense_{number}")(x)
    return keras.Model(inputs, layers.Dense(BANDS, name="reconstruction")(x), name="machine")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="where to write (default: here)")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    model = build_model()
    model.compile(optimizer=keras.optimizers.Adam(2e-3), loss="mse")
    sound = spectra(4000, False, rng)
    model.fit(sound, sound, batch_size=64, epochs=arguments.epochs, verbose=0)

    x = np.concatenate([spectra(400, False, rng), spectra(400, True, rng)])
    y = np.repeat([0, 1], 400)
    order = rng.permutation(len(x))
    model.save(arguments.folder / "machine.keras")
    np.savez_compressed(arguments.folder / "machine.npz", x=x[order], y=y[order])
    print(f"wrote {arguments.folder / 'machine.keras'} ({model.count_params():,} parameters) and machine.npz")


if __name__ == "__main__":
    main()
