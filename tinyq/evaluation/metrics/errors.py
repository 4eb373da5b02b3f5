"""Mean squared and mean absolute error."""

from __future__ import annotations

import numpy as np

from tinyq.evaluation.metric import Evidence, Metric, targets


def mse(evidence: Evidence) -> float:
    """Mean of the squared differences between first output and target, over all elements."""
    return float(np.mean((evidence.outputs[0].astype(np.float64) - targets(evidence, "mse")) ** 2))


def mae(evidence: Evidence) -> float:
    """Mean of the absolute differences between first output and target, over all elements."""
    return float(np.mean(np.abs(evidence.outputs[0].astype(np.float64) - targets(evidence, "mae"))))


METRICS = (
    Metric("mse", "mean squared error; an autoencoder's target is its input", False, False, mse),
    Metric("mae", "mean absolute error; an autoencoder's target is its input", False, False, mae),
)
