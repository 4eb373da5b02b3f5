"""Parse files of unknown origin in a child process, which hands its arrays over as plain files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from tinyq import isolation
from tinyq.data.arrays import read_npz
from tinyq.data.images import read_images
from tinyq.data.raw import RawData
from tinyq.data.sounds import has_sounds, read_sounds
from tinyq.graph import Tensor


def read_archive(path: Path) -> RawData:
    """A ``.npz``. See :func:`tinyq.data.arrays.read_npz`."""
    return _isolated(path, None, None)


def read_folder(path: Path, tensor: Tensor, scale: str) -> RawData:
    """A folder of images or sounds. See :func:`~tinyq.data.images.read_images`, :func:`~tinyq.data.sounds.read_sounds`.

    Args:
        path: The folder.
        tensor: The model's input.
        scale: What 8-bit pixels become.
    """
    return _isolated(path, tensor, scale)


def _isolated(path: Path, tensor: Tensor | None, scale: str | None) -> RawData:
    with tempfile.TemporaryDirectory(prefix="tinyq-data-") as folder:
        names, has_labels, digest = isolation.call(_parse, path, tensor, scale, Path(folder), subject=f"data {path}")
        # unlinked files stay mapped where the system allows it; elsewhere arrays are read
        found = [
            np.load(Path(folder) / f"{i}.npy", mmap_mode="r" if os.name == "posix" else None, allow_pickle=False)
            for i in range(len(names) + has_labels)
        ]
    labels = np.array(found.pop()) if has_labels else None
    return RawData(dict(zip(names, found, strict=True)), labels, digest)


def _parse(path: Path, tensor: Tensor | None, scale: str | None, folder: Path) -> tuple[list[str], bool, str]:
    """The child's side: arrays in the order of their names, then labels, as numbered files in ``folder``."""
    if tensor is None or scale is None:
        raw = read_npz(path)
    elif has_sounds(path):
        raw = read_sounds(path, tensor)
    else:
        raw = read_images(path, tensor, scale)
    arrays = [*raw.arrays.values(), *([raw.labels] if raw.labels is not None else [])]
    for number, array in enumerate(arrays):
        np.save(folder / f"{number}.npy", array, allow_pickle=False)
    return list(raw.arrays), raw.labels is not None, raw.sha256
