"""What quantization did to one activation: error, clipping, unused codes, histograms; streamed over samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Tensor

BINS = 64
_CODES = {DType.INT8: (-128, 127), DType.INT16: (-32768, 32767)}


@dataclass(frozen=True)
class Histogram:
    """Values of one activation in equal bins over the range that its codes reach.

    Attributes:
        low, high: Borders of the first and the last bin.
        float_counts, quantized_counts: int64 ``[bins]``.
        below, above: Float values outside.
    """

    low: float
    high: float
    float_counts: NDArray[np.int64]
    quantized_counts: NDArray[np.int64]
    below: int
    above: int


@dataclass(frozen=True)
class Difference:
    """One activation, quantized against float.

    Attributes:
        sqnr_db: Signal to quantization noise, 10 log10(sum f^2 / sum (f - q)^2); None without noise or signal.
        cosine: Similarity of the two as vectors over all samples.
        max_error: Largest absolute difference.
        clipped: Share of float values beyond the outermost codes by more than rounding; None for a float activation.
        unused: Share of codes that no value took; None for a float activation, or with fewer values than codes.
        histogram: None for a float activation.
    """

    sqnr_db: float | None
    cosine: float
    max_error: float
    clipped: float | None
    unused: float | None
    histogram: Histogram | None


class Meter:
    """Takes the values of one activation, sample by sample; memory is one count per code.

    Args:
        tensor: The activation in the quantized model; it may be float there.
    """

    def __init__(self, tensor: Tensor) -> None:
        self._quantization = tensor.quantization if tensor.dtype in _CODES else None
        self._low, self._high = _CODES.get(tensor.dtype, (0, 0))
        codes = self._high - self._low + 1
        self._codes = np.zeros(codes, np.int64)
        self._bins = np.zeros(BINS + 2, np.int64)
        self._ff = self._qq = self._fq = self._dd = self._worst = 0.0
        self._clipped = self._count = 0

    def add(self, real: NDArray[Any], held: NDArray[Any]) -> None:
        """One sample.

        Args:
            real: Values of the float model, any shape.
            held: What the other model's tensor holds, codes or values, as many.
        """
        f = real.reshape(-1).astype(np.float64)
        if self._quantization is None:
            q = held.reshape(-1).astype(np.float64)
        else:
            scale, zero_point = self._quantization.scalar
            codes = held.reshape(-1).astype(np.int64)
            q = ((codes - zero_point) * scale).astype(np.float64)
            self._codes += np.bincount(codes - self._low, minlength=self._codes.size)
            position = f / scale + (zero_point - self._low + 0.5)  # code k covers [k, k + 1)
            outside = (position < 0) | (position >= self._codes.size)
            self._clipped += int(np.count_nonzero(outside))
            bins = np.clip(np.floor(position * (BINS / self._codes.size)), -1, BINS).astype(np.int64)
            self._bins += np.bincount(bins + 1, minlength=BINS + 2)
        difference = f - q
        self._count += f.size
        self._ff += float(f @ f)
        self._qq += float(q @ q)
        self._fq += float(f @ q)
        self._dd += float(difference @ difference)
        self._worst = max(self._worst, float(np.abs(difference).max(initial=0.0)))

    def result(self) -> Difference:
        """What all samples gave."""
        sqnr = 10 * float(np.log10(self._ff / self._dd)) if self._ff > 0 and self._dd > 0 else None
        norm = np.sqrt(self._ff * self._qq)
        # two vectors of zeros are alike
        cosine = float(self._fq / norm) if norm > 0 else float(self._ff == self._qq)
        if self._quantization is None:
            return Difference(sqnr, cosine, self._worst, None, None, None)
        unused = np.count_nonzero(self._codes == 0) / self._codes.size if self._count >= self._codes.size else None
        clipped = self._clipped / self._count if self._count else None
        return Difference(sqnr, cosine, self._worst, clipped, unused, self._histogram(*self._quantization.scalar))

    def _histogram(self, scale: float, zero_point: int) -> Histogram:
        start = self._low - zero_point - 0.5
        return Histogram(
            low=scale * start,
            high=scale * (start + self._codes.size),
            float_counts=self._bins[1:-1],
            quantized_counts=self._codes.reshape(BINS, -1).sum(axis=1),
            below=int(self._bins[0]),
            above=int(self._bins[-1]),
        )
