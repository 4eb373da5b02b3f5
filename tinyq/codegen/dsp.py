"""What the int8 kernels for cores with the DSP extension (Cortex-M4, M7, M33) share: how sums become codes.

TFLM rounds twice: sum * multiplier / 2^31 to nearest, ties up, then / 2^right to nearest, ties away from zero. Two
forms give the same with one multiplication (SMMLA and SMMLAR keep the upper half of a 64-bit product):

- nonnegative: where the zero point and the lowest code are -128, what is negative is clamped away, and without it ties
  go up in both roundings. They fold into one addend:
  (sum * 2^(1 + e) * multiplier + (2^(e - 1) + 2^(s - 1)) * 2^32) / 2^(32 + s), s = right + e, e >= 1.
- signed: (sum * 2 * multiplier, rounded by SMMLAR, + 2^(right - 1) - (1 where sum < 0)) / 2^right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import weights
from tinyq.codegen.arithmetic import activation_range, scale_code, zero_point_of
from tinyq.codegen.kernel import (
    Argument,
    Call,
    Constant,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Scratch,
    Target,
    Value,
)
from tinyq.graph.options import Activation

SHIFT = 12  # TQ_DSP_SHIFT
_MAX_RIGHT = 22  # zero point * 2^right fits 32 bits, with room for the product
_LOWEST = -128


class Form(Enum):
    """How sums become codes, by the names of ``tq_dsp_form``."""

    SIGNED = "TQ_DSP_SIGNED"
    NONNEGATIVE = "TQ_DSP_NONNEGATIVE"

    @property
    def scaled(self) -> str:
        """The form for weights that are shifted in flash already."""
        return f"{self.value}_SCALED"


def objection(target: Target) -> str:
    """Why a core does not run these kernels."""
    if target.core is None or not target.core.has_dsp:
        return "the core has no DSP extension"
    return "the core has kernels of its own" if target.core.has_mve else ""


@dataclass(frozen=True)
class Channels:
    """The output channels of a layer with weights.

    Attributes:
        rows: Weights ``[channels, depth]``, int8.
        bias: What is added to the sum of each channel over raw input codes.
        multiplier: Of each channel, or ``[1]`` for all.
        right: Bits to the right, as ``multiplier``; negative are bits to the left.
        form: The cheaper of the forms that are exact.
        shift: Of the nonnegative form, s above.
        bound: The largest magnitude of a sum.
        clamp: Lowest and highest code, if saturation at eight bits is not enough.
    """

    rows: NDArray[np.int8]
    bias: NDArray[np.int64]
    multiplier: NDArray[np.int32]
    right: NDArray[np.int64]
    form: Form
    shift: int
    bound: int
    clamp: tuple[int, int] | None

    @property
    def count(self) -> int:
        return int(self.rows.shape[0])

    def constants(self) -> tuple[Constant, ...]:
        """Biases, multipliers and shifts as arrays of these names."""
        return (
            Constant("bias", weights.wrapped(self.bias), "biases with what zero points add"),
            Constant("multiplier", self.multiplier, "output = sum * multiplier * 2^(-31 - shift)"),
            Constant("shift", self.right.astype(np.int8)),
        )

    def of_each(self, values: NDArray[np.int64] | NDArray[np.int32]) -> NDArray[np.int64]:
        """One value for each channel."""
        return np.broadcast_to(values, (self.count,)).astype(np.int64)


def channels_of(
    node: Node,
    activation: Activation,
    rows: NDArray[np.int8],
    zero_point: int = 0,
    shift: int = SHIFT,
    shifted_weights: bool = False,
    left: bool = False,
) -> Channels | str:
    """A node's channels, or why they cannot be computed exactly in 32 bits.

    Args:
        rows: Weights ``[channels, depth]``.
        zero_point: Of the weights; must be 0.
        shift: Of the nonnegative form.
        shifted_weights: Weights are shifted, and not sums, so they must fit 16 bits then.
        left: In the nonnegative form the kernel also shifts to the left, as sums of narrow weights may ask for.
    """
    if zero_point != 0:
        return "its weights have a zero point"
    scaling = weights.requantization(node)
    bias = weights.folded_bias(node, rows)
    multiplier, right = scaling.multipliers.copy(), -scaling.shifts.astype(np.int64)
    low, high = activation_range(activation, node.output)
    zero = zero_point_of(node.output)
    smallest, largest = _sums(rows, bias)
    if max(-int(smallest.min()), int(largest.max())) >= 2**31:
        return "its sums with biases can exceed 32 bits"
    if multiplier.size > 1:
        rows, bias = rows.copy(), bias.copy()
        for c in range(rows.shape[0]):
            ends = [scale_code(int(x), int(multiplier[c]), -int(right[c])) + zero for x in (smallest[c], largest[c])]
            first, last = (min(max(x, low), high) for x in ends)
            if first == last and (right[c] == 0 or right[c] >= shift):
                # the same code always: 4 * (code - zero point) / 4
                rows[c], bias[c], multiplier[c], right[c] = 0, 4 * (first - zero), 2**30, 1
        smallest, largest = _sums(rows, bias)
    bound = np.maximum(-smallest, largest)
    form = _form(bound, np.broadcast_to(right, bound.shape), zero, low, shift, left)
    if form is Form.NONNEGATIVE and shifted_weights and shift_weights(rows, shift + 1 - right) is None:
        form = Form.SIGNED if right.min() >= 1 else None
    if form is None:
        return "the scales of its tensors are too far apart"
    saturated = (low, high) == (_LOWEST, 127)
    clamp = None if saturated else (low, high)
    return Channels(rows, bias, multiplier, right, form, shift, int(bound.max()), clamp)


def shift_weights(rows: NDArray[np.int8], shift: NDArray[np.int64]) -> NDArray[np.int16] | None:
    """Weights ``[channels, depth]`` times 2^shift of each channel, or None if they do not fit 16 bits."""
    wide = rows.astype(np.int64) << np.broadcast_to(shift, rows.shape[0])[:, None]
    fits = wide.min(initial=0) >= -(2**15) and wide.max(initial=0) < 2**15
    return wide.astype(np.int16) if fits else None


def _sums(rows: NDArray[np.int8], bias: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The smallest and the largest sum of each channel for inputs of 8 bits."""
    wide = rows.astype(np.int64)
    positive, negative = np.maximum(wide, 0).sum(axis=1), np.minimum(wide, 0).sum(axis=1)
    return bias - 128 * positive + 127 * negative, bias + 127 * positive - 128 * negative


def _form(
    bound: NDArray[np.int64], right: NDArray[np.int64], zero_point: int, low: int, shift: int, left: bool
) -> Form | None:
    if right.min() < 0 and not left:
        return None
    if zero_point == low == _LOWEST and right.max() < shift and bool((bound << (shift + 1 - right) < 2**31).all()):
        return Form.NONNEGATIVE
    if right.min() >= 1 and right.max() <= _MAX_RIGHT and int(bound.max()) < 2**30:
        return Form.SIGNED
    return None


@dataclass(frozen=True)
class Scaled:
    """Channels with weights of 16 bits that spare a shift of every sum.

    Attributes:
        channels: As they were.
        rows: Weights ``[channels, depth]``, int16.
        shift: By which weights and biases of each channel are shifted.
        form: To be used as ``form.scaled``.
    """

    channels: Channels
    rows: NDArray[np.int16]
    shift: NDArray[np.int64]
    form: Form

    def addends(self, zero_point: int) -> NDArray[np.int64]:
        """What is added to the upper half of each product, with the output's zero point in it."""
        right, shift = self.channels.of_each(self.channels.right), self.channels.shift
        if self.form is Form.SIGNED:
            return (1 << (right - 1)) + zero_point * (1 << right)
        return (1 << (shift - right - 1)) + np.where(right > 0, 1 << (shift - 1), 0) + zero_point * (1 << shift)

    def stream(self, paired: NDArray[np.int16], zero_point: int) -> NDArray[np.int32]:
        """What ``tq_dot_s8_dsp`` reads, ``[pairs][words]``.

        Args:
            paired: The rows as ``[pairs][groups][2][4]``.
            zero_point: Of the output.
        """
        pairs, groups = paired.shape[:2]
        order = np.ascontiguousarray(paired[..., [0, 2, 1, 3]])  # as SXTB16 takes a word of bytes apart
        words = order.view(np.int32).reshape(pairs, groups, 4)
        constants = [self.channels.of_each(self.channels.multiplier), self.addends(zero_point)]
        if self.form is Form.SIGNED:
            constants.append(self.channels.of_each(self.channels.right))
        biases = weights.wrapped(self._by_pair(self.channels.bias << self.shift))
        tail = [weights.wrapped(self._by_pair(c)) for c in constants]
        return np.concatenate([words[:, 0], biases, words[:, 1:].reshape(pairs, -1), *tail], axis=1)

    def _by_pair(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.pad(values, (0, values.size % 2)).reshape(-1, 2)


def scaled(channels: Channels) -> Scaled | None:
    """Channels for the scaled forms, or None if there is no exact one."""
    right = channels.of_each(channels.right)
    if channels.form is Form.NONNEGATIVE:
        shift = channels.shift + 1 - right
        rows = shift_weights(channels.rows, shift)
        if rows is not None:
            return Scaled(channels, rows, shift, Form.NONNEGATIVE)
        if right.min() < 1:
            return None
    ones = np.ones_like(right)
    rows = shift_weights(channels.rows, ones)
    assert rows is not None  # noqa: S101 - nine bits
    return Scaled(channels, rows, ones, Form.SIGNED)


def emission(
    node: Node,
    function: str,
    channels: Channels,
    members: dict[str, Value],
    constants: tuple[Constant, ...],
    scratch_bytes: int,
) -> Emission:
    """The emission of an engine function that takes parameters, an input, an output and scratch."""
    arguments: tuple[Argument, ...] = (ParamsAddress(), Input(0), Output(), Scratch())
    calls, headers = limited(node, channels, Call(function, arguments), f"{function.removesuffix('_wide')}.h")
    return Emission(calls, headers, Params(f"{function}_params", members), constants, scratch_bytes)


def limited(node: Node, channels: Channels, call: Call, header: str) -> tuple[tuple[Call, ...], tuple[str, ...]]:
    """A call that saturates at eight bits, and where that is not enough, one that limits its codes; their headers."""
    if channels.clamp is None:
        return (call,), (header,)
    clamp = Call("tq_clamp_s8", (*channels.clamp, node.output.elements, Output(), Output()))
    return (call, clamp), (header, "tq_clamp_s8.h")
