"""How far a model's outputs are from the float model's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.analysis.runs import Outputs, Samples
from tinyq.evaluation import default_metric, evaluate
from tinyq.evaluation.metric import Metric
from tinyq.evaluation.metrics import metric as find_metric
from tinyq.graph import Graph

_SMALLEST_VARIANCE = 1e-12


@dataclass(frozen=True)
class Measured:
    """What was measured of one model.

    Attributes:
        error: Mean squared error of the outputs, relative to the variance of the float outputs; outputs weigh alike.
        score: The metric, or None where there is none.
    """

    error: float
    score: float | None


@dataclass(frozen=True)
class Yardstick:
    """The float model's outputs on some samples, which others are held against.

    Attributes:
        graph: The float model.
        samples: For each input real values ``[N, ...]``.
        reference: For each output what the float model gives, ``[N, ...]``.
        labels: ``[N, ...]``, or None.
        metric: None where nothing suits.
    """

    graph: Graph
    samples: Samples
    reference: Outputs
    labels: NDArray[Any] | None
    metric: Metric | None

    def measure(self, outputs: Sequence[NDArray[np.float32]]) -> Measured:
        """Error and score of a model's outputs on the samples."""
        return Measured(relative_error(outputs, self.reference), self._score(outputs))

    @property
    def float_score(self) -> float | None:
        return self._score(self.reference)

    def loss(self, score: float | None) -> float | None:
        """How much worse than the float model's a score is; negative if it is better."""
        own = self.float_score
        if score is None or own is None or self.metric is None:
            return None
        return own - score if self.metric.higher_is_better else score - own

    def _score(self, outputs: Sequence[NDArray[np.float32]]) -> float | None:
        if self.metric is None:
            return None
        return evaluate(self.metric, self.graph, outputs, self.labels, self.samples)


def yardstick(
    graph: Graph, samples: Samples, reference: Outputs, labels: NDArray[Any] | None, metric: str | None = None
) -> Yardstick:
    """A yardstick with a metric by name, or the one that suits the model and its labels.

    Raises:
        BadInputError: There is no such metric.
    """
    name = metric or default_metric(graph, labels)
    return Yardstick(graph, samples, reference, labels, find_metric(name) if name else None)


def relative_error(outputs: Sequence[NDArray[np.float32]], reference: Sequence[NDArray[np.float32]]) -> float:
    """Mean squared error over the reference's variance, averaged over outputs."""
    errors = []
    for got, wanted in zip(outputs, reference, strict=True):
        error = float(np.square(got.astype(np.float64) - wanted).mean())
        errors.append(error / max(float(wanted.var(dtype=np.float64)), _SMALLEST_VARIANCE))
    return float(np.mean(errors))
