"""Read ``.npz`` and ``.npy`` files; pickles are never opened."""

from __future__ import annotations

import lzma
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data.raw import RawData, hash_file
from tinyq.errors import BadInputError

# zipfile raises RuntimeError for an encrypted member, and a kind of it for a compression that it lacks; headers of
# arrays are read as Python literals
_DAMAGED = (
    ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, RuntimeError,
    tokenize.TokenError, SyntaxError, struct.error,
)  # fmt: skip


def read_npy(path: Path) -> RawData:
    """One array, mapped from the file.

    Raises:
        BadInputError: The file is damaged or holds Python objects.
    """
    digest = hash_file(path)
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except _DAMAGED as error:
        raise _unreadable(path, path.name, error) from error
    return RawData({"x": array}, None, digest)


def read_npz(path: Path) -> RawData:
    """An archive of arrays; ``y`` holds the labels, all others are inputs.

    Raises:
        BadInputError: The file is damaged, empty, or holds Python objects.
    """
    digest = hash_file(path)
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in archive.files:
                try:
                    arrays[name] = archive[name]
                except _DAMAGED as error:
                    raise _unreadable(path, f"{name!r} of {path.name}", error) from error
    except _DAMAGED as error:
        raise _unreadable(path, path.name, error) from error
    labels = arrays.pop("y", None)
    if not arrays:
        raise BadInputError(f"{path.name} holds no samples.", "Store them as x, and the labels, if any, as y.")
    return RawData(arrays, labels, digest)


def _unreadable(path: Path, what: str, error: Exception) -> BadInputError:
    if "allow_pickle" in str(error) or "Python objects" in str(error):
        return BadInputError(
            f"{what} holds Python objects, which could run code.",
            "Store numbers: convert it with np.asarray(x, np.float32) before saving.",
        )
    return BadInputError(f"{what} is damaged or no NumPy file ({error}).", f"Save {path.name} again with NumPy.")
