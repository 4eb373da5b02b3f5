"""What a model knows of its activations without data: the statistics that batch normalizations kept from training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class BatchNorm:
    """A batch normalization that was folded into an operator of a float graph, or became one.

    Attributes:
        tensor: Index of the activation that holds its output, behind the activation that is fused into the operator
            that writes it, if there is one. Channels lie along the last dimension.
        layer: Path of the layer.
        gamma, beta: float64 ``[channels]``, learned scale and offset; ones and zeros where the layer has none.
        mean, variance: float64 ``[channels]``, moving statistics of the input.
        epsilon: What was added to the variance.
    """

    tensor: int
    layer: str
    gamma: NDArray[np.float64]
    beta: NDArray[np.float64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    epsilon: float

    @property
    def factor(self) -> NDArray[np.float64]:
        """What each channel of the input is multiplied by."""
        return np.asarray(self.gamma / np.sqrt(self.variance + self.epsilon))

    @property
    def output_mean(self) -> NDArray[np.float64]:
        """Mean of the output on the training data, before any activation."""
        return self.beta

    @property
    def output_std(self) -> NDArray[np.float64]:
        """Standard deviation of the output on the training data, before any activation: |gamma|, but for epsilon."""
        return np.asarray(np.abs(self.factor) * np.sqrt(self.variance))
