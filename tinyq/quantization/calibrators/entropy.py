"""The range that keeps most of the distribution's information."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq.quantization.affine import Grid, Range
from tinyq.quantization.statistics import TensorStatistics

_NOTHING = 1e-12


@dataclass(frozen=True)
class KullbackLeibler:
    """Least Kullback-Leibler divergence between the values seen and their quantized form (Migacz, GTC 2017).

    For each candidate range the histogram, with what lies outside added to its end bins, is the reference P; Q spreads
    the count of each code evenly over those of its bins that are not empty. Both ends shrink together, and then each
    alone. A histogram with fewer bins than codes says nothing, so candidates keep at least one bin per code. Zero has a
    code of its own whatever the range, so the spike that a ReLU leaves there counts no more than the bins beside it.

    Attributes:
        candidates: Ranges tried per search.
    """

    candidates: int = 64

    @property
    def description(self) -> str:
        return "least Kullback-Leibler divergence to the quantized histogram"

    def __call__(self, statistics: TensorStatistics, grid: Grid) -> Range:
        counts = statistics.histogram.astype(np.float64)
        bins, codes = counts.size, grid.steps + 1
        if codes >= bins or statistics.minimum == statistics.maximum:
            return Range(statistics.minimum, statistics.maximum)
        edges = statistics.edges
        spike = int(np.clip(np.searchsorted(edges, 0.0, side="right") - 1, 0, bins - 1))
        counts[spike] = min(counts[spike], counts[max(0, spike - 1) : spike + 2].sum() - counts[spike])
        zero = int(np.clip(np.searchsorted(edges, 0.0), 0, bins))
        shares = np.linspace(codes / bins, 1.0, self.candidates)

        def ends(low_share: float, high_share: float) -> tuple[int, int]:
            """First and last bin border: shares of what lies on either side of zero."""
            return zero - round(zero * low_share), zero + round((bins - zero) * high_share)

        def divergence(between: tuple[int, int]) -> float:
            return _divergence(counts, between[0], between[1], codes)

        tried = [ends(s, s) for s in shares]
        low, high = min(tried, key=divergence)
        if 0 < zero < bins and not grid.symmetric:
            lows = [(ends(s, 1.0)[0], high) for s in shares]
            low, high = min(lows, key=divergence)
            highs = [(low, ends(1.0, s)[1]) for s in shares]
            low, high = min(highs, key=divergence)
        return Range(float(edges[low]), float(edges[high]))


def _divergence(counts: NDArray[np.float64], low: int, high: int, codes: int) -> float:
    """D(P || Q) for the bins ``low`` to ``high``; infinite if the range is narrower than the codes."""
    if high - low < codes:
        return np.inf
    inside = counts[low:high]
    reference = inside.copy()
    reference[0] += counts[:low].sum()
    reference[-1] += counts[high:].sum()
    code = np.arange(inside.size) * codes // inside.size
    filled = inside > 0
    mass = np.bincount(code, inside, minlength=codes)
    members = np.bincount(code, filled, minlength=codes)
    quantized = np.where(filled, np.divide(mass, members, out=np.zeros(codes), where=members > 0)[code], 0.0)
    p = reference / reference.sum()
    q = quantized / max(quantized.sum(), _NOTHING)
    present = p > 0
    return float(np.sum(p[present] * np.log(p[present] / np.maximum(q[present], _NOTHING))))


CALIBRATORS = {"kl": KullbackLeibler()}
