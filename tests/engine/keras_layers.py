"""Build the small networks that test_keras_layers.py quantizes; a program, so that the tests stay free of TensorFlow.

Writes, for each network, the float ``.tflite`` that tinyq makes of it, and the shapes and types of Keras's inputs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")

import keras
from keras import layers

from tinyq.frontend.convert import convert


def chain(shape: tuple[int, ...], *parts: Any, dtype: str = "float32") -> Any:
    x = entry = keras.Input(shape, dtype=dtype)
    for part in parts:
        x = part(x)
    return keras.Model(entry, x)


def attention() -> Any:
    x = entry = keras.Input((8, 16))
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 8)(x, x)]))
    x = layers.Dense(16, activation="gelu")(x)
    return keras.Model(entry, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


def unet() -> Any:
    entry = keras.Input((16, 16, 2))
    a = layers.Conv2D(4, 3, padding="same", activation="relu")(entry)
    b = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.MaxPooling2D()(a))
    both = layers.Concatenate()([layers.UpSampling2D()(b), layers.UpSampling2D(interpolation="bilinear")(b), a])
    return keras.Model(entry, layers.Conv2D(1, 1, activation="sigmoid")(both))


def squeeze_and_excite() -> Any:
    entry = keras.Input((12, 12, 4))
    x = layers.Conv2D(8, 3, padding="same", activation="swish")(entry)
    s = layers.Conv2D(2, 1, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Multiply()([x, layers.Conv2D(8, 1, activation="hard_sigmoid")(s)])
    return keras.Model(entry, layers.Dense(3)(layers.Flatten()(x)))


def merging() -> Any:
    entry = keras.Input((8,))
    a, b, c, d, e = (layers.Dense(8)(entry) for _ in range(5))
    high = layers.Maximum()([a, b])
    return keras.Model(
        entry, layers.Dense(3)(layers.Minimum()([high, layers.Subtract()([c, layers.Average()([d, e])])]))
    )


def cosine() -> Any:
    entry = keras.Input((5, 8))
    return keras.Model(entry, layers.Dot(axes=-1, normalize=True)([layers.Dense(8)(entry), layers.Dense(8)(entry)]))


NETWORKS: dict[str, Callable[[], Any]] = {
    "attention": attention,
    "unet": unet,
    "squeeze-excite": squeeze_and_excite,
    "merging": merging,
    "cosine": cosine,
    "layer-norm": lambda: chain((10,), layers.Dense(8), layers.LayerNormalization(), layers.Dense(3)),
    "group-norm": lambda: chain(
        (8, 8, 4), layers.Conv2D(8, 3), layers.GroupNormalization(2), layers.Activation("silu"), layers.Flatten(),
        layers.Dense(3),
    ),
    "unit-norm": lambda: chain((8,), layers.Dense(8), layers.UnitNormalization(), layers.Dense(2)),
    "activations": lambda: chain(
        (16,), *(layers.Dense(16, activation=a) for a in ("softplus", "selu", "mish", "softsign", "elu", "tanh")),
        layers.Dense(4, activation="sigmoid"),
    ),
    "exponentials": lambda: chain(
        (16,), layers.Dense(16, activation="hard_swish"), layers.Dense(16, activation="exponential"),
        layers.Dense(4, activation="log_softmax"),
    ),
    "gelu": lambda: chain((16,), layers.Dense(16, activation="gelu"), layers.Dense(4)),
    "moves": lambda: chain(
        (8, 8, 4), layers.Permute((3, 1, 2)), layers.Reshape((4, 64)), layers.Cropping1D(1), layers.ZeroPadding1D(1),
        layers.Flatten(), layers.RepeatVector(3), layers.Dense(2),
    ),
    "upsampling-1d": lambda: chain((6, 2), layers.UpSampling1D(3), layers.Conv1D(2, 3), layers.Flatten()),
    "upsampling-2d": lambda: chain((6, 5, 2), layers.UpSampling2D((2, 3)), layers.Cropping2D(1), layers.Conv2D(2, 3)),
    "embedding": lambda: chain((10,), layers.Embedding(20, 8), layers.GlobalAveragePooling1D(), layers.Dense(2)),
    "embedding-int32": lambda: chain(
        (10,), layers.Embedding(20, 8), layers.Flatten(), layers.Dense(2), dtype="int32"
    ),
    "gru-unrolled": lambda: chain((6, 6), layers.GRU(8, unroll=True), layers.Dense(3)),
    "prelu": lambda: chain(
        (16, 16, 3), layers.Conv2D(8, 3), layers.PReLU(shared_axes=[1, 2]),
        layers.DepthwiseConv2D(3, depth_multiplier=2), layers.GlobalMaxPooling2D(), layers.Dense(4),
    ),
    "causal": lambda: chain(
        (32, 3), layers.Conv1D(8, 5, strides=2, activation="relu"),
        layers.Conv1D(8, 3, dilation_rate=2, padding="causal", activation="relu"), layers.GlobalMaxPooling1D(),
        layers.Dense(2),
    ),
    "time-distributed": lambda: chain(
        (3, 8, 8, 2), layers.TimeDistributed(layers.Conv2D(4, 3, activation="relu")),
        layers.TimeDistributed(layers.GlobalAveragePooling2D()), layers.Conv1D(4, 2), layers.Flatten(), layers.Dense(2),
    ),
    "transposed": lambda: chain(
        (8, 8, 4), layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(2, 2, strides=2), layers.Activation("tanh"),
    ),
    "grouped": lambda: chain(
        (8, 8, 4), layers.Conv2D(8, 3, groups=2), layers.GlobalAveragePooling2D(), layers.Dense(2)
    ),
    "rescaled": lambda: chain(
        (8, 8, 3), layers.Rescaling(1 / 2, offset=-1), layers.Normalization(mean=0.5, variance=2.0),
        layers.Conv2D(4, 3, strides=2), layers.BatchNormalization(), layers.LeakyReLU(), layers.AveragePooling2D(2),
        layers.Flatten(), layers.Dense(2, activation="softmax"),
    ),
    "untrained-mobilenet": lambda: keras.applications.MobileNetV3Small(
        weights=None, input_shape=(32, 32, 3), classes=5, alpha=0.25, minimalistic=False
    ),
}  # fmt: skip


def main(folder: Path) -> None:
    for name, make in NETWORKS.items():
        keras.utils.set_random_seed(1)
        path = folder / f"{name}.keras"
        make().save(path)
        examined, _ = convert(str(path), "keras", False)
        (folder / f"{name}.tflite").write_bytes(examined.tflite)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
