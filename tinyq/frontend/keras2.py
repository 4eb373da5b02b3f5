"""Models that Keras 2 saved: legacy ``.h5`` files and the archives of ``tf_keras``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinyq.errors import BadInputError
from tinyq.frontend.source import Source, input_specs, unique


def open_source(path: Path, trust: bool) -> Source:
    """A Keras 2 file as a TensorFlow function.

    Raises:
        BadInputError: The model has no fixed input shapes.
    """
    import tensorflow as tf
    import tf_keras

    model = tf_keras.models.load_model(path, compile=False, safe_mode=not trust)
    if not model.built or not model.inputs:
        raise BadInputError(
            "The model has no fixed inputs: it was never built.",
            "Give it an Input layer, call it once on data, and save it again.",
        )
    inputs, outputs = unique(model.input_names), unique(model.output_names)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def infer(*args: Any) -> list[Any]:
        structured = args[0] if len(args) == 1 else tf.nest.pack_sequence_as(model.input, list(args))
        return list(tf.nest.flatten(model(structured, training=False)))

    function = infer.get_concrete_function(*input_specs(inputs, model.inputs))
    return Source(function, inputs, outputs, model, {model.name: ""})
