"""One metric for the float model, the integer model on the host, and the integer model on the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tinyq.evaluation import default_metric, evaluate
from tinyq.evaluation.metrics import metric as find_metric
from tinyq.graph import Graph
from tinyq.reporting.models import Scores

Outputs = Sequence[NDArray[Any]] | None
NO_METRIC = "none"


@dataclass(frozen=True)
class Scored:
    """A metric's name and values; ``accuracy`` is empty unless the metric is a fraction."""

    metric: str
    accuracy: Scores
    score: Scores


def scores_of(
    wanted: str | None,
    graph: Graph,
    labels: NDArray[Any] | None,
    values: Sequence[NDArray[Any]] | None,
    *,
    float_: Outputs = None,
    host: Outputs = None,
    target: Outputs = None,
) -> Scored:
    """Judge up to three runs of the same samples.

    Args:
        wanted: A metric's name, or None for the one that suits the model and its labels.
        graph: The quantized model.
        labels: Labels, if there are any.
        values: For each input real values ``[N, ...]``, or None for inputs that are no data.
        float_, host, target: Outputs of the runs, values or codes ``[N, ...]``; None for a run that was not made.

    Raises:
        BadInputError: The metric needs labels that are missing or do not suit it.
    """
    name = wanted or (default_metric(graph, labels) if values is not None else None)
    if name is None or values is None:
        return Scored(name or NO_METRIC, Scores(), Scores())
    metric = find_metric(name)
    float_value, host_value, target_value = (
        None if outputs is None else evaluate(metric, graph, outputs, labels, values)
        for outputs in (float_, host, target)
    )
    score = Scores(float_=float_value, host=host_value, target=target_value)
    return Scored(name, score if metric.is_fraction else Scores(), score)
