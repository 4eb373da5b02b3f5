"""From a Keras model or SavedModel to a float ``.tflite``; runs in a child process."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinyq.errors import BadInputError, TinyqError, UnsupportedError
from tinyq.frontend import batch_norms, hdf5, keras_archive, saved_model, tflite
from tinyq.frontend.detect import Format
from tinyq.frontend.naming import relabel
from tinyq.frontend.source import Source
from tinyq.graph import write_graph

_OPENERS = {"keras": keras_archive.open_source, "hdf5": hdf5.open_source, "saved_model": saved_model.open_source}


def convert(path: str, form: Format, trust: bool) -> tuple[tflite.Examined, tuple[str, ...]]:
    """Convert a model.

    Returns:
        The float model, and notes for the user.

    Raises:
        BadInputError: The file is damaged or the model cannot become a static ``.tflite``.
    """
    try:
        source = _OPENERS[form](Path(path), trust)
    except TinyqError:
        raise
    except Exception as error:  # TensorFlow and Keras raise anything on files that they cannot read
        custom = re.search(r"(?:Unknown layer:|Could not locate class) '?([\w>.]+)", str(error))
        if custom:
            raise UnsupportedError(
                f"The model has layers of the class {custom.group(1)}, which Keras does not know.",
                "Rebuild it from layers of Keras, or convert it to a float .tflite where the class is defined.",
            ) from error
        raise BadInputError(
            f"{Path(path).name} could not be loaded: {first_sentence(error)}",
            "Check that the file is whole and loads in the Keras that saved it.",
        ) from error
    frozen = _freeze(source)
    graph = tflite.read_float(_to_tflite(frozen))
    norms = batch_norms.place(batch_norms.normalizations(frozen), graph, source.scopes)
    examined = tflite.examine(write_graph(relabel(graph, source)))
    return replace(examined, batch_norms=norms), source.notes


def first_sentence(error: Exception) -> str:
    """The first line of an exception that says something, short enough for one message."""
    lines = [line.strip() for line in re.sub(r"\x1b\[\d*m", "", str(error)).splitlines()]
    text = next((line for line in lines if line), type(error).__name__)
    return text if len(text) <= 300 else text[:297] + "..."


def _freeze(source: Source) -> Any:
    """The source's function with constants for variables, which would silently become VAR_HANDLE operators."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    try:
        return convert_variables_to_constants_v2(source.function)
    except Exception as error:  # untyped errors of TensorFlow
        raise _unconvertible(error) from error


def _to_tflite(frozen: Any) -> bytes:
    import tensorflow as tf

    try:
        return bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert())
    except Exception as error:  # the converter raises its own, untyped errors
        missing = re.findall(r"error: 'tf\.(\w+)' op", str(error))
        if missing:
            raise UnsupportedError(
                f"The model uses operations that TensorFlow Lite lacks: {', '.join(sorted(set(missing)))}.",
                "Replace the layers that need them.",
            ) from error
        raise _unconvertible(error) from error


def _unconvertible(error: Exception) -> BadInputError:
    return BadInputError(
        f"TensorFlow could not convert the model: {first_sentence(error)}",
        "Check that the model runs and that each of its layers has a TensorFlow Lite form.",
    )
