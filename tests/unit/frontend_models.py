"""Build the models that test_frontend.py loads; a program, so that the tests themselves stay free of TensorFlow.

Writes models into the folder given, and for most a ``.npz`` with inputs (x0, x1 ...) and with what Keras predicts for
them (y0, y1 ...).
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")

import keras
import numpy as np
import tensorflow as tf
import tf_keras

RANDOM = np.random.default_rng(0)


def functional(library: Any) -> Any:
    """Two inputs, two outputs, names that TensorFlow's numbering makes ambiguous; BatchNormalization, ReLU6."""
    layers = library.layers
    image = layers.Input((16, 16, 3), name="image")
    extra = layers.Input((5,), name="extra")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv2d")(image)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.ReLU(6.0, name="relu6")(x)
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", name="conv2d_1")(x)
    x = layers.ReLU(name="conv2d_1_1")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    y = layers.Dense(4, activation="relu", name="dense")(extra)
    z = layers.Concatenate(name="join")([x, y])
    outputs = [layers.Dense(3, activation="softmax", name="kind")(z), layers.Dense(2, name="place")(z)]
    return library.Model([image, extra], outputs, name="thing")


def nested() -> Any:
    """A model within a model, a layer used twice, a sigmoid."""
    layers = keras.layers
    block = keras.Sequential(
        [keras.Input((8, 8, 4)), layers.Conv2D(4, 3, padding="same", activation="relu", name="inner"),
         layers.BatchNormalization(name="norm")], name="block",
    )  # fmt: skip
    shared = layers.Conv2D(4, 1, name="shared")
    entry = keras.Input((8, 8, 4), name="entry")
    x = shared(layers.Add(name="add")([shared(block(entry)), entry]))
    x = layers.Flatten(name="flat")(layers.AveragePooling2D(2, name="average")(x))
    return keras.Model(entry, layers.Dense(1, activation="sigmoid", name="answer")(x))


def sequence() -> Any:
    """Conv1D with causal padding and a separable one."""
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((32, 3), name="signal"), layers.Conv1D(8, 5, padding="causal", name="causal"),
         layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling1D(2), layers.SeparableConv1D(6, 3),
         layers.Flatten(), layers.Dropout(0.5), layers.Dense(5, name="logits")]
    )  # fmt: skip


def randomize(model: Any) -> Any:
    """Untrained normalization would be the identity, and hide mistakes."""
    for layer in model._flatten_layers():
        if type(layer).__name__ == "BatchNormalization":
            size = layer.gamma.shape[0]
            low_high = [(0.5, 1.5), (-0.5, 0.5), (-0.5, 0.5), (0.5, 1.5)]
            layer.set_weights([RANDOM.uniform(*ends, size) for ends in low_high])
    return model


def predict(model: Any, path: Path) -> None:
    inputs = [RANDOM.normal(size=(8, *t.shape[1:])).astype(np.float32) for t in model.inputs]
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    named = {f"{letter}{i}": a for letter, group in (("x", inputs), ("y", outputs)) for i, a in enumerate(group)}
    np.savez(path, **named)


def refused(folder: Path) -> None:
    """Models that must not be loaded, or cannot be converted."""
    layers = keras.layers
    keras.Sequential([keras.Input((None, 8), name="wave"), layers.Conv1D(4, 3), layers.GlobalMaxPooling1D()]).save(
        folder / "dynamic.keras"
    )
    entry = keras.Input((5, 4))
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True))(layers.LSTM(6, return_sequences=True)(entry))
    loops = keras.Model(entry, [layers.LSTM(2, use_bias=False)(both), layers.SimpleRNN(3)(entry)])
    loops.save(folder / "loop.keras")
    x = np.random.default_rng(0).normal(0, 1, (3, 5, 4)).astype(np.float32)
    entry = keras.Input(batch_shape=(1, 1, 4))
    for name, layer in (("stream", layers.LSTM(5, stateful=True)), ("keeping", layers.GRU(5, stateful=True))):
        stream = keras.Model(entry, layers.Dense(2)(layer(entry)))
        stream.save(folder / f"{name}.keras")
        if name == "stream":
            steps = np.array([stream(x[:1, i : i + 1]) for i in range(5)])[:, 0]
            np.savez(folder / "stream.npz", x=x[:1, :, None], y=steps[None])
    np.savez(folder / "loop.npz", x=x, lstm=loops.predict(x, verbose=0)[0], rnn=loops.predict(x, verbose=0)[1])
    matrix = keras.Input((4, 4))
    keras.Model(matrix, keras.ops.linalg.inv(matrix)).save(folder / "flex.keras")
    for library, name in ((keras, "lambda3"), (tf_keras, "lambda2")):
        entry = library.layers.Input((4,))
        code = library.Model(entry, library.layers.Lambda(lambda x: x + 1, name="evil")(entry))
        code.save(folder / f"{name}.h5")
        code.save(folder / f"{name}.keras")
    functional(keras).save_weights(folder / "alone.weights.h5")


def call_of_tensorflow(folder: Path) -> None:
    """A configuration that names a function of TensorFlow which writes a file."""
    entry = tf_keras.Input((4,))
    tf_keras.Model(entry, tf.nn.relu(entry)).save(folder / "write.h5")
    import h5py

    with h5py.File(folder / "write.h5", "a") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace("nn.relu", "io.write_file")


def custom_class(folder: Path) -> None:
    """An archive that asks for a class of a module of its own choice."""
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="foreign")]).save(folder / "plain.keras")
    with zipfile.ZipFile(folder / "plain.keras") as source, zipfile.ZipFile(folder / "custom.keras", "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["config"]["layers"][1].update(module="os", class_name="Evil", registered_name="x>Evil")
                content = json.dumps(config).encode()
            target.writestr(name, content)


def lite(folder: Path, model: Any) -> None:
    """What other people's converters leave behind: dynamic batches, small weights, float ends."""

    def convert(name: str, model: Any = model, **settings: Any) -> None:
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
        for key, value in settings.items():
            setattr(converter, key, value)
        (folder / name).write_bytes(converter.convert())

    convert("batch.tflite")
    # the converter leaves weights of less than 1,024 elements as they are
    wide = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(2)])
    predict(wide, folder / "wide.npz")
    convert("weights-int8.tflite", wide, optimizations=[tf.lite.Optimize.DEFAULT])
    convert(
        "weights-float16.tflite", wide, optimizations=[tf.lite.Optimize.DEFAULT],
        target_spec=tf.lite.TargetSpec(supported_types=[tf.float16]),
    )  # fmt: skip
    samples = [[RANDOM.normal(size=(1, 8, 8, 4)).astype(np.float32)] for _ in range(4)]
    convert("ends.tflite", optimizations=[tf.lite.Optimize.DEFAULT], representative_dataset=lambda: samples)


def main(folder: Path) -> None:
    keras.utils.set_random_seed(1)
    folder.mkdir(parents=True, exist_ok=True)
    models = {"functional": functional(keras), "nested": nested(), "sequence": sequence()}
    for name, model in models.items():
        randomize(model).save(folder / f"{name}.keras")
        predict(model, folder / f"{name}.npz")
    models["functional"].save(folder / "functional.h5")
    models["functional"].export(folder / "functional", verbose=False)
    legacy = functional(tf_keras)
    randomize(legacy).save(folder / "legacy.h5")
    predict(legacy, folder / "legacy.npz")
    lite(folder, models["nested"])
    refused(folder)
    call_of_tensorflow(folder)
    custom_class(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
