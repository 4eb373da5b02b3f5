"""The ``keras`` extra: whether it is installed, and the environment that TensorFlow runs in."""

from __future__ import annotations

import importlib.util

from tinyq.errors import MissingToolError
from tinyq.frontend.detect import Format

# TensorFlow is told to be quiet and, for equal bytes on different machines, to fold constants without oneDNN
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "TF_ENABLE_ONEDNN_OPTS": "0"}

_WHAT = {
    "keras": "Reading a .keras model", "hdf5": "Reading an .h5 model", "saved_model": "Reading a SavedModel",
    "tflite": "TensorFlow's own quantizer",
}  # fmt: skip


def require(form: Format) -> None:
    """Check that TensorFlow is there for some format, without importing it.

    Raises:
        MissingToolError: It is not.
    """
    needed = ["tensorflow", *{"keras": ["keras"], "hdf5": ["keras", "tf_keras"]}.get(form, [])]
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingToolError(
            f"{_WHAT[form]} needs {' and '.join(missing)}, which this installation lacks.",
            "Install it with: pip install 'tinyq[keras]'",
        )
