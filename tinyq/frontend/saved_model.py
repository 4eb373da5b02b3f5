"""TensorFlow SavedModel folders, whoever wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tinyq.errors import BadInputError
from tinyq.frontend.source import Source, input_specs

_DIGITS = re.compile(r"(\d+)")
_DEFAULT = "serving_default"
_KERAS_TWIN = "serve"  # Keras 3 exports the same function under this name too


def open_source(path: Path, trust: bool) -> Source:
    """The serving signature of a SavedModel as a TensorFlow function; inputs and outputs in the order of their names.

    Args:
        path: The folder.
        trust: Unused; a SavedModel holds a graph and no Python code.

    Raises:
        BadInputError: It has no signature, or its inputs have no fixed shapes.
    """
    import tensorflow as tf

    model = tf.saved_model.load(str(path))
    signatures = dict(model.signatures)
    if not signatures:
        raise BadInputError(
            f"The SavedModel {path.name} has no signature.",
            "Save it with model.export(), or with the argument signatures= of tf.saved_model.save.",
        )
    key = _DEFAULT if _DEFAULT in signatures else sorted(signatures)[0]
    others = sorted(set(signatures) - {key, _KERAS_TWIN})
    notes = (f"Took the signature {key!r}; the SavedModel also has {', '.join(others)}.",) if others else ()
    signature = signatures[key]
    arguments = signature.structured_input_signature[1]
    # the file keeps them in a map, whose order differs from run to run
    inputs, outputs = _ordered(arguments), _ordered(signature.structured_outputs)
    if not inputs:
        raise BadInputError(f"The signature {key!r} of {path.name} has no inputs.", "Export the inference function.")

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def infer(*args: Any) -> list[Any]:
        results = signature(**dict(zip(inputs, args, strict=True)))
        return [results[name] for name in outputs]

    function = infer.get_concrete_function(*input_specs(inputs, [arguments[name] for name in inputs]))
    return Source(function, inputs, outputs, model, notes=notes)


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    """By name, numbers in it by value, so that ``output_10`` comes after ``output_9``."""
    return tuple(
        sorted(names, key=lambda name: [(int(p), "") if p.isdigit() else (-1, p) for p in _DIGITS.split(name)])
    )
