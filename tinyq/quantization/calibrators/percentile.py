"""Ranges that leave out a small share of the values on either side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinyq.quantization.affine import Grid, Range
from tinyq.quantization.statistics import TensorStatistics


@dataclass(frozen=True)
class Percentile:
    """The range between two percentiles, read off the histogram.

    Attributes:
        share: Percent of all values that the range keeps; half of the rest is cut on either side. A side whose extreme
            holds more than its cut (the zeros behind a ReLU) keeps its extreme.
    """

    share: float = 99.99

    @property
    def description(self) -> str:
        return f"two-sided percentile, keeps {self.share:g} % of the values"

    def __call__(self, statistics: TensorStatistics, grid: Grid) -> Range:
        cumulative = np.concatenate([[0.0], np.cumsum(statistics.histogram)]) / statistics.histogram.sum()
        cut = (100.0 - self.share) / 200.0
        edges = statistics.edges
        low = edges[max(0, int(np.searchsorted(cumulative, cut, side="right")) - 1)]
        high = edges[min(edges.size - 1, int(np.searchsorted(cumulative, 1.0 - cut, side="left")))]
        return Range(float(low), float(high)) if low < high else Range(statistics.minimum, statistics.maximum)


CALIBRATORS = {"percentile": Percentile(), "percentile-99.9": Percentile(99.9)}
