"""Whole models in HDF5 files, written by Keras 2 or Keras 3."""

from __future__ import annotations

import json
from pathlib import Path

from tinyq.errors import BadInputError, TinyqError
from tinyq.frontend import keras2, keras3
from tinyq.frontend.keras_config import refuse_code
from tinyq.frontend.source import Source


def open_source(path: Path, trust: bool) -> Source:
    """Open a file with the Keras that its version names, and if that fails with the other one.

    Raises:
        BadInputError: It holds weights alone, brings code and is not trusted, or has no fixed input shapes.
    """
    import h5py  # type: ignore[import-untyped]

    with h5py.File(path, "r") as file:
        config = file.attrs.get("model_config")
        version = file.attrs.get("keras_version", "2")
    if config is None:
        raise BadInputError(
            f"{path.name} holds weights but no model.", "Save the whole model with model.save(), not save_weights()."
        )
    if not trust:
        refuse_code(json.loads(config))
    version = version.decode() if isinstance(version, bytes) else str(version)
    first, second = keras2.open_source, keras3.open_source
    if version.startswith("3"):
        first, second = second, first
    try:
        return first(path, trust)
    except TinyqError:
        raise
    except Exception as error:  # whatever Keras raises; its own version knows best what is wrong
        try:
            return second(path, trust)
        except Exception:
            raise error from None
