"""Files of a folder, and the classes that its subfolders stand for."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError


def files_and_labels(folder: Path, suffixes: Set[str], what: str) -> tuple[list[Path], NDArray[np.int64] | None]:
    """Files in the order of their names, and the class of each.

    Subfolders are classes, numbered in the order of their names; a flat folder has no labels.

    Args:
        folder: Where to look; one level of subfolders.
        suffixes: Of the files that are meant, in lower case.
        what: What they are, for messages: "images".

    Raises:
        BadInputError: There are none, or some lie in subfolders and some beside them.
    """
    flat = _files(folder, suffixes)
    classes = sorted(p for p in folder.iterdir() if p.is_dir() and _files(p, suffixes))
    if classes and flat:
        raise BadInputError(
            f"{folder} holds {what} both in subfolders and beside them.", "Put each file into the folder of its class."
        )
    if not classes and not flat:
        raise BadInputError(f"{folder} holds no {what}.", f"Known are {', '.join(sorted(suffixes))}.")
    if not classes:
        return flat, None
    grouped = [_files(p, suffixes) for p in classes]
    labels = np.repeat(np.arange(len(classes)), [len(g) for g in grouped])
    return [file for group in grouped for file in group], labels.astype(np.int64)


def _files(folder: Path, suffixes: Set[str]) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in suffixes and p.is_file())
