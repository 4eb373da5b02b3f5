"""Judge the outputs of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data import sample_shape, to_values
from tinyq.data.heads import head, reconstructs
from tinyq.data.shapes import is_sequence
from tinyq.evaluation.metric import Evidence, Metric
from tinyq.graph import Graph, Tensor

_UNBOUNDED = ("FULLY_CONNECTED", "CONV_2D", "ADD", "SUB", "MEAN")


def evaluate(
    metric: Metric,
    graph: Graph,
    outputs: Sequence[NDArray[Any]],
    labels: NDArray[Any] | None = None,
    inputs: Sequence[NDArray[Any]] = (),
) -> float:
    """One metric of one run.

    Args:
        metric: How to judge.
        graph: The model that ran; its quantization turns codes into values.
        outputs: For each output values or codes ``[N, ...]``, as a runner or a target gives them. Of sequences,
            ``[N, steps, ...]``, the last step is judged.
        labels: As in a :class:`~tinyq.data.Dataset`.
        inputs: For each input real values ``[N, ...]``; needed for autoencoders.

    Raises:
        BadInputError: Labels are missing, or do not suit the metric.
    """
    values = [
        to_values(last_step(x, graph.tensors[i]), graph.tensors[i]) for x, i in zip(outputs, graph.outputs, strict=True)
    ]
    given = [last_step(x, graph.tensors[i]) for x, i in zip(inputs, graph.inputs, strict=False)]
    return metric.compute(Evidence(values, labels, given, decision_threshold(graph)))


def last_step(array: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """What is judged of a sequence: its last step; single inferences as they are."""
    return array[:, -1] if is_sequence(array, tensor) else array


def decision_threshold(graph: Graph) -> float:
    """Where a single output parts two classes: 0 for a logit, 0.5 for anything that was squashed into 0..1."""
    op = head(graph)
    if op is not None and op.kind in _UNBOUNDED and getattr(op.options, "activation", "NONE") == "NONE":
        return 0.0
    return 0.5


def default_metric(graph: Graph, labels: NDArray[Any] | None) -> str | None:
    """The metric that suits a model and its labels, by name; None where nothing can be measured.

    Classes are judged by top1, those of an autoencoder (normal or anomalous) by auc, targets by mse; an autoencoder
    without labels by the mse of its reconstruction.
    """
    if labels is None:
        return "mse" if reconstructs(graph) else None
    if labels.dtype.kind == "f":
        return "mse"
    if reconstructs(graph) and labels.ndim == 1:
        return "auc" if set(np.unique(labels)) == {0, 1} else "mse"
    shape = sample_shape(graph.tensors[graph.outputs[0]])
    if shape in ((), (1,)):
        return "top1" if labels.size and labels.min() >= 0 and labels.max() <= 1 else "mse"
    return "top1" if labels.shape[1:] == shape[:-1] else "mse"
