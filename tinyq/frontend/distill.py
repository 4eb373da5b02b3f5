"""Inputs made up from what batch normalizations remember of the training data; the work runs in a child process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.frontend import differentiable
from tinyq.graph import Graph
from tinyq.graph.batch_norm import BatchNorm

Bounds = tuple[float, float] | None

_START_SCALES = 10.0 ** np.array(sorted(np.arange(-3.0, 3.5, 0.5), key=abs))  # 1 first, which wins if all are equal
_RATE = 1.0  # of an input's scale, per step at first
_SMALLEST_STD = 1e-3  # of the layer's largest: dead channels would outweigh all others


def distill(
    blocks: Iterator[int],
    graph: Graph,
    batch_norms: Sequence[BatchNorm],
    bounds: Sequence[Bounds],
    samples: int,
    steps: int,
    seed: int,
) -> Iterator[tuple[float, tuple[NDArray[np.float32], ...]]]:
    """Search inputs whose activations have the statistics that batch normalizations kept.

    For each normalization the means and standard deviations of its output's channels over the batch are drawn to beta
    and |gamma|, which is to draw its input's to the moving statistics, in units of its standard deviation. Cai et al.
    2020, "ZeroQ" (arXiv 2001.00281), section 3.1, with Adam (Kingma and Ba 2015, arXiv 1412.6980). The start is noise
    of all wavelengths, because what models are trained on varies slowly too.

    Args:
        blocks: Numbers of steps to take, one after the other.
        graph: A float graph with float inputs.
        batch_norms: What is known; those that cannot be computed are left out.
        bounds: Least and greatest value of each input, if known.
        samples: Size of the batch.
        steps: Sum of all blocks.
        seed: Of the noise.

    Yields:
        After each block the mean squared mismatch and the inputs ``[samples, ...]``.
    """
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    random = np.random.default_rng(seed)
    noise = [_noise(random, (samples, *graph.tensors[t].shape[1:])) for t in graph.inputs]

    def mismatch(*inputs: Any) -> Any:
        _, before = differentiable.run(graph, dict(zip(graph.inputs, inputs, strict=True)))
        parts = [_mismatch(tf, before[n.tensor], n) for n in batch_norms if n.tensor in before]
        return tf.add_n(parts) / len(parts)

    measure = tf.function(mismatch)
    starts = _start(measure, noise, bounds)
    variables = [tf.Variable(x) for x, _ in starts]
    rates = [_RATE * scale for _, scale in starts]
    first, second = ([tf.Variable(tf.zeros_like(v)) for v in variables] for _ in range(2))

    @tf.function  # type: ignore[untyped-decorator]
    def improve(number: Any) -> Any:
        """One step of Adam, whose rate falls to zero as a cosine."""
        with tf.GradientTape() as tape:
            error = mismatch(*variables)
        gradients = tape.gradient(error, variables, unconnected_gradients="zero")
        schedule = 0.5 * (1.0 + tf.cos(np.pi * number / steps))
        for x, gradient, m, v, rate, bound in zip(variables, gradients, first, second, rates, bounds, strict=True):
            m.assign(0.9 * m + 0.1 * gradient)
            v.assign(0.999 * v + 0.001 * tf.square(gradient))
            towards = m / (1.0 - 0.9**number) / (tf.sqrt(v / (1.0 - 0.999**number)) + 1e-12)
            moved = x - rate * schedule * towards
            x.assign(moved if bound is None else tf.clip_by_value(moved, *bound))
        return error

    number = 0
    for block in blocks:
        for _ in range(block):
            number += 1
            improve(tf.constant(float(number)))
        yield float(measure(*variables)), tuple(v.numpy() for v in variables)


def _mismatch(tf: Any, values: Any, norm: BatchNorm) -> Any:
    std = norm.output_std
    unit = tf.constant(np.maximum(std, _SMALLEST_STD * max(std.max(), 1e-6)), tf.float32)
    mean, variance = tf.nn.moments(values, list(range(len(values.shape) - 1)))
    shift = (mean - tf.constant(norm.output_mean, tf.float32)) / unit
    stretch = (tf.sqrt(variance + 1e-12) - tf.constant(std, tf.float32)) / unit
    return tf.reduce_mean(tf.square(shift)) + tf.reduce_mean(tf.square(stretch))


def _noise(random: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Normal noise, equally strong in each octave of the dimensions between samples and channels."""
    longest = max(shape[1:-1], default=1)
    octaves = [2**i for i in range((longest - 1).bit_length() + 1)]
    total = np.zeros(shape, np.float32)
    for cells in octaves:
        coarse = [min(size, cells) for size in shape[1:-1]]
        part = random.standard_normal((shape[0], *coarse, *shape[1:][-1:]), np.float32)
        for axis, size in enumerate(shape[1:-1], 1):
            part = np.take(part, np.arange(size) * part.shape[axis] // size, axis)
        total += part
    return total / np.float32(np.sqrt(len(octaves)))


def _start(
    measure: Any, noise: Sequence[NDArray[np.float32]], bounds: Sequence[Bounds]
) -> list[tuple[NDArray[np.float32], float]]:
    """Where to start each input and the scale of its values: the noise that fits best, one input after the other."""
    found = [_within(x, b) if b is not None else (x, 1.0) for x, b in zip(noise, bounds, strict=True)]
    for i, (x, bound) in enumerate(zip(noise, bounds, strict=True)):
        if bound is None:
            others = [values for values, _ in found]
            errors = [
                float(measure(*others[:i], (x * scale).astype(np.float32), *others[i + 1 :])) for scale in _START_SCALES
            ]
            best = float(_START_SCALES[int(np.nanargmin(errors))])
            found[i] = ((x * best).astype(np.float32), best)
    return found


def _within(noise: NDArray[np.float32], bound: tuple[float, float]) -> tuple[NDArray[np.float32], float]:
    """Noise about the middle of a range, three quarters of it inside; the rest is moved to the ends."""
    low, high = bound
    scale = (high - low) / np.sqrt(12.0)
    return np.clip((low + high) / 2 + scale * noise, low, high).astype(np.float32), float(scale)
