"""From a range of real values to a scale and a zero point, and between values and codes.

Affine quantization as in Krishnamoorthi 2018 (arXiv 1806.08342), section 2.1: real = scale * (code - zero_point), with
zero always representable, and the scale held in float32 as the file holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Quantization

# below this a range is a constant zero in float32 arithmetic; the scale must stay a normal number
_SMALLEST_RANGE = 1e-30
_LEAST_SCALE = 2.0**-28


@dataclass(frozen=True)
class Grid:
    """The codes that an integer type offers.

    Attributes:
        low, high: Least and greatest code.
        symmetric: The zero point is fixed at 0.
        power_of_two: Scales are powers of two.
    """

    low: int
    high: int
    symmetric: bool = False
    power_of_two: bool = False

    @property
    def steps(self) -> int:
        return self.high - self.low


INT8 = Grid(-128, 127)
INT8_SYMMETRIC = Grid(-127, 127, symmetric=True)
INT8_WEIGHTS = Grid(-127, 127, symmetric=True)
INT16 = Grid(-32767, 32767, symmetric=True)
INT4_WEIGHTS = Grid(-7, 7, symmetric=True)


@dataclass(frozen=True)
class Range:
    """A closed interval of real values."""

    low: float
    high: float

    def with_zero(self) -> Range:
        """The smallest range that holds this one and zero."""
        return Range(min(self.low, 0.0), max(self.high, 0.0))

    def union(self, other: Range) -> Range:
        """The smallest range that holds both."""
        return Range(min(self.low, other.low), max(self.high, other.high))


def affine(range_: Range, grid: Grid, least: float = 0.0) -> tuple[float, int]:
    """Scale (a float32 value) and zero point that cover a range.

    The zero point is rounded to the nearest code, so that zero is exact; the range moves by at most half a step.

    Args:
        range_: What to cover.
        grid: Codes to cover it with.
        least: The scale is no smaller. Nor is it ever smaller than 2^-28, where 6, to which activations are clamped,
            outgrows the kernels' integers; networks that were never trained have values as small as that.
    """
    held = range_.with_zero()
    width = 2 * max(-held.low, held.high) if grid.symmetric else held.high - held.low
    if width < _SMALLEST_RANGE:
        return 1.0, 0 if grid.symmetric else max(grid.low, min(grid.high, 0))
    scale = float(np.float32(max(width / grid.steps, least, _LEAST_SCALE)))
    if grid.power_of_two:
        scale = float(2.0 ** np.ceil(np.log2(scale)))
    if grid.symmetric:
        return scale, 0
    zero_point = grid.low - round(held.low / scale)
    return scale, int(min(grid.high, max(grid.low, zero_point)))


def covered(scale: float, zero_point: int, grid: Grid) -> Range:
    """The real values that the codes of a grid reach."""
    return Range(scale * (grid.low - zero_point), scale * (grid.high - zero_point))


def encode(values: NDArray[Any], quantization: Quantization, grid: Grid, dtype: DType) -> NDArray[Any]:
    """Nearest codes, saturating. ``values`` may have any shape; per-channel scales lie along ``quantization.axis``."""
    scale, zero_point = _broadcast(quantization, values.ndim)
    codes = np.rint(np.asarray(values, np.float64) / scale) + zero_point
    return np.clip(codes, grid.low, grid.high).astype(dtype.numpy)


def decode(codes: NDArray[Any], quantization: Quantization) -> NDArray[np.float64]:
    """The real values that codes stand for."""
    scale, zero_point = _broadcast(quantization, codes.ndim)
    return scale * (codes.astype(np.float64) - zero_point)


def _broadcast(q: Quantization, ndim: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shape = [1] * ndim
    if q.is_per_channel:
        shape[q.axis] = -1
    scale = q.scale.astype(np.float64)
    zero_point = q.zero_point.astype(np.float64)
    return (scale.reshape(shape), zero_point.reshape(shape)) if ndim else (scale[0], zero_point[0])
