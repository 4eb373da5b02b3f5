"""Extremes of each sample, averaged exponentially."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq.quantization.affine import Grid, Range
from tinyq.quantization.statistics import TensorStatistics


@dataclass(frozen=True)
class MovingAverage:
    """Exponential moving average of each sample's extremes (Krishnamoorthi 2018, arXiv 1806.08342, section 3.1.2).

    Attributes:
        decay: Weight of the past. The start is corrected for, so that short runs are averages too.
    """

    decay: float = 0.99

    @property
    def description(self) -> str:
        return f"moving average of each sample's extremes, decay {self.decay:g}"

    def __call__(self, statistics: TensorStatistics, grid: Grid) -> Range:
        return Range(self._average(statistics.sample_minima), self._average(statistics.sample_maxima))

    def _average(self, extremes: NDArray[np.float32]) -> float:
        weights = self.decay ** np.arange(extremes.size - 1, -1, -1)
        return float(np.average(extremes.astype(np.float64), weights=weights))


CALIBRATORS = {"moving-average": MovingAverage()}
