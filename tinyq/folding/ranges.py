"""Intervals of the codes that the channels of an activation can take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen.arithmetic import code_range
from tinyq.graph import DType, Tensor

Mask = NDArray[np.bool_]
Integers = NDArray[np.int64]

_INTEGERS = (DType.INT8, DType.UINT8, DType.INT16)


def channels_of(tensor: Tensor) -> int:
    """Size of the last axis, along which the channels lie."""
    return tensor.shape[-1] if tensor.shape else 1


@dataclass(frozen=True)
class Range:
    """Least and greatest code of each channel, int64 ``[channels]``."""

    low: Integers
    high: Integers

    @staticmethod
    def whole(tensor: Tensor) -> Range:
        """Whatever the tensor's type can hold; for other types than codes, an interval that is never one value."""
        low, high = code_range(tensor.dtype) if tensor.dtype in _INTEGERS else (-1, 1)
        return Range.between(low, high, channels_of(tensor))

    @staticmethod
    def between(low: int, high: int, channels: int) -> Range:
        """The same interval for all channels."""
        return Range(np.full(channels, low, np.int64), np.full(channels, high, np.int64))

    @property
    def is_constant(self) -> Mask:
        """Which channels have one value only, bool ``[channels]``."""
        return np.asarray(self.low == self.high)

    def take(self, channels: Integers) -> Range:
        """The intervals of some channels."""
        return Range(self.low[channels], self.high[channels])

    def clamped(self, low: int, high: int) -> Range:
        """After limiting codes to [low, high]."""
        return Range(np.clip(self.low, low, high), np.clip(self.high, low, high))

    def including(self, code: int) -> Range:
        """With a code that may turn up in every channel."""
        return Range(np.minimum(self.low, code), np.maximum(self.high, code))
