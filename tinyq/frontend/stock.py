"""TensorFlow's own post-training quantizer, as the baseline to compare with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tinyq import isolation
from tinyq.errors import BadInputError, TinyqError, UnsupportedError
from tinyq.frontend.extra import ENVIRONMENT, require
from tinyq.frontend.load import load_model


def stock_quantize(model: Path | bytes, representative: Sequence[NDArray[Any]]) -> bytes:
    """Quantize to full-integer int8, inputs and outputs included, as ``tf.lite.TFLiteConverter`` does.

    Runs the converter's calibrator (min-max over all samples) and its quantizer on the float ``.tflite``; the converter
    itself takes these two steps after its own conversion to float.

    Args:
        model: Anything that :func:`load_model` reads as a float model, or the bytes of a float ``.tflite``.
        representative: One array ``[N, ...]`` of real values for each input.

    Raises:
        BadInputError: The model is quantized already, or TensorFlow cannot quantize it.
        MissingToolError: TensorFlow is not installed.
    """
    require("tflite")
    if isinstance(model, Path):
        loaded = load_model(model)
        if loaded.kind != "float":
            raise BadInputError(f"{model.name} is quantized already.", "Give the float model that it was made from.")
        model = loaded.tflite
    arrays = tuple(representative)
    return isolation.call(_quantize, model, arrays, memory_bytes=None, env=ENVIRONMENT)


def _quantize(content: bytes, representative: tuple[NDArray[Any], ...]) -> bytes:
    import numpy as np
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter
    from tensorflow.lite.python.convert import mlir_quantize
    from tensorflow.lite.python.optimize.calibrator import Calibrator

    details = Interpreter(model_content=content).get_input_details()

    def samples() -> Iterator[list[NDArray[Any]]]:
        for sample in zip(*representative, strict=True):
            yield [np.asarray(x, d["dtype"]).reshape(d["shape"]) for x, d in zip(sample, details, strict=True)]

    try:
        calibrated = Calibrator(content).calibrate(samples)
        quantized = mlir_quantize(calibrated, input_data_type=tf.int8, output_data_type=tf.int8)
    except TinyqError:
        raise
    except Exception as error:  # untyped errors of TensorFlow
        raise UnsupportedError(
            f"TensorFlow's quantizer failed: {str(error).strip().splitlines()[0] if str(error).strip() else error!r}",
            "Use tinyq's own quantizer, which is the default.",
        ) from error
    return bytes(quantized)
