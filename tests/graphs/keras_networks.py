"""Small networks of the kinds that run on microcontrollers, as Keras makes them; with seeded weights.

Run as a script it saves each of them to a folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = (
    "MobileNetV1", "MobileNetV2", "MobileNetV3", "EfficientNet-lite", "ResNet", "DS-CNN", "TCN", "LSTM", "GRU",
    "transformer", "autoencoder", "streaming keywords",
)  # fmt: skip


def convert_each(paths: Iterator[str]) -> Iterator[bytes]:
    """Float models of files, in one process that imports TensorFlow once."""
    from tinyq.frontend import convert

    for path in paths:
        yield convert.convert(path, "keras", False)[0].tflite


def float_networks(folder: Path) -> dict[str, bytes]:
    """All networks as float ``.tflite``; they are saved to a folder on the way."""
    from tinyq import isolation
    from tinyq.frontend.extra import ENVIRONMENT

    done = subprocess.run([sys.executable, __file__, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    paths = [str(folder / f"{name}.keras") for name in NAMES]
    found = isolation.stream(convert_each, paths, memory_bytes=None, env=ENVIRONMENT)
    return dict(zip(NAMES, found, strict=True))


def _save(folder: Path) -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers

    def normalized(x: Any, activation: str = "relu6") -> Any:
        return layers.Activation(activation)(layers.BatchNormalization()(x))

    def separable(x: Any, channels: int, stride: int = 1) -> Any:
        y = normalized(layers.DepthwiseConv2D(3, stride, "same", use_bias=False)(x))
        return normalized(layers.Conv2D(channels, 1, use_bias=False)(y))

    def excited(x: Any, gate: str) -> Any:
        channels = x.shape[-1]
        y = layers.Conv2D(4, 1, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(x))
        return layers.Multiply()([x, layers.Conv2D(channels, 1, activation=gate)(y)])

    def inverted(x: Any, channels: int, stride: int, activation: str, gate: str = "") -> Any:
        y = normalized(layers.Conv2D(2 * x.shape[-1], 1, use_bias=False)(x), activation)
        y = normalized(layers.DepthwiseConv2D(3, stride, "same", use_bias=False)(y), activation)
        y = layers.BatchNormalization()(layers.Conv2D(channels, 1, use_bias=False)(excited(y, gate) if gate else y))
        return layers.Add()([x, y]) if x.shape == y.shape else y

    def classified(x: Any, classes: int = 4) -> Any:
        return layers.Dense(classes, activation="softmax")(layers.GlobalAveragePooling2D()(x))

    image = keras.Input((12, 12, 3))

    def first(activation: str) -> Any:
        return normalized(layers.Conv2D(8, 3, 2, "same", use_bias=False)(image), activation)

    def residual(x: Any, channels: int, stride: int) -> Any:
        y = normalized(layers.Conv2D(channels, 3, stride, "same")(x), "relu")
        y = layers.BatchNormalization()(layers.Conv2D(channels, 3, padding="same")(y))
        short = x if stride == 1 else layers.Conv2D(channels, 1, stride)(x)
        return layers.Activation("relu")(layers.Add()([short, y]))

    sound, series, tokens = keras.Input((20, 10, 1)), keras.Input((8, 4)), keras.Input((6, 8))
    causal = layers.Conv1D(8, 1)(series)
    for dilation in (1, 2):
        inner = layers.Conv1D(8, 3, padding="causal", dilation_rate=dilation, activation="relu")(causal)
        causal = layers.Add()([causal, inner])
    queries, keys, values = (layers.Dense(8)(tokens) for _ in range(3))
    attention = layers.Softmax()(layers.Dot((2, 2))([queries, keys]))
    attended = layers.LayerNormalization()(layers.Add()([tokens, layers.Dot((2, 1))([attention, values])]))
    block = layers.Add()([attended, layers.Dense(8)(layers.Dense(16, activation="relu")(attended))])
    coded = layers.Conv2D(8, 3, 2, "same", activation="relu")(image)
    decoded = layers.Conv2DTranspose(8, 3, 2, "same", activation="relu")(coded)
    frame = keras.Input(batch_shape=(1, 1, 10))
    heard = layers.LSTM(8, stateful=True)(layers.LSTM(8, stateful=True, return_sequences=True)(frame))
    networks = (
        (image, classified(separable(separable(first("relu6"), 12), 16, 2))),
        (image, classified(inverted(inverted(first("relu6"), 8, 1, "relu6"), 12, 2, "relu6"))),
        (image, classified(inverted(first("hard_swish"), 8, 1, "hard_swish", "hard_sigmoid"))),
        (image, classified(inverted(inverted(first("silu"), 8, 1, "silu", "sigmoid"), 12, 2, "silu", "sigmoid"))),
        (image, classified(residual(residual(first("relu"), 8, 1), 12, 2))),
        (sound, classified(separable(normalized(layers.Conv2D(8, (10, 4), 2, "same")(sound)), 8))),
        (series, layers.Dense(3)(layers.Flatten()(causal))),
        (series, layers.Dense(3, activation="softmax")(layers.LSTM(6)(series))),
        (series, layers.Dense(3)(layers.Bidirectional(layers.GRU(5))(series))),
        (tokens, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(block))),
        (image, layers.Conv2DTranspose(3, 3, padding="same", activation="sigmoid")(decoded)),
        (frame, layers.Dense(4, activation="softmax")(heard)),
    )
    for name, (entry, result) in zip(NAMES, networks, strict=True):
        model = keras.Model(entry, result)
        for weights in model.trainable_variables:  # so that signals do not fade from layer to layer
            if "kernel" in weights.path:
                weights.assign(2 * weights)
        model.save(folder / f"{name}.keras")


if __name__ == "__main__":
    _save(Path(sys.argv[1]))
