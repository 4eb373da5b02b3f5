"""The debugging flowchart of post-training quantization, as measured steps.

After the debugging chart of Nagel et al. 2021, "A White Paper on Neural Network Quantization" (arXiv 2106.08295): is
the float model sound, do weights or activations lose, and which layers.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import numpy as np

from tinyq.analysis.measure import Measured, Yardstick
from tinyq.analysis.partial import activations_only, weights_only
from tinyq.analysis.runs import run_graphs
from tinyq.graph import Graph

ERROR_LIMIT = 0.01
"""Relative output error (20 dB below the signal) from which a step counts as lossy."""
LOSS_LIMIT = 0.01
"""Loss of a metric between 0 and 1 from which a step counts as lossy."""
LEAST_SAMPLES = 5
"""Such a loss must also be worth so many samples; fewer may be chance (one-sided sign test, 3 %)."""

_SMALLEST_VARIANCE = 1e-12


@dataclass(frozen=True)
class Step:
    """One step of the flowchart.

    Attributes:
        name: "float", "transforms", "quantized", "weights" or "activations".
        question: What it answers.
        measured: None if LiteRT cannot run the model of this step.
        loss: Of the metric against the float model, or None.
        fails: Whether the trouble shows here.
    """

    name: str
    question: str
    measured: Measured | None
    loss: float | None
    fails: bool


@dataclass(frozen=True)
class Flowchart:
    """All steps, in order."""

    steps: tuple[Step, ...]

    def fails(self, name: str) -> bool:
        """Whether a step was taken and failed."""
        return any(s.fails for s in self.steps if s.name == name)

    def step(self, name: str) -> Step:
        return next(s for s in self.steps if s.name == name)


def flowchart(graph: Graph, quantized: Graph, yardstick: Yardstick) -> Flowchart:
    """Take all steps.

    Args:
        graph: The float graph that was quantized, transforms applied.
        quantized: The result, in which the tensors of ``graph`` kept their indices.
        yardstick: Made from the float graph before transforms.

    Raises:
        BadInputError: The interpreter died.
    """
    models = [
        ("quantized", "Does the quantized model do what the float model does?", quantized),
        ("weights", "Do quantized weights alone lose it?", weights_only(graph, quantized)),
        ("activations", "Do quantized activations alone lose it?", activations_only(graph, quantized)),
    ]
    if graph is not yardstick.graph:
        models.insert(0, ("transforms", "Do the transforms leave the float model as it was?", graph))
    steps = [_float_step(yardstick)]
    with closing(run_graphs((g for _, _, g in models), yardstick.samples)) as results:
        for (name, question, _), outputs in zip(models, results, strict=True):
            measured = yardstick.measure(outputs) if outputs is not None else None
            loss = yardstick.loss(measured.score) if measured is not None else None
            steps.append(Step(name, question, measured, loss, measured is not None and lossy(measured, yardstick)))
    return Flowchart(tuple(steps))


def lossy(measured: Measured, yardstick: Yardstick) -> bool:
    """Whether a model is noticeably worse than the float model, by its outputs or by its score."""
    loss = yardstick.loss(measured.score)
    bounded = yardstick.metric is not None and yardstick.metric.is_fraction
    notable = max(LOSS_LIMIT, LEAST_SAMPLES / len(yardstick.samples[0]))
    return measured.error > ERROR_LIMIT or (bounded and loss is not None and loss >= notable)


def _float_step(yardstick: Yardstick) -> Step:
    score = yardstick.float_score
    constant = all(float(x.var(dtype=np.float64)) < _SMALLEST_VARIANCE for x in yardstick.reference)
    guess = _guess(yardstick)
    poor = score is not None and guess is not None and score <= guess
    # one sample says nothing of variance or accuracy
    fails = len(yardstick.samples[0]) > 1 and (constant or poor)
    return Step("float", "Does the float model work on these data?", Measured(0.0, score), None, fails)


def _guess(yardstick: Yardstick) -> float | None:
    """The score of always giving the same answer, if the metric has one and the labels differ."""
    name, labels = yardstick.metric.name if yardstick.metric else "", yardstick.labels
    if labels is None:
        return None
    if name == "top1" and labels.dtype.kind != "f":
        counts = np.unique(labels, return_counts=True)[1]
        return float(counts.max() / labels.size) if counts.size > 1 else None
    return 0.5 if name == "auc" else None
