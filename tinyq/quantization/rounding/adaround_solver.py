"""The numerical part of AdaRound: which of its two neighbouring codes each weight of one layer takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# the rectified sigmoid reaches beyond 0 and 1, so that its ends have a gradient (equation 23)
_ZETA, _GAMMA = 1.1, -0.1
_ADAM_DECAY = (0.9, 0.999)
_ADAM_EPSILON = 1e-8

Array = NDArray[np.float32]


@dataclass(frozen=True)
class AdaRoundSettings:
    """How to optimise.

    Attributes:
        iterations: Steps for each layer.
        positions: Output positions of a layer that are sampled, over all samples.
        batch: Positions of one step.
        learning_rate: Of Adam.
        regularization: Weight of the pull towards 0 and 1, against a reconstruction error that is 1 where every weight
            is off by an independent, uniform rounding error; shared by the weights of one output.
        warm_up: Share of the steps without that pull.
        beta: Exponent of the pull, at its start and at the end.
        held_out: Share of the samples that decide, output by output, whether the new codes are better.
    """

    iterations: int = 1000
    positions: int = 4096
    batch: int = 256
    learning_rate: float = 0.05
    regularization: float = 5.0
    warm_up: float = 0.2
    beta: tuple[float, float] = (20.0, 2.0)
    held_out: float = 0.25


@dataclass(frozen=True)
class Problem:
    """Which of two codes each weight of a layer takes.

    Attributes:
        position: ``[groups, units, taps]``, real weights in steps.
        scale: ``[groups, units, 1]``, one step.
        bias: ``[groups, 1, units]``, real values.
        clamp: Least and greatest output.
        high: Greatest code, of either sign.
    """

    position: Array
    scale: Array
    bias: Array
    clamp: tuple[float, float]
    high: int

    @property
    def floor(self) -> Array:
        """The lower of the two codes, ``[groups, units, taps]``."""
        return np.clip(np.floor(self.position), -self.high, self.high - 1)

    def errors(self, codes: Array, patches: Array, targets: Array) -> Array:
        """Mean squared error of each output, ``[groups, units]``."""
        difference = np.clip(self.outputs(codes, patches), *self.clamp) - np.clip(targets, *self.clamp)
        return np.asarray(np.square(difference).mean(axis=1))

    def outputs(self, codes: Array, patches: Array) -> Array:
        """Before the activation, ``[groups, positions, units]``."""
        weights = codes * self.scale
        return np.asarray(patches @ weights.transpose(0, 2, 1) + self.bias)


class Descent:
    """Minimises the reconstruction error plus the pull towards whole codes by Adam, on the logits of rounding up.

    Args:
        problem: The layer.
        patches: ``[groups, positions, taps]``, what the layer reads.
        targets: ``[groups, positions, units]``, what it should give, before its activation.
        settings: How to optimise.
    """

    def __init__(self, problem: Problem, patches: Array, targets: Array, settings: AdaRoundSettings) -> None:
        self._problem, self._settings = problem, settings
        self._patches, self._targets = patches, np.clip(targets, *problem.clamp)
        self._batch = min(settings.batch, patches.shape[1])
        self._start = 0
        self.step = 0
        up = np.clip(problem.position - problem.floor, 0, 1)
        self._exact = up == 0  # has no other neighbour; above all, what was pruned stays zero
        self._logits = _logit((up - _GAMMA) / (_ZETA - _GAMMA))
        self._moments = np.zeros_like(self._logits), np.zeros_like(self._logits)
        # the error of weights that are each off by an independent, uniform rounding error
        power = np.square(patches).mean(axis=1).sum(axis=-1)[:, None, None]
        noise = np.square(problem.scale) / 12 * np.maximum(power, np.float32(1e-30))
        self._factor = (2 * problem.scale / (self._batch * noise)).astype(np.float32)
        self._pull = settings.regularization / patches.shape[-1]

    @property
    def codes(self) -> Array:
        """The codes ``[groups, units, taps]`` as they stand."""
        return self._problem.floor + (self._logits >= 0)

    def advance(self) -> None:
        """One step."""
        problem = self._problem
        x, y = self._next_batch()
        sigmoid = 1 / (1 + np.exp(-self._logits))
        stretched = sigmoid * np.float32(_ZETA - _GAMMA) + np.float32(_GAMMA)
        h: Array = np.clip(stretched, 0, 1)
        out = problem.outputs(problem.floor + h, x)
        error = np.clip(out, *problem.clamp) - y
        error[(out <= problem.clamp[0]) | (out >= problem.clamp[1])] = 0
        gradient = (error.transpose(0, 2, 1) @ x) * self._factor
        beta = _beta(self.step / self._settings.iterations, self._settings)
        if beta is not None:
            centred = 2 * h - 1
            slope = np.float32(2 * self._pull * beta) * np.abs(centred) ** np.float32(beta - 1)
            gradient -= np.copysign(slope, centred)
        gradient *= sigmoid * (1 - sigmoid) * np.float32(_ZETA - _GAMMA)
        gradient[(stretched < 0) | (stretched > 1) | self._exact] = 0
        self.step += 1
        self._logits -= _adam(gradient, *self._moments, self.step, self._settings.learning_rate)

    def _next_batch(self) -> tuple[Array, Array]:
        if self._start + self._batch > self._patches.shape[1]:
            self._start = 0
        chosen = slice(self._start, self._start + self._batch)
        self._start += self._batch
        return self._patches[:, chosen], self._targets[:, chosen]


def _logit(p: Array) -> Array:
    return np.asarray(np.log(p / (1 - p)), np.float32)


def _beta(done: float, settings: AdaRoundSettings) -> float | None:
    """The exponent of the pull, which falls along half a cosine; None while there is no pull."""
    if done < settings.warm_up:
        return None
    high, low = settings.beta
    part = (done - settings.warm_up) / (1 - settings.warm_up)
    return float(low + 0.5 * (high - low) * (1 + np.cos(np.pi * part)))


def _adam(gradient: Array, first: Array, second: Array, step: int, rate: float) -> Array:
    """One step of Adam (Kingma and Ba 2014, arXiv 1412.6980); updates both moments in place."""
    b1, b2 = _ADAM_DECAY
    first += np.float32(1 - b1) * (gradient - first)
    second += np.float32(1 - b2) * (np.square(gradient) - second)
    corrected = np.float32(rate * np.sqrt(1 - b2**step) / (1 - b1**step))
    return np.asarray(corrected * first / (np.sqrt(second) + np.float32(_ADAM_EPSILON)))
