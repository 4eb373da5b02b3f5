"""Straight-through rounding as TensorFlow Model Optimization does it, by its own quantizers.

Weights are rounded over the range that they have at the moment, activations over a moving average of the extremes of
each batch (Jacob et al. 2018, arXiv 1712.05877, section 3.1). The averages start from calibrated ranges.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.qat.methods import ActivationSpec, Method, WeightSpec
from tinyq.quantization.affine import Grid, Range, affine, covered

_SWITCH = "TF_USE_LEGACY_KERAS"


def tfmot() -> Any:
    """TF-MOT, imported without leaving its switch to the legacy Keras behind in the environment."""
    before = os.environ.get(_SWITCH)
    try:
        import tensorflow_model_optimization
    finally:
        if before is None:
            os.environ.pop(_SWITCH, None)
        else:
            os.environ[_SWITCH] = before
    return tensorflow_model_optimization


class TfmotWeights:
    """``LastValueQuantizer``: symmetric codes without the least one, over the whole range of each batch's weights."""

    def __init__(self, spec: WeightSpec) -> None:
        self._spec = spec
        self._bits = (2 * spec.high + 1).bit_length()
        self._per_axis = any(size > 1 for size in spec.shape)

    def build(self, layer: Any) -> None:
        quantizers = tfmot().quantization.keras.quantizers
        self._quantizer = quantizers.LastValueQuantizer(
            num_bits=self._bits, per_axis=self._per_axis, symmetric=True, narrow_range=True
        )
        self._variables = self._quantizer.build(self._spec.shape, "weight", layer)

    def __call__(self, weights: Any, training: bool) -> Any:
        return self._quantizer(weights, training, self._variables)

    def assign(self, scales: NDArray[np.float32]) -> None:
        extent = scales * self._spec.high
        value = extent.reshape(-1) if self._per_axis else float(extent.reshape(-1)[0])
        self._variables["min_var"].assign(-value)
        self._variables["max_var"].assign(value)

    def scales(self) -> NDArray[np.float32]:
        low, high = (np.asarray(self._variables[k].numpy(), np.float32) for k in ("min_var", "max_var"))
        return np.asarray(np.maximum(-low, high) / self._spec.high, np.float32).reshape(self._spec.shape)


class TfmotActivations:
    """``MovingAverageQuantizer``: affine codes over a moving average of each batch's extremes."""

    def __init__(self, spec: ActivationSpec) -> None:
        self._spec = spec
        self._grid = Grid(spec.low, spec.high, spec.symmetric)

    def build(self, layer: Any) -> None:
        quantizers = tfmot().quantization.keras.quantizers
        self._quantizer = quantizers.MovingAverageQuantizer(
            num_bits=(self._spec.high - self._spec.low).bit_length(),
            per_axis=False,
            symmetric=self._spec.symmetric,
            narrow_range=self._spec.symmetric,
        )
        self._variables = self._quantizer.build(None, "range", layer)

    def __call__(self, values: Any, training: bool) -> Any:
        return self._quantizer(values, training and not self._spec.fixed, self._variables)

    def assign(self, scale: float, zero_point: int) -> None:
        range_ = covered(scale, zero_point, self._grid)
        self._variables["min_var"].assign(range_.low)
        self._variables["max_var"].assign(range_.high)

    def values(self) -> tuple[float, int]:
        low, high = (float(self._variables[k].numpy()) for k in ("min_var", "max_var"))
        return affine(Range(low, high), self._grid)


METHODS = {
    "tfmot": Method(
        TfmotWeights, TfmotActivations, learns_weight_scales=False, needs=("tensorflow_model_optimization",)
    )
}
