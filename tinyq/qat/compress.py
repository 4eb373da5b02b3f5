"""Sparse and shared weights: TF-MOT makes them while the float model trains, and later training keeps them.

Pruning by magnitude as in Zhu and Gupta 2017 (arXiv 1710.01878), section 2; shared values as in Han et al. 2016
(arXiv 1510.00149), section 3. Training to be an integer model afterwards makes of them what TF-MOT calls PQAT, CQAT and
PCQAT: weights that are zero stay zero, weights that are equal stay equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError
from tinyq.qat.methods.tfmot import tfmot
from tinyq.qat.plan import Parameters, Plan

_2_OF_4 = "2:4"
_RAMP = 0.6  # of the steps, in which sparsity grows; the others recover
_FREQUENCY = 5
_FEWEST_WEIGHTS = 64


@dataclass(frozen=True)
class Compression:
    """What a training does to weights: ``sparsity`` ("0.5", "2:4") or ``clusters``; ``keep_zeros`` while clustering."""

    sparsity: str | None = None
    clusters: int | None = None
    keep_zeros: bool = False


@dataclass(frozen=True)
class Structure:
    """What must survive training.

    Attributes:
        masked: Layers, by the tensor index of their weights, whose zero weights stay zero.
        clusters: Index of the value that each weight shares with others ``[...]``, by the same.
    """

    masked: frozenset[int]
    clusters: dict[int, NDArray[np.int32]]


NOTHING = Structure(frozenset(), {})


def check(sparsity: str | None, channels: float | None, clusters: int | None) -> None:
    """Refuse settings that cannot be.

    Raises:
        BadInputError: Says which.
    """
    if sparsity is not None and sparsity != _2_OF_4:
        try:
            share = float(sparsity)
        except ValueError:
            share = -1.0
        if not 0.0 < share < 1.0:
            raise BadInputError(f"--sparsity cannot be {sparsity!r}.", "Give a share between 0 and 1, or 2:4.")
    if channels is not None and not 0.0 < channels < 1.0:
        raise BadInputError(f"--prune-channels cannot be {channels:g}.", "Give a share between 0 and 1.")
    if clusters is not None and not 3 <= clusters <= 255:
        raise BadInputError(f"--clusters cannot be {clusters}.", "Give a number from 3 to 255.")


def structure_of(parameters: Parameters, sparse: bool, clusters: int | None) -> Structure:
    """What there is to keep in the weights of a model."""
    masked, shared = set(), {}
    for index, layer in parameters.layers.items():
        if sparse and np.any(layer.weights == 0):
            masked.add(index)
        if clusters is not None:
            values, of = np.unique(layer.weights, return_inverse=True)
            if len(values) <= clusters:
                shared[index] = of.reshape(layer.weights.shape).astype(np.int32)
    return Structure(frozenset(masked), shared)


def compressible(plan: Plan) -> frozenset[int]:
    """Layers worth it, by the tensor index of their weights: depthwise ones have few weights, which all matter."""
    found = set()
    for op in plan.planned.graph.ops:
        if op.kind in ("CONV_2D", "FULLY_CONNECTED"):
            weights = plan.planned.graph.tensors[op.inputs[1]]
            if weights.is_constant and weights.elements >= _FEWEST_WEIGHTS:
                found.add(op.inputs[1])
    return frozenset(found)


def clusterable() -> type:
    """The class that a Keras layer must have among its bases for TF-MOT to cluster it."""
    base: Any = tfmot().clustering.keras.ClusterableLayer
    algorithm: Any = tfmot().clustering.keras.ClusteringAlgorithm

    class Clusterable(base):  # type: ignore[misc]
        """Shares the values of the kernel."""

        def get_clusterable_weights(self) -> list[tuple[str, Any]]:
            return [("kernel", self.kernel)]

        def get_clusterable_algorithm(self, weight_name: str) -> Any:
            return algorithm

    return Clusterable


def wrapper(compression: Compression, steps: int) -> Callable[[Any], Any]:
    """TF-MOT's wrapper around a layer.

    Args:
        compression: What to do.
        steps: Of the whole training.
    """
    if compression.clusters is not None:
        clustering = tfmot().clustering.keras
        from tensorflow_model_optimization.python.core.clustering.keras import cluster_wrapper

        return lambda layer: cluster_wrapper.ClusterWeights(
            layer,
            number_of_clusters=min(compression.clusters or 0, max(3, int(np.prod(layer.kernel.shape)) // 4)),
            cluster_centroids_init=clustering.CentroidInitialization.KMEANS_PLUS_PLUS,
            preserve_sparsity=compression.keep_zeros,
        )
    sparsity = tfmot().sparsity.keras
    from tensorflow_model_optimization.python.core.sparsity.keras import pruning_wrapper

    if compression.sparsity == _2_OF_4:
        constant = sparsity.ConstantSparsity(0.5, begin_step=0, frequency=_FREQUENCY)
        return lambda layer: pruning_wrapper.PruneLowMagnitude(layer, pruning_schedule=constant, sparsity_m_by_n=(2, 4))
    target = float(compression.sparsity or 0.0)
    ramp = sparsity.PolynomialDecay(0.0, target, 0, max(1, int(_RAMP * steps)), frequency=_FREQUENCY)
    return lambda layer: pruning_wrapper.PruneLowMagnitude(layer, pruning_schedule=ramp)


def start(wrapped: Any) -> None:
    """Set a wrapper to its first step."""
    if hasattr(wrapped, "pruning_step"):
        wrapped.pruning_step.assign(0)


def settle(wrapped: Any) -> None:
    """Bring the weights of a wrapped layer to their form after the last step, which moved them."""
    if hasattr(wrapped, "pruning_step"):
        for weight, mask, _ in wrapped.pruning_vars:
            weight.assign(weight * mask)
    else:
        wrapped.update_clustered_weights_associations()
