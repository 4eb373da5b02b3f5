"""Ranges of a number of standard deviations about the mean."""

from __future__ import annotations

from dataclasses import dataclass

from tinyq.quantization.affine import Grid, Range
from tinyq.quantization.statistics import TensorStatistics


@dataclass(frozen=True)
class Sigma:
    """Mean plus and minus ``deviations`` standard deviations, within what was seen.

    Suits bell-shaped activations; those behind a ReLU are skewed, and lose their tail.
    """

    deviations: float = 3.0

    @property
    def description(self) -> str:
        return f"mean plus and minus {self.deviations:g} standard deviations"

    def __call__(self, statistics: TensorStatistics, grid: Grid) -> Range:
        reach = self.deviations * statistics.std
        low = max(statistics.minimum, statistics.mean - reach)
        high = min(statistics.maximum, statistics.mean + reach)
        return Range(low, high)


CALIBRATORS = {"3-sigma": Sigma(3.0), "6-sigma": Sigma(6.0)}
