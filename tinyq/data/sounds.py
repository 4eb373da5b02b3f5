"""Read a folder of sounds, for models that take the waveform itself."""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data.folders import files_and_labels
from tinyq.data.raw import RawData
from tinyq.data.shapes import sample_shape
from tinyq.errors import BadInputError
from tinyq.graph import Tensor

_SUFFIXES = frozenset({".wav"})
_WIDTHS: dict[int, tuple[np.dtype[Any], float, float]] = {
    1: (np.dtype("u1"), 128.0, 128.0),
    2: (np.dtype("<i2"), 0.0, 32768.0),
    4: (np.dtype("<i4"), 0.0, 2.0**31),
}
"""Bytes of a sample -> its type, what silence is, and what 1.0 is."""


def has_sounds(folder: Path) -> bool:
    """Whether a folder, or one right below it, holds ``.wav`` files."""
    return any(p.suffix.lower() in _SUFFIXES for pattern in ("*", "*/*") for p in folder.glob(pattern))


def read_sounds(folder: Path, tensor: Tensor) -> RawData:
    """All ``.wav`` files of a folder, in the order of their names, as values in -1..1.

    Subfolders are classes, numbered in the order of their names; a flat folder has no labels. Several channels are
    averaged; what is longer than the model's input is cut, what is shorter ends in silence. All files must have one
    sample rate, as nothing is resampled.

    Args:
        folder: What holds the files.
        tensor: The model's input, ``[1, samples]`` or ``[1, samples, 1]``.

    Raises:
        BadInputError: A file is damaged or not PCM, rates differ, or the model takes no waveform.
    """
    shape = sample_shape(tensor)
    if len(shape) not in (1, 2) or shape[1:] not in ((), (1,)):
        raise BadInputError(
            f"The model's input {tensor.name!r} takes no waveform: it is {'x'.join(map(str, shape))}.",
            "Compute its features yourself and give them as .npz.",
        )
    files, labels = files_and_labels(folder, _SUFFIXES, "sounds")
    values = np.zeros((len(files), shape[0]), np.float32)
    digest = hashlib.sha256()
    rates: dict[int, Path] = {}
    for position, file in enumerate(files):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
        sound, rate = _read(file)
        rates.setdefault(rate, file)
        values[position, : len(sound)] = sound[: shape[0]]
    if len(rates) > 1:
        shown = ", ".join(f"{rate} Hz ({file.name})" for rate, file in sorted(rates.items()))
        raise BadInputError(f"The sounds have different sample rates: {shown}.", "Resample them to that of the model.")
    return RawData({"x": values.reshape(len(files), *shape)}, labels, digest.hexdigest())


def _read(file: Path) -> tuple[NDArray[np.float32], int]:
    try:
        with wave.open(str(file), "rb") as sound:
            width, channels, rate = sound.getsampwidth(), sound.getnchannels(), sound.getframerate()
            content = sound.readframes(sound.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise BadInputError(f"{file} is no sound PCM .wav ({error}).", "Remove it or save it again.") from error
    if width not in _WIDTHS:
        raise BadInputError(f"{file} has {8 * width} bits per sample.", "Save it with 8, 16 or 32 bits.")
    dtype, silence, one = _WIDTHS[width]
    whole = len(content) // (width * channels) * width * channels
    samples: NDArray[Any] = np.frombuffer(content[:whole], dtype).reshape(-1, channels)
    return np.asarray((samples.mean(axis=1) - silence) / one, np.float32), rate
