"""Output channels for cores without the DSP extension, two pixels at a time: see ``engine/tq_paired_s8.h``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks, weights
from tinyq.codegen.arithmetic import activation_range, zero_point_of
from tinyq.codegen.kernel import Constant, Node, Ref, Target, Value
from tinyq.codegen.scale_once import SCALES, ScaleOnce
from tinyq.graph.options import Activation

CHANNELS = 4  # TQ_PAIRED_CHANNELS
_WORDS = 4  # at a time
_PACKED = "weights + 128 [four channels][input], the first channel's lowest"
_MIN_SHIFT, _MAX_SHIFT = 1, 22  # of tq_scale_right.h
_MAX_WORDS = 2**32 // 255**2
"""Inputs of a pixel whose products can be summed in 32 bits."""


def core_objection(target: Target) -> str:
    """Whether the core is one for which these kernels are."""
    suits = target.core is not None and not target.core.has_dsp and not target.core.has_mve
    return checks.require(suits, "it is for cores without the DSP extension")


def objection(node: Node, target: Target) -> str:
    """What speaks against it, once the weights are known to be all right."""
    if wrong_core := core_objection(target):
        return wrong_core
    shifts = weights.requantization(node).shifts
    usable = int(shifts.min()) >= -_MAX_SHIFT and int(shifts.max()) <= -_MIN_SHIFT
    return checks.require(usable, "the scales of its tensors are too close or too far apart") or _sum_objection(node)


def _sum_objection(node: Node) -> str:
    channels = node.output.shape[-1]
    bias = np.abs(weights.bias_of(node, channels)).max()
    largest = weights.largest_magnitude(node, channels) * 255 + int(bias)
    return checks.require(largest < 2**30, "its sums with biases can exceed 31 bits")


def output(
    node: Node, activation: Activation, bias: NDArray[np.int64]
) -> tuple[dict[str, Value], tuple[Constant, ...]]:
    """Members and arrays that say how sums become codes, by shifts to the right.

    Args:
        bias: What is added to the sum of each channel.
    """
    scaling = weights.requantization(node)
    low, high = activation_range(activation, node.output)
    members: dict[str, Value] = {
        "weights": Ref("weights"),
        "bias": Ref("bias"),
        "multiplier": Ref("multiplier"),
        "shift": Ref("shift"),
        "multiplier_step": scaling.step,
        "zero_point": zero_point_of(node.output),
        "min": low,
        "max": high,
    }
    return members, (
        Constant("bias", weights.wrapped(bias), "biases with what zero points and unsigned numbers add"),
        Constant("multiplier", scaling.multipliers, "output = sum * multiplier * 2^(-31 - shift)"),
        Constant("shift", (-scaling.shifts).astype(np.int8)),
    )


def bias_of(node: Node, rows: NDArray[np.int8]) -> NDArray[np.int64]:
    """What is added to the sum of each channel's products of weights and codes + 128.

    Args:
        rows: Weights ``[channels, depth]``.
    """
    bias: NDArray[np.int64] = weights.folded_bias(node, rows) - 128 * rows.astype(np.int64).sum(axis=1)
    return bias


def depth_objection(depth: int) -> str:
    """Whether sums fit."""
    return checks.require(depth <= _MAX_WORDS, "its sums can exceed 32 bits")


def words_of(depth: int) -> int:
    """Inputs per pixel, rounded up as the kernel reads them."""
    return -(-depth // _WORDS) * _WORDS


def relu_cycles(pairs: int, depth: int, channels: int) -> float:
    """The same where one multiplication makes a code."""
    return pairs * (-(-channels // CHANNELS) * (20.0 * words_of(depth) + 120) + 60)


def cycles(pairs: int, depth: int, channels: int) -> float:
    """Of pairs of pixels on an M3: of each input of a block of four channels, and of each code."""
    return pairs * (-(-channels // CHANNELS) * (22.0 * words_of(depth) + 30) + channels * 75.0)


def linear(
    node: Node, activation: Activation, rows: NDArray[np.int8]
) -> tuple[Mapping[str, Value], tuple[Constant, ...]]:
    """Members of a ``tq_paired_s8_params``, and its arrays.

    Args:
        rows: Weights ``[channels, depth]``.
    """
    channels, depth = rows.shape
    bias = bias_of(node, rows)
    members, constants = output(node, activation, bias)
    return (
        {"words": words_of(depth), "channels": channels, **members},
        (Constant("weights", packed(rows), _PACKED), *constants),
    )


def relu(scaled: ScaleOnce) -> tuple[Mapping[str, Value], tuple[Constant, ...]]:
    """Members of a ``tq_paired_relu_s8_params``, and its arrays."""
    channels, depth = scaled.rows.shape
    return (
        {"words": words_of(depth), "channels": channels, "weights": Ref("weights"), "scales": Ref("scales")},
        (
            Constant("weights", packed(scaled.rows), _PACKED),
            Constant("scales", np.pad(scaled.scales, ((0, -channels % CHANNELS), (0, 0))), SCALES),
        ),
    )


def packed(rows: NDArray[np.int8]) -> NDArray[np.uint32]:
    """``[channels, depth]`` as ``[channels / 4, words]``; what was filled up is never used."""
    channels, depth = rows.shape
    unsigned = (rows.astype(np.int16) + 128).astype(np.uint32)
    full = np.pad(unsigned, ((0, -channels % CHANNELS), (0, -depth % _WORDS)))
    blocks = full.reshape(-1, CHANNELS, words_of(depth))
    words: NDArray[np.uint32] = np.bitwise_or.reduce(
        blocks << (8 * np.arange(CHANNELS, dtype=np.uint32))[:, None], axis=1
    )
    return words
