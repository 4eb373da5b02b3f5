"""Training methods: how rounding is simulated and where its scales come from; one file each, found by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError

DEFAULT = "lsq"


@dataclass(frozen=True)
class WeightSpec:
    """The codes of one layer's weights.

    Attributes:
        low, high: Least and greatest code; zero stands for zero.
        shape: Of the scales, one dimension for each of the weights: 1 everywhere but along the output channels, which
            come last, or 1 throughout if one scale serves the whole tensor.
        count: Weights that share a scale.
    """

    low: int
    high: int
    shape: tuple[int, ...]
    count: int


@dataclass(frozen=True)
class ActivationSpec:
    """The codes of activations that share a scale and a zero point.

    Attributes:
        low, high: Least and greatest code.
        symmetric: The zero point is 0.
        fixed: The kernel demands scale and zero point, so they are not learned.
        count: Elements of one sample.
    """

    low: int
    high: int
    symmetric: bool
    fixed: bool
    count: int


class WeightQuantizer(Protocol):
    """Simulates the rounding of weights; gradients pass."""

    def build(self, layer: Any) -> None:
        """Make the variables on a Keras layer."""

    def __call__(self, weights: Any, training: bool) -> Any:
        """Weights as their codes will hold them."""

    def assign(self, scales: NDArray[np.float32]) -> None:
        """Take over scales, in the shape of the specification."""

    def scales(self) -> NDArray[np.float32]:
        """The scales, in the shape of the specification."""


class ActivationQuantizer(Protocol):
    """Simulates the rounding of activations; gradients pass."""

    def build(self, layer: Any) -> None:
        """Make the variables on a Keras layer."""

    def __call__(self, values: Any, training: bool) -> Any:
        """Values as their codes will hold them."""

    def assign(self, scale: float, zero_point: int) -> None:
        """Take over a scale and a zero point."""

    def values(self) -> tuple[float, int]:
        """Scale and zero point."""


@dataclass(frozen=True)
class Method:
    """A training method.

    Attributes:
        weights, activations: Make quantizers.
        learns_weight_scales: Scales of weights are parameters of their own; otherwise they follow the extremes, and
            training starts from scales that do.
        needs: Packages beside TensorFlow.
        any_keras: Works on Keras 3 too, not on the legacy Keras alone.
    """

    weights: Callable[[WeightSpec], WeightQuantizer]
    activations: Callable[[ActivationSpec], ActivationQuantizer]
    learns_weight_scales: bool
    needs: tuple[str, ...] = ()
    any_keras: bool = False


@cache
def methods() -> Mapping[str, Method]:
    """All methods by name: those that the modules here define as ``METHODS``."""
    found: dict[str, Method] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        found.update(importlib.import_module(f"{__name__}.{module}").METHODS)
    return found


def method(name: str) -> Method:
    """A method by name.

    Raises:
        BadInputError: There is none of that name.
    """
    if name not in methods():
        raise BadInputError(f"There is no training method {name!r}.", f"Choose one of {', '.join(methods())}.")
    return methods()[name]
