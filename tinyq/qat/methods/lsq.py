"""Learned step sizes: scales and zero points are trained with the weights.

Esser et al. 2020, "Learned Step Size Quantization" (arXiv 1902.08153), equations 1 to 3 and section 2.2; the learned
offset of activations that take both signs is that of LSQ+ (Bhalgat et al. 2020, arXiv 2004.09576, section 3.1), kept to
whole codes because integer kernels need them. A step is held as ``unit * exp(x)``, and an offset as a share of all
codes, so that one learning rate suits steps of any size, and no step can reach zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.qat.methods import ActivationSpec, Method, WeightSpec


def _round(x: Any) -> Any:
    """Nearest whole number; the gradient is that of the identity."""
    import tensorflow as tf

    return x + tf.stop_gradient(tf.round(x) - x)


def _scaled_gradient(x: Any, factor: float) -> Any:
    """The value unchanged, its gradient times a factor."""
    import tensorflow as tf

    return factor * x + tf.stop_gradient((1.0 - factor) * x)


class LsqWeights:
    """Symmetric codes, one learned step for each scale."""

    def __init__(self, spec: WeightSpec) -> None:
        self._spec = spec
        self._gradient = 1.0 / float(np.sqrt(spec.count * spec.high))

    def build(self, layer: Any) -> None:
        self._unit = layer.add_weight(
            name="weight_step_unit", shape=self._spec.shape, initializer="ones", trainable=False
        )
        self._log = layer.add_weight(name="weight_step_log", shape=self._spec.shape, initializer="zeros")

    def __call__(self, weights: Any, training: bool) -> Any:
        import tensorflow as tf

        step = _scaled_gradient(tf.convert_to_tensor(self._unit) * tf.exp(self._log), self._gradient)
        return _round(tf.clip_by_value(weights / step, float(self._spec.low), float(self._spec.high))) * step

    def assign(self, scales: NDArray[np.float32]) -> None:
        self._unit.assign(scales)
        self._log.assign(np.zeros_like(scales))

    def scales(self) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._unit.numpy() * np.exp(self._log.numpy())
        return found


class LsqActivations:
    """Affine codes with a learned step and, where values have both signs, a learned zero point."""

    def __init__(self, spec: ActivationSpec) -> None:
        self._spec = spec
        self._gradient = 1.0 / float(np.sqrt(spec.count * (spec.high if spec.symmetric else spec.high - spec.low)))

    def build(self, layer: Any) -> None:
        learned = not self._spec.fixed
        self._unit = layer.add_weight(name="step_unit", shape=(), initializer="ones", trainable=False)
        self._log = layer.add_weight(name="step_log", shape=(), initializer="zeros", trainable=learned)
        self._start = layer.add_weight(name="zero_point_start", shape=(), initializer="zeros", trainable=False)
        self._moves = layer.add_weight(name="zero_point_moves", shape=(), initializer="zeros", trainable=False)
        self._shift = layer.add_weight(
            name="zero_point_shift", shape=(), initializer="zeros", trainable=learned and not self._spec.symmetric
        )

    def __call__(self, values: Any, training: bool) -> Any:
        import tensorflow as tf

        low, high = float(self._spec.low), float(self._spec.high)
        step = tf.convert_to_tensor(self._unit) * tf.exp(self._log)
        zero_point = self._zero_point(tf.convert_to_tensor(self._shift))
        if not self._spec.fixed:
            step = _scaled_gradient(step, self._gradient)
            zero_point = _scaled_gradient(zero_point, self._gradient)
        return (_round(tf.clip_by_value(values / step + zero_point, low, high)) - zero_point) * step

    def _zero_point(self, shift: Any) -> Any:
        import tensorflow as tf

        spec = self._spec
        moved = self._start + self._moves * float(spec.high - spec.low) * shift
        return tf.clip_by_value(_round(moved), float(spec.low), float(spec.high))

    def assign(self, scale: float, zero_point: int) -> None:
        self._unit.assign(scale)
        self._log.assign(0.0)
        self._start.assign(float(zero_point))
        self._shift.assign(0.0)
        # a range that starts or ends at zero stays so: all of its codes are of use
        self._moves.assign(float(self._spec.low < zero_point < self._spec.high))

    def values(self) -> tuple[float, int]:
        scale = np.float32(self._unit.numpy()) * np.exp(np.float32(self._log.numpy()))
        return float(scale), int(self._zero_point(self._shift).numpy())


METHODS = {"lsq": Method(LsqWeights, LsqActivations, learns_weight_scales=True, any_keras=True)}
