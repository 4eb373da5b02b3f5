"""Draw a folder of images, one subfolder for each class, and train a small CNN on another one.

The images are drawn here, seeded: bright shapes of random size, place and colour on a dark noisy ground. Writes
``shapes.keras`` and the folder ``unseen/`` with ``circle/``, ``cross/`` and ``square/``, to calibrate and evaluate.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras import layers

SEED = 5
SIZE = 32
CLASSES = ("circle", "cross", "square")
EPOCHS = 15


def draw(kind: str, rng: np.random.Generator) -> Image.Image:
    """An RGB image of 32 x 32 pixels with one shape."""
    image = Image.fromarray(rng.integers(0, 90, (SIZE, SIZE, 3), np.uint8))
    pen = ImageDraw.Draw(image)
    radius = int(rng.integers(5, 11))
    x, y = (int(v) for v in rng.integers(radius + 1, SIZE - radius - 1, 2))
    colour = tuple(int(v) for v in rng.integers(120, 256, 3))
    if kind == "circle":
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    elif kind == "square":
        pen.rectangle((x - radius, y - radius, x + radius, y + radius), fill=colour)
    else:
        pen.line((x - radius, y, x + radius, y), fill=colour, width=4)
        pen.line((x, y - radius, x, y + radius), fill=colour, width=4)
    return image


def build_model() -> keras.Model:
    """Three convolutions and a dense layer; takes pixels 0..255 as ``image_dataset_from_directory`` gives them."""
    return keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3), name="image"),
            layers.Rescaling(1 / 255, name="rescaling"),
            layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="conv_1"),
            layers.Conv2D(16, 3, strides=2, padding="same", activation="relu", name="conv_2"),
            layers.Conv2D(24, 3, strides=2, padding="same", activation="relu", name="conv_3"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(len(CLASSES), activation="softmax", name="shape"),
        ],
        name="shapes",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="where to write (default: here)")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    y = np.arange(3000) % len(CLASSES)
    x: NDArray[np.float32] = np.stack([np.asarray(draw(CLASSES[c], rng), np.float32) for c in y])
    model = build_model()
    model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=32, epochs=arguments.epochs, verbose=0)

    for kind in CLASSES:
        folder = arguments.folder / "unseen" / kind
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(120):
            draw(kind, rng).save(folder / f"{number:03}.png")
    model.save(arguments.folder / "shapes.keras")
    print(f"wrote {arguments.folder / 'shapes.keras'} ({model.count_params():,} parameters) and 360 images in unseen/")


if __name__ == "__main__":
    main()
