"""The range whose quantization error, over the values that were seen, is smallest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq.quantization.affine import Grid, Range, affine
from tinyq.quantization.statistics import TensorStatistics


@dataclass(frozen=True)
class MeanSquaredError:
    """Minimise the mean squared quantization error (Nagel et al. 2021, arXiv 2106.08295, section 3.1, equation 12).

    The error is measured on the histogram: each bin counts as its centre. Both ends are searched in turn on a grid of
    fractions of the extremes, because activations are seldom symmetric.

    Attributes:
        candidates: Fractions tried per end and round, from ``smallest`` to 1.
        rounds: How often both ends are searched.
    """

    candidates: int = 80
    smallest: float = 0.2
    rounds: int = 2

    @property
    def description(self) -> str:
        return "least mean squared quantization error on the histogram"

    def __call__(self, statistics: TensorStatistics, grid: Grid) -> Range:
        used = statistics.histogram > 0
        values = statistics.centers[used]
        weights = statistics.histogram[used].astype(np.float64)
        whole = Range(statistics.minimum, statistics.maximum).with_zero()
        fractions = np.linspace(1.0, self.smallest, self.candidates).tolist()

        # shrink both ends together first: the error of a lone end is flat while the other sets the step
        errors = [_error(values, weights, Range(whole.low * f, whole.high * f), grid) for f in fractions]
        start = fractions[int(np.argmin(errors))]
        best = Range(whole.low * start, whole.high * start)
        if grid.symmetric:
            return best
        for _ in range(self.rounds):
            lows = [Range(whole.low * f, best.high) for f in fractions] if whole.low < 0 else [best]
            best = _best(values, weights, lows, grid)
            highs = [Range(best.low, whole.high * f) for f in fractions] if whole.high > 0 else [best]
            best = _best(values, weights, highs, grid)
        return best


def _best(values: NDArray[np.float64], weights: NDArray[np.float64], ranges: list[Range], grid: Grid) -> Range:
    return min(ranges, key=lambda r: _error(values, weights, r, grid))


def _error(values: NDArray[np.float64], weights: NDArray[np.float64], range_: Range, grid: Grid) -> float:
    scale, zero_point = affine(range_, grid)
    codes = np.clip(np.rint(values / scale) + zero_point, grid.low, grid.high)
    return float(weights @ np.square((codes - zero_point) * scale - values))


CALIBRATORS = {"mse": MeanSquaredError()}
