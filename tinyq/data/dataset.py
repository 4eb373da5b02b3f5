"""A data set in memory, and how it is split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError

_CALIBRATION_SAMPLES = 200


@dataclass(frozen=True)
class Dataset:
    """Samples, and labels where there are any.

    Attributes:
        inputs: For each input of the model an array ``[N, ...]``, float32 or integer, possibly mapped from a file.
        labels: Classes, int64 ``[N, ...]``; or targets, float32 ``[N, ...]``; or None.
        source: Where the data came from, as the user gave it.
        sha256: Of the file's bytes; of a folder's file names and bytes; of a function's arrays.
    """

    inputs: tuple[NDArray[Any], ...]
    labels: NDArray[Any] | None
    source: str
    sha256: str

    def __len__(self) -> int:
        return len(self.inputs[0])

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Dataset:
        """The samples at some indices, in that order."""
        chosen = np.asarray(indices, np.int64)
        labels = None if self.labels is None else self.labels[chosen]
        return replace(self, inputs=tuple(x[chosen] for x in self.inputs), labels=labels)


@dataclass(frozen=True)
class Split:
    """Disjoint sample indices, in the order of the shuffle, so that any first part is a random one."""

    calibration: NDArray[np.int64]
    evaluation: NDArray[np.int64]


def split(size: int, calibration: int | None = None, seed: int = 0) -> Split:
    """Part a data set into samples to calibrate with and samples that calibration never sees.

    Args:
        size: Number of samples there are.
        calibration: How many to calibrate with; by default half of them, at most 200, at least one.
        seed: Of the shuffle.

    Raises:
        BadInputError: There are no samples, or fewer than asked for.
    """
    if size < 1:
        raise BadInputError("The data hold no samples.", "Give at least one; a hundred or more calibrate well.")
    if calibration is None:
        calibration = max(1, min(_CALIBRATION_SAMPLES, size // 2))
    if not 1 <= calibration <= size:
        raise BadInputError(
            f"{calibration} calibration samples were asked for but the data hold {size}.",
            f"Ask for 1 to {size}; what is left over is used for evaluation.",
        )
    order = np.random.default_rng(seed).permutation(size)
    return Split(order[:calibration], order[calibration:])
