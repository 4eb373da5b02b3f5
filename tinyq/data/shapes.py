"""Fit the shapes of data to the inputs of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError
from tinyq.graph import Tensor

_CHUNK_BYTES = 16 << 20


def sample_shape(tensor: Tensor) -> tuple[int, ...]:
    """Shape of one sample of an input or output: without the leading one of the batch."""
    return tensor.shape[1:] if tensor.shape[:1] == (1,) else tensor.shape


def is_sequence(array: NDArray[Any], tensor: Tensor) -> bool:
    """Whether data are sequences, ``[N, steps, ...]``: each sample has what several inferences take or give."""
    return array.ndim == len(sample_shape(tensor)) + 2


def fit(array: NDArray[Any], tensor: Tensor, what: str, *, sequences: bool = False) -> NDArray[Any]:
    """An array ``[N, ...]`` with the shape that a model's input takes.

    Dimensions of one may be missing or too many, as a grey image has no channels to speak of; a view is returned.

    Args:
        array: Samples.
        tensor: The model's input.
        what: Name of the array, for messages.
        sequences: Whether a sample may be a sequence, ``[N, steps, ...]``, as for models that keep states.

    Raises:
        BadInputError: The samples have another shape.
    """
    expected = sample_shape(tensor)
    if array.ndim and array.shape[1:] == expected:
        return array
    if array.ndim and _squeezed(array.shape[1:]) == _squeezed(expected):
        return array.reshape(len(array), *expected)
    if sequences and is_sequence(array, tensor) and array.shape[2:] == expected and array.shape[1]:
        return array
    raise BadInputError(
        f"Samples of {what} have the shape {_shown(array.shape[1:])} but the model's input {tensor.name!r} takes "
        f"{_shown(expected)}.",
        _hint(array.shape, expected, what),
    )


def check_finite(array: NDArray[Any], what: str) -> None:
    """Look for NaN and infinity, a part at a time.

    Raises:
        BadInputError: There is one; says in which sample.
    """
    if array.dtype.kind != "f":
        return
    step = max(1, _CHUNK_BYTES // max(1, array[:1].nbytes))
    for start in range(0, len(array), step):
        part = array[start : start + step].reshape(min(step, len(array) - start), -1)
        finite = np.isfinite(part).all(axis=1)
        if not finite.all():
            position = int(np.argmin(finite))
            kind = "NaN" if np.isnan(part[position]).any() else "an infinite value"
            raise BadInputError(
                f"Sample {start + position} of {what} holds {kind}.", "Repair or remove such samples before."
            )


def _hint(shape: tuple[int, ...], expected: tuple[int, ...], what: str) -> str:
    full = _shown(("N", *expected))
    if _squeezed(shape) == _squeezed(expected):
        return f"A dimension that counts the samples is missing: give {what} the shape {full}."
    if len(expected) == 3 and shape[1:] == (expected[2], expected[0], expected[1]):
        return f"The channels come first; reorder them with {what}.transpose(0, 2, 3, 1)."
    return f"Give {what} the shape {full}, prepared as for training."


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def _shown(shape: Sequence[int | str]) -> str:
    return "x".join(map(str, shape)) if shape else "of a single number"
