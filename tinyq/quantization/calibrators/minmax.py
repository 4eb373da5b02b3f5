"""The extremes that were seen."""

from __future__ import annotations

from dataclasses import dataclass

from tinyq.quantization.affine import Grid, Range
from tinyq.quantization.statistics import TensorStatistics


@dataclass(frozen=True)
class MinMax:
    """The whole range that was seen (Krishnamoorthi 2018, section 3.1)."""

    description: str = "smallest and largest value seen"

    def __call__(self, statistics: TensorStatistics, grid: Grid) -> Range:
        return Range(statistics.minimum, statistics.maximum)


CALIBRATORS = {"minmax": MinMax()}
