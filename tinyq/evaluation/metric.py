"""What a metric is, and what it judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError


@dataclass(frozen=True)
class Evidence:
    """What a model was given and what it gave.

    Attributes:
        outputs: For each output real values ``[N, ...]``; metrics judge the first.
        labels: Classes, int64 ``[N, ...]``, or targets, float32 ``[N, ...]``, or None.
        inputs: For each input real values ``[N, ...]``; the target of an autoencoder.
        threshold: Where a single output parts class 0 from class 1: above is class 1.
    """

    outputs: Sequence[NDArray[np.float32]]
    labels: NDArray[Any] | None = None
    inputs: Sequence[NDArray[Any]] = ()
    threshold: float = 0.5

    @property
    def reconstructs(self) -> bool:
        """Whether the first output has the shape of the first input, as an autoencoder's has."""
        return bool(self.inputs) and self.inputs[0].shape == self.outputs[0].shape


@dataclass(frozen=True)
class Metric:
    """One way to judge.

    Attributes:
        name: As on the command line.
        description: One line for people.
        higher_is_better: Otherwise lower is.
        is_fraction: Whether it lies in 0..1, so that it may be printed in percent.
        compute: The metric itself.
    """

    name: str
    description: str
    higher_is_better: bool
    is_fraction: bool
    compute: Callable[[Evidence], float]


def custom(name: str, function: Callable[[Any, Any], Any]) -> Metric:
    """A function ``(outputs, labels) -> float`` as a metric.

    It gets the one output as an array, several as a list, and labels or None. Higher is taken to be better, unless the
    function has an attribute ``higher_is_better`` that says otherwise; ``is_fraction`` likewise (False).
    """

    def compute(evidence: Evidence) -> float:
        outputs = evidence.outputs[0] if len(evidence.outputs) == 1 else list(evidence.outputs)
        try:
            return float(function(outputs, evidence.labels))
        except Exception as error:  # the user's own code
            raise BadInputError(
                f"The metric {name} failed ({type(error).__name__}: {error}).",
                "It is called with outputs [N, ...] and labels [N], and must return one number.",
            ) from error

    return Metric(
        name,
        (getattr(function, "__doc__", None) or name).strip().splitlines()[0],
        bool(getattr(function, "higher_is_better", True)),
        bool(getattr(function, "is_fraction", False)),
        compute,
    )


def class_labels(evidence: Evidence, name: str) -> NDArray[np.int64]:
    """The labels, if they are classes.

    Raises:
        BadInputError: There are none, or they are targets.
    """
    labels = evidence.labels
    if labels is None:
        raise BadInputError(f"The metric {name} needs labels, which the data lack.", "Store them as y.")
    if labels.dtype.kind == "f":
        if not np.array_equal(labels, np.rint(labels)):
            raise BadInputError(
                f"The metric {name} needs classes but the labels are targets.", "Give whole numbers from 0, or use mse."
            )
        labels = labels.astype(np.int64)
    return labels


def targets(evidence: Evidence, name: str) -> NDArray[np.float32]:
    """What the first output should be: the labels, or without them the input of an autoencoder.

    Raises:
        BadInputError: There are no labels and the output is not shaped like the input, or labels of another shape.
    """
    output = evidence.outputs[0]
    if evidence.labels is None:
        if evidence.reconstructs:
            return np.asarray(evidence.inputs[0], np.float32)
        raise BadInputError(
            f"The metric {name} needs labels, which the data lack.",
            "Store them as y; only a model whose output is shaped like its input needs none.",
        )
    if evidence.labels.size != output.size:
        if evidence.reconstructs:  # labels then say which samples are anomalous
            return np.asarray(evidence.inputs[0], np.float32)
        raise BadInputError(
            f"The metric {name} needs one target for each output: labels are {evidence.labels.shape} but outputs are "
            f"{output.shape}.",
            "Give targets of the output's shape, or use another metric.",
        )
    return np.asarray(evidence.labels, np.float32).reshape(output.shape)
