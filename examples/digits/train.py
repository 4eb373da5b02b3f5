"""Train a small CNN on handwritten digits, for a microcontroller.

The digits are scikit-learn's: 1,797 real 8x8 grey images (UCI "Optical Recognition of Handwritten Digits"), which ship
with the package. 60 % of them train the model; the other 40 %, which training never sees, go to ``digits.npz``, for
calibration and evaluation. Writes ``digits.keras`` and ``digits.npz`` into the folder given (default: the current one).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 7
EPOCHS = 60


def build_model() -> keras.Model:
    """Convolution, two depthwise-separable blocks and a dense layer; 3,394 parameters."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(16, 3, padding="same", use_bias=False, name="conv"),
            layers.BatchNormalization(name="conv_bn"),
            layers.ReLU(name="conv_relu"),
            layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise_1"),
            layers.BatchNormalization(name="depthwise_1_bn"),
            layers.ReLU(name="depthwise_1_relu"),
            layers.Conv2D(24, 1, use_bias=False, name="pointwise_1"),
            layers.BatchNormalization(name="pointwise_1_bn"),
            layers.ReLU(name="pointwise_1_relu"),
            layers.MaxPooling2D(2, name="pool"),
            layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise_2"),
            layers.BatchNormalization(name="depthwise_2_bn"),
            layers.ReLU(name="depthwise_2_relu"),
            layers.Conv2D(32, 1, use_bias=False, name="pointwise_2"),
            layers.BatchNormalization(name="pointwise_2_bn"),
            layers.ReLU(name="pointwise_2_relu"),
            layers.AveragePooling2D(2, name="average"),
            layers.Flatten(name="flatten"),
            layers.Dropout(0.2, name="dropout"),
            layers.Dense(10, activation="softmax", name="digit"),
        ],
        name="digits",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="where to write (default: here)")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)

    keras.utils.set_random_seed(SEED)
    images, labels = load_digits(return_X_y=True)
    x = (images.reshape(-1, 8, 8, 1) / 16).astype(np.float32)  # pixels are 0..16
    y = labels.astype(np.int64)
    x_train, x_unseen, y_train, y_unseen = train_test_split(x, y, test_size=0.4, random_state=SEED, stratify=y)

    model = build_model()
    steps = arguments.epochs * -(-len(x_train) // 32)
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.004, steps)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, batch_size=32, epochs=arguments.epochs, verbose=0)
    _, accuracy = model.evaluate(x_unseen, y_unseen, verbose=0)

    model.save(arguments.folder / "digits.keras")
    np.savez_compressed(arguments.folder / "digits.npz", x=x_unseen, y=y_unseen)
    print(f"trained on {len(x_train)} images; {accuracy:.1%} correct on the {len(x_unseen)} unseen ones")
    print(f"wrote {arguments.folder / 'digits.keras'} ({model.count_params():,} parameters) and digits.npz")


if __name__ == "__main__":
    main()
