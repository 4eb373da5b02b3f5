"""Which of two quantized models is better, decided on samples that ranges were not taken from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data import to_codes, to_values
from tinyq.errors import BadInputError
from tinyq.evaluation import default_metric, evaluate, run_float, run_tflm
from tinyq.evaluation.metric import Metric
from tinyq.evaluation.metrics import metric as find_metric
from tinyq.graph import Graph, write_graph

HELD_OUT_SHARE = 0.25
JUDGES = ("output", "metric")
_MOST_SAMPLES = 64
_MOST_LABELLED_SAMPLES = 1024


@dataclass(frozen=True)
class Judge:
    """Holds the float model's outputs on held-out samples.

    Attributes:
        inputs: For each input real values ``[N, ...]``.
        outputs: For each output what the float model gives, ``[N, ...]``.
        metric: What decides, or None for the error of the outputs.
        labels: What the metric needs.
    """

    inputs: tuple[NDArray[Any], ...]
    outputs: tuple[NDArray[Any], ...]
    metric: Metric | None = None
    labels: NDArray[Any] | None = None

    def error(self, graph: Graph) -> float:
        """How bad a quantized model is under TFLM; less is better.

        Without a metric the mean squared error of the outputs, relative to the float outputs' variance; the outputs of
        several heads weigh alike. With a metric what it lacks of the best (1 - accuracy); as few samples give many
        equals, the error of the outputs decides between those.
        """
        codes = [
            to_codes(x, graph.tensors[i], integers_are_codes=False)
            for x, i in zip(self.inputs, graph.inputs, strict=True)
        ]
        found = run_tflm(write_graph(graph), codes)
        errors = []
        for got, index, wanted in zip(found, graph.outputs, self.outputs, strict=True):
            difference = to_values(got, graph.tensors[index]).astype(np.float64) - wanted
            errors.append(float(np.square(difference).mean()) / max(float(wanted.var()), 1e-12))
        error = float(np.mean(errors))
        if self.metric is None:
            return error
        value = evaluate(self.metric, graph, found, self.labels, self.inputs)
        loss = (1.0 - value) if self.metric.higher_is_better else value
        # less than one answer more or less, whatever the error is
        return loss + 0.5 / len(self.inputs[0]) * error / (1.0 + error)


def split_for_judging(indices: NDArray[np.int64], judge: str = "output") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Calibration samples in two: those that ranges are taken from, and those that judge.

    A single sample has to do both. A metric needs more samples than the error of the outputs to tell models apart.
    """
    if len(indices) == 1:
        return indices, indices
    most, share = (_MOST_LABELLED_SAMPLES, 0.5) if judge == "metric" else (_MOST_SAMPLES, HELD_OUT_SHARE)
    held_out = max(1, min(most, int(len(indices) * share)))
    return indices[held_out:], indices[:held_out]


def make_judge(float_tflite: bytes, inputs: Sequence[NDArray[Any]]) -> Judge:
    """A judge by the error of the outputs; runs the float model on the held-out samples."""
    values = tuple(np.asarray(x, np.float32) for x in inputs)
    return Judge(values, tuple(run_float(float_tflite, values)))


def with_metric(judge: Judge, wanted: str | None, graph: Graph, labels: NDArray[Any] | None) -> Judge:
    """The judge, going by a metric.

    Args:
        judge: Of the same samples.
        wanted: A metric's name, or None for the one that suits the model and its labels.
        graph: The float model.
        labels: Of the held-out samples, ``[N, ...]``.

    Raises:
        BadInputError: There are no labels, or nothing suits them.
    """
    name = wanted or default_metric(graph, labels)
    if name is None:
        raise BadInputError(
            "Judging by a metric needs labels, which the data lack.", "Store them as y, or leave out --judge metric."
        )
    return replace(judge, metric=find_metric(name), labels=labels)
