"""Weights and requantization as the kernels for the M-profile vector extension (Helium) read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import weights
from tinyq.codegen.arithmetic import activation_range, scale_code, zero_point_of
from tinyq.codegen.checks import require
from tinyq.codegen.kernel import Constant, Node, Ref, Target, Value
from tinyq.codegen.scale_once import SCALES, scale_once
from tinyq.graph.options import Activation

VECTOR = 16  # bytes
_BIAS_LIMIT = 1 << 26
WORDS = "bias * 32 + 32 - right shift, multiplier"
"""What :attr:`Channels.words` holds, for comments."""


def core_objection(target: Target) -> str:
    """Whether the core has the extension, with integers."""
    return require(target.core is not None and target.core.has_mve, "the core has no vector extension")


@dataclass(frozen=True)
class Channels:
    """Weights and requantization of the output channels, in a form that the kernels can compute.

    Attributes:
        rows: Weights ``[channels, depth]``.
        words: Two for each channel, ``[channels, 2]``: bias * 32 + 32 - right shift and the multiplier, or if ``once``
            addend and multiplier of :class:`~tinyq.codegen.scale_once.ScaleOnce`.
        once: See there.
    """

    rows: NDArray[np.int8]
    words: NDArray[np.int32]
    once: bool = False

    @property
    def suffix(self) -> str:
        """How the name of the function ends, of kernels that know both forms."""
        return "_relu" if self.once else ""

    def constant(self, words: NDArray[np.int32], order: str) -> Constant:
        """The array of words, filled up or in another order.

        Args:
            order: Of channels, for the comment.
        """
        return Constant("scales", words.reshape(-1), f"{f'{SCALES}, rounded' if self.once else WORDS}; {order}")


def channels_of(node: Node, activation: Activation, rows: NDArray[np.int8], bias: NDArray[np.int64]) -> Channels | None:
    """The channels of a node, if the kernels can compute them.

    A channel whose bias is too large, or whose sums are scaled by 1/2 or more, gives one code whatever the inputs are:
    then that code is all that is left of it. Otherwise the kernels cannot compute it.

    Args:
        rows: Weights ``[channels, depth]``.
        bias: What is added to each channel's sum of products of raw codes.
    """
    found = weights.requantization(node)
    multipliers, shifts = (np.resize(a.astype(np.int64), bias.size) for a in (found.multipliers, found.shifts))
    reach = 128 * np.abs(rows.astype(np.int64)).sum(axis=1)
    rows, bias = rows.copy(), bias.copy()
    for i in np.flatnonzero((np.abs(bias) >= _BIAS_LIMIT) | (shifts >= 0)):
        low, high = (
            _code(int(bias[i]) + sign * int(reach[i]), int(multipliers[i]), int(shifts[i]), node, activation)
            for sign in (-1, 1)
        )
        if low is None or low != high:
            return None
        # a quarter of 4 times the code
        rows[i], bias[i], multipliers[i], shifts[i] = 0, 4 * (low - zero_point_of(node.output)), 1 << 30, -1
    return Channels(rows, np.stack([bias * 32 + 32 + shifts, multipliers], axis=1).astype(np.int32))


def channels_once(
    node: Node, activation: Activation, rows: NDArray[np.int8], bias: NDArray[np.int64]
) -> Channels | None:
    """The same, with codes by one multiplication wherever that is possible."""
    scaled = scale_once(node, activation, rows, bias, (-128, 127), rounded=True)
    if scaled is not None:
        return Channels(scaled.rows, scaled.scales, once=True)
    return channels_of(node, activation, rows, bias)


def _code(total: int, multiplier: int, shift: int, node: Node, activation: Activation) -> int | None:
    """The code of a sum, bias included; None if it wraps around."""
    if not -(2**31) <= total << max(shift, 0) < 2**31:
        return None
    low, high = activation_range(activation, node.output)
    return min(max(scale_code(total, multiplier, shift) + zero_point_of(node.output), low), high)


def channels_objection(channels: Channels | None) -> str:
    """What speaks against the kernels if there are no :class:`Channels`."""
    return require(channels is not None, "a bias is too large, or a channel is scaled by 1/2 or more")


def padded(rows: NDArray[np.int8], channels: int, depth: int) -> NDArray[np.int8]:
    """Weights ``[channels, depth]`` with zeros, so that both are multiples of the given numbers."""
    return np.pad(rows, [(0, -size % unit) for size, unit in zip(rows.shape, (channels, depth), strict=True)])


def limits(node: Node, activation: Activation) -> dict[str, Value]:
    """The members zero_point, min and max."""
    low, high = activation_range(activation, node.output)
    return {"zero_point": zero_point_of(node.output), "min": low, "max": high}


def is_relu(node: Node, activation: Activation) -> bool:
    """Whether clamping to the limits is a saturation to 8 bits without sign."""
    return limits(node, activation) == {"zero_point": -128, "min": -128, "max": 127}


def suffix(node: Node, activation: Activation) -> str:
    """How the name of the function ends."""
    return "_relu" if is_relu(node, activation) else ""


_ORDER = (0, 2, 1, 3)  # of channels within four


def dot(node: Node, activation: Activation, channels: Channels) -> tuple[dict[str, Value], tuple[Constant, ...]]:
    """Members and arrays of ``tq_dot_s8_mve_params``.

    Args:
        channels: Weights in the order in which the kernel's tiles hold inputs.
    """
    filled = padded(channels.rows, 4, VECTOR)
    count, steps = filled.shape[0], filled.shape[1] // VECTOR
    members: dict[str, Value] = {
        "steps": steps,
        "channels": count,
        "weights": Ref("weights"),
        "scales": Ref("scales"),
        **limits(node, activation),
    }
    # [four][pair][channel of the pair][step][16] -> [four][pair][step][channel of the pair][16]
    pairs = in_rounds(filled).reshape(-1, 2, steps, VECTOR).transpose(0, 2, 1, 3)
    words = np.pad(channels.words, ((0, count - len(channels.rows)), (0, 0)))
    order = "channels 0, 2, 1, 3 of each four"
    return members, (
        Constant("weights", np.ascontiguousarray(pairs), f"weights [pair of channels][step][2][16]; {order}", 4),
        channels.constant(in_rounds(words), order),
    )


Element = TypeVar("Element", bound=np.generic)


def in_rounds(rows: NDArray[Element]) -> NDArray[Element]:
    """Rows, a multiple of four, in the order in which pairs of channels are computed: 0, 2, 1, 3 of each four."""
    return rows.reshape(-1, 4, *rows.shape[1:])[:, _ORDER].reshape(rows.shape)


def dot_cycles(pixels: int, channels: int, depth: int) -> float:
    """Estimated cycles of ``tq_dot_s8_mve`` on a Cortex-M55.

    Two cycles for each operation on vectors, of which loads run beside multiplications: 16 for 8 products of vectors
    and 2 for the first load; about 45 to requantize 8 outputs; 40 for each four pixels, and 4 for each of their
    vectors.
    """
    tiles, pairs, steps = -(-pixels // 4), -(-channels // 4) * 2, -(-depth // VECTOR)
    return tiles * (pairs * (18.0 * steps + 45) + 40 + 16 * steps)
