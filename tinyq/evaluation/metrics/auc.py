"""Area under the receiver operating characteristic."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError
from tinyq.evaluation.metric import Evidence, Metric, class_labels


def auc(evidence: Evidence) -> float:
    """The chance that a sample of a class scores higher than one of another class, ties counting one half.

    The score is the output of a single-output model, the output of the class otherwise (the mean over all classes that
    occur, each against the rest), and for an autoencoder the mean squared error of the reconstruction, as MLPerf Tiny's
    anomaly detection has it.
    """
    labels, outputs = class_labels(evidence, "auc").reshape(-1), evidence.outputs[0]
    if len(labels) != len(outputs):
        raise BadInputError("The metric auc needs one class for each sample.", "Give one whole number for each sample.")
    flat = outputs.reshape(len(outputs), -1).astype(np.float64)
    if evidence.reconstructs and not np.any(labels > 1):
        error = flat - np.asarray(evidence.inputs[0], np.float64).reshape(flat.shape)
        return rank_auc(np.mean(error**2, axis=1), labels == 1)
    if flat.shape[1] <= 2:
        return rank_auc(flat[:, -1], labels == 1)
    return float(np.mean([rank_auc(flat[:, c], labels == c) for c in np.unique(labels)]))


def rank_auc(scores: NDArray[np.float64], positive: NDArray[Any]) -> float:
    """Mann-Whitney's U over its maximum, from mid-ranks.

    Raises:
        BadInputError: All samples are of one class.
    """
    wins = int(positive.sum())
    losses = len(positive) - wins
    if wins == 0 or losses == 0:
        raise BadInputError(
            "The metric auc needs samples of both classes.", "Give more samples, or use another metric."
        )
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    return float((middle[inverse][positive].sum() - wins * (wins + 1) / 2) / (wins * losses))


METRICS = (Metric("auc", "area under the ROC curve; of the reconstruction error for autoencoders", True, True, auc),)
