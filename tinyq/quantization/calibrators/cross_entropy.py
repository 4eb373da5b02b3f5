"""The range of logits that leaves the class probabilities nearest to those of the float model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tinyq.quantization.affine import Grid, Range, affine
from tinyq.quantization.calibrators.mse import MeanSquaredError
from tinyq.quantization.statistics import TensorStatistics

_VALUES = 100_000  # that a candidate is measured on; more do not move the choice


@dataclass(frozen=True)
class CrossEntropy:
    """Minimise the cross-entropy between the softmax of float and of quantized logits.

    Nagel et al. 2021 (arXiv 2106.08295), section 3.1, equations 13 and 14. Very negative logits may be clipped freely,
    as their classes have no probability anyway. Tensors that are no logits get the range of least squared error.

    Attributes:
        candidates: Fractions of the extremes tried per end and round, from ``smallest`` to 1.
        rounds: How often both ends are searched.
    """

    candidates: int = 60
    smallest: float = 0.2
    rounds: int = 2
    others: MeanSquaredError = field(default_factory=MeanSquaredError)

    @property
    def description(self) -> str:
        return "least cross-entropy of the softmax for logits, least mean squared error elsewhere"

    def __call__(self, statistics: TensorStatistics, grid: Grid) -> Range:
        if not statistics.logits.size:
            return self.others(statistics, grid)
        rows, classes = statistics.logits.shape
        few = statistics.logits[:: max(1, -(-rows * classes // _VALUES))].astype(np.float64)
        wanted = np.exp(_log_softmax(few))

        def loss(range_: Range) -> float:
            scale, zero_point = affine(range_, grid)
            codes = np.clip(np.rint(few / scale) + zero_point, grid.low, grid.high)
            return -float(np.sum(wanted * _log_softmax((codes - zero_point) * scale)))

        whole = Range(statistics.minimum, statistics.maximum).with_zero()
        fractions = np.linspace(1.0, self.smallest, self.candidates).tolist()
        best = min((Range(whole.low * f, whole.high * f) for f in fractions), key=loss)
        if grid.symmetric:
            return best
        for _ in range(self.rounds):
            best = min((best, *(Range(whole.low * f, best.high) for f in fractions)), key=loss)
            best = min((best, *(Range(best.low, whole.high * f) for f in fractions)), key=loss)
        return best


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


CALIBRATORS = {"cross-entropy": CrossEntropy()}
