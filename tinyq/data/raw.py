"""What a reader of data returns, before it is checked against a model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tinyq.errors import BadInputError


@dataclass(frozen=True)
class RawData:
    """Arrays by name ("x", "x0", the name of a model's input ...), labels, and the hash of the source."""

    arrays: Mapping[str, NDArray[Any]]
    labels: NDArray[Any] | None
    sha256: str


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal.

    Raises:
        BadInputError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}).", "Check the path and permissions.") from error
