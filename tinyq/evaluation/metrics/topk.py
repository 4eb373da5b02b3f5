"""Share of samples whose class is among the highest outputs."""

from __future__ import annotations

import numpy as np

from tinyq.errors import BadInputError
from tinyq.evaluation.metric import Evidence, Metric, class_labels


def top1(evidence: Evidence) -> float:
    """Accuracy; ties go to the lower class, and a single output is compared with the threshold."""
    labels, outputs = class_labels(evidence, "top1"), evidence.outputs[0]
    if outputs.shape[1:] in ((), (1,)):
        predicted = (outputs.reshape(-1) > evidence.threshold).astype(np.int64)
        return float(np.mean(predicted == labels.reshape(-1)))
    _check(outputs.shape, labels.shape, "top1")
    return float(np.mean(outputs.argmax(axis=-1) == labels))


def top5(evidence: Evidence) -> float:
    """Share of samples with fewer than five outputs that come before that of the class."""
    labels, outputs = class_labels(evidence, "top5"), evidence.outputs[0]
    if outputs.ndim < 2 or outputs.shape[-1] <= 5:
        raise BadInputError(
            f"The metric top5 says nothing of a model with {outputs.shape[-1] if outputs.ndim > 1 else 1} outputs.",
            "Use top1.",
        )
    _check(outputs.shape, labels.shape, "top5")
    own = np.take_along_axis(outputs, labels[..., None], axis=-1)
    earlier = (outputs == own) & (np.arange(outputs.shape[-1]) < labels[..., None])
    return float(np.mean((outputs > own).sum(axis=-1) + earlier.sum(axis=-1) < 5))


def _check(outputs: tuple[int, ...], labels: tuple[int, ...], name: str) -> None:
    if labels != outputs[:-1]:
        raise BadInputError(
            f"The metric {name} needs one class for each sample: labels are {labels} but outputs are {outputs}.",
            "Give one whole number from 0 for each sample.",
        )


METRICS = (
    Metric("top1", "share of samples whose highest output is their class", True, True, top1),
    Metric("top5", "share of samples whose class is among the five highest outputs", True, True, top5),
)
