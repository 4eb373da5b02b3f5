"""Whether two runs gave the same outputs, to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class BitExactness:
    """Of ``total`` samples ``equal`` have equal outputs; ``first_difference`` is the first that has not."""

    equal: int
    total: int
    first_difference: int | None = None

    @property
    def exact(self) -> bool:
        return self.equal == self.total


def compare(outputs: Sequence[NDArray[Any]], reference: Sequence[NDArray[Any]]) -> BitExactness:
    """Count the samples whose whole output, over all outputs of the model, is equal bit for bit.

    Args:
        outputs, reference: For each output of the model an array ``[N, ...]``, of equal types and shapes.

    Raises:
        ValueError: The two have different numbers of outputs, types or shapes.
    """
    if [(a.dtype, a.shape) for a in outputs] != [(b.dtype, b.shape) for b in reference] or not outputs:
        raise ValueError("the two runs have different numbers, types or shapes of outputs")
    equal = np.ones(len(outputs[0]), bool)
    for a, b in zip(outputs, reference, strict=True):
        equal &= (_bits(a) == _bits(b)).all(axis=1)
    different = np.flatnonzero(~equal)
    return BitExactness(int(equal.sum()), len(equal), int(different[0]) if different.size else None)


def _bits(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Bytes of each sample, so that NaN equals NaN and 0.0 differs from -0.0."""
    return np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8)
