"""Models that Keras 3 saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinyq.errors import BadInputError, UnsupportedError
from tinyq.frontend.source import Source, input_specs, unique


def open_source(path: Path, trust: bool) -> Source:
    """A ``.keras`` archive or an ``.h5`` file of Keras 3 as a TensorFlow function.

    Raises:
        BadInputError: The model has no fixed input shapes.
        UnsupportedError: A layer other than an LSTM keeps its state from one call to the next.
    """
    import keras
    import tensorflow as tf

    model = keras.models.load_model(path, compile=False, safe_mode=not trust)
    if not model.built or not getattr(model, "inputs", None):
        raise BadInputError(
            "The model has no fixed inputs: it was never built.",
            "Give it an Input layer, call it once on data, and save it again.",
        )
    model = _forgetful(model)
    inputs = unique([_layer_name(t) for t in model.inputs])
    outputs = unique([_layer_name(t) for t in model.outputs])
    scopes: dict[str, str] = {}
    _record_scopes(model, "", scopes)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def infer(*args: Any) -> list[Any]:
        structured = args[0] if len(args) == 1 else keras.tree.pack_sequence_as(model.input, list(args))
        return list(keras.tree.flatten(model(structured, training=False)))

    function = infer.get_concrete_function(*input_specs(inputs, model.inputs))
    return Source(function, inputs, outputs, model, scopes)


def _forgetful(model: Any) -> Any:
    """The model without states that TensorFlow would have to keep: the operator that LSTM layers become keeps them."""
    import keras

    keeping = [layer for layer in _layers(model) if getattr(layer, "stateful", False)]
    if not keeping:
        return model
    others = [layer for layer in keeping if type(layer) is not keras.layers.LSTM]
    if others or any(layer not in model.layers for layer in keeping):
        layer = (others or keeping)[0]
        raise UnsupportedError(
            f"Layer {layer.name!r} ({type(layer).__name__}) keeps its state from one call to the next.",
            "Use an LSTM layer for that, not wrapped in another one, or make the state an input and an output.",
        )

    def clone(layer: Any) -> Any:
        config = layer.get_config()
        return type(layer).from_config({**config, "stateful": False} if layer in keeping else config)

    twin = keras.models.clone_model(model, clone_function=clone)
    for old, new in zip(model.layers, twin.layers, strict=True):
        (new.cell if old in keeping else new).set_weights((old.cell if old in keeping else old).get_weights())
    return twin


def _layers(layer: Any) -> Iterator[Any]:
    for inner in getattr(layer, "layers", []):
        yield inner
        yield from _layers(inner)


def _layer_name(tensor: Any) -> str:
    history = getattr(tensor, "_keras_history", None)
    return str(history.operation.name if history is not None else tensor.name)


def _record_scopes(layer: Any, path: str, scopes: dict[str, str]) -> None:
    """Note the name scope that each layer computes in.

    Keras opens a scope more than once for a layer, and TensorFlow numbers them (``conv`` becomes ``conv_1``), so that
    scopes cannot be told apart by their text.
    """
    import tensorflow as tf

    def wrap(call: Any) -> Any:
        def recorded(*args: Any, **kwargs: Any) -> Any:
            scopes[tf.compat.v1.get_default_graph().get_name_scope()] = path
            return call(*args, **kwargs)

        return recorded

    object.__setattr__(layer, "call", wrap(layer.call))
    for inner in getattr(layer, "layers", []):
        _record_scopes(inner, f"{path}/{inner.name}" if path else inner.name, scopes)
