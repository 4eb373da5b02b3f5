"""Tell model formats apart by their content."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

from tinyq.errors import BadInputError

Format = Literal["keras", "hdf5", "saved_model", "tflite"]

_GIVE = "Give a Keras model (.keras or .h5), a SavedModel folder or a .tflite file."
_OTHERS = {b"\x80\x02": "a pickle", b"\x08": "an ONNX model", b"\x93NUMPY": "a NumPy array", b"\x89PNG": "an image"}


def detect(path: Path) -> Format:
    """Format of the model at a path.

    Raises:
        BadInputError: Nothing is there, or something else.
    """
    if not path.exists():
        raise BadInputError(f"There is no model at {path}.", _GIVE)
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            return "saved_model"
        raise BadInputError(f"The folder {path} is no SavedModel: it holds no saved_model.pb.", _GIVE)
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).", "Check its permissions.") from error
    if head[4:8] == b"TFL3":
        return "tflite"
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "hdf5"
    if head.startswith(b"PK"):
        return _archive(path)
    if not head:
        raise BadInputError(f"{path} is empty.", _GIVE)
    what = next((f"looks like {what}" for magic, what in _OTHERS.items() if head.startswith(magic)), "is no model")
    raise BadInputError(f"{path} {what}, or one that tinyq does not read.", _GIVE)


def _archive(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadInputError(f"{path} is a damaged archive ({error}).", "Save the model again.") from error
    if {"config.json", "metadata.json"} <= names:
        return "keras"
    what = "a NumPy archive" if names and all(n.endswith(".npy") for n in names) else "an archive, but no Keras model"
    raise BadInputError(f"{path} is {what}.", _GIVE)
