"""Addends and multipliers with which one multiplication makes every code: see ``engine/tq_scale_once.h``.

After a ReLU with an output zero point of -128 a code is ``min(max(scaled(sum), 0), 255) - 128``, where ``scaled``
rounds twice and never decreases: a staircase of at most 255 steps. A step is at the smallest sum that reaches it,

    s_n = ceil((v_n * 2^31 - 2^30) / multiplier),   v_n = n * 2^right - 2^(right - 1),

and ``floor((sum * 2^8 + a) * m / 2^42)`` has the same steps if for each n that the sums of the channel can reach

    (s_n * 2^8 + a) * m >= (n - 128) * 2^42 > ((s_n - 1) * 2^8 + a) * m.

Where the division rounds to nearest, ties up, as instructions on vectors do, the goal in the middle is 2^41 less. For
a given ``a`` these are bounds of ``m``. The ``a`` around that of real numbers are tried; there are enough of them, as
a step of ``a`` is 1/256 of a sum's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import weights
from tinyq.codegen.arithmetic import activation_range, zero_point_of
from tinyq.codegen.kernel import Node
from tinyq.graph.options import Activation

SCALES = "addend, multiplier: output = (sum * 2^8 + addend) * multiplier / 2^42"
"""A comment for arrays of :attr:`ScaleOnce.scales`."""
_LEFT, _RIGHT = 8, 32 + 10  # TQ_SCALE_ONCE_LEFT, and what the upper half of a product adds to TQ_SCALE_ONCE_RIGHT
_STEPS = np.arange(1, 256, dtype=np.int64)
_FAR = np.int64(1) << 40
_TRIALS = (8, 256)
_NEVER = 1 << 31  # a step that no sum reaches; also limits what is computed in 64 bits


@dataclass(frozen=True)
class ScaleOnce:
    """How the sums of products become codes.

    Attributes:
        rows: Weights ``[channels, depth]``; zeros for channels that give one code whatever the inputs are.
        scales: Addend and multiplier, ``[channels, 2]``.
    """

    rows: NDArray[np.int8]
    scales: NDArray[np.int32]


def scale_once(
    node: Node,
    activation: Activation,
    rows: NDArray[np.int8],
    bias: NDArray[np.int64],
    inputs: tuple[int, int],
    *,
    rounded: bool = False,
) -> ScaleOnce | None:
    """Addends and multipliers of a node's channels, None if a channel has none.

    Args:
        rows: Weights ``[channels, depth]``.
        bias: What is added to the sum of each channel, ``[channels]``.
        inputs: The smallest and the largest number by which a weight is multiplied.
        rounded: Whether the kernel divides to the nearest number, not down.
    """
    if (zero_point_of(node.output), *activation_range(activation, node.output)) != (-128, -128, 127):
        return None
    found = weights.requantization(node)
    multipliers, shifts = (np.resize(a.astype(np.int64), bias.size) for a in (found.multipliers, found.shifts))
    if shifts.max() >= 0:
        return None
    products = rows.astype(np.int64)[..., None] * np.array(inputs)
    low, high = products.min(axis=-1).sum(axis=-1), products.max(axis=-1).sum(axis=-1)
    if (low + bias).min() < -(2**31) or (high + bias).max() >= 2**31:
        return None  # sums wrap around
    half = (1 << (_RIGHT - 1)) if rounded else 0
    rows, scales = rows.copy(), np.zeros((bias.size, 2), np.int32)
    for i in range(bias.size):
        steps = _steps(int(multipliers[i]), -int(shifts[i])) - bias[i]
        if not ((steps > low[i]) & (steps <= high[i])).any():
            rows[i] = 0
            scales[i] = _constant(int((steps <= low[i]).sum()) - 128, half)
            continue
        factor = int(multipliers[i]) * 2.0 ** (int(shifts[i]) - 31)
        pair = _search(steps, int(low[i]), int(high[i]), int(bias[i]) + 2.0**30 / int(multipliers[i]), factor, half)
        if pair is None:
            return None
        scales[i] = pair
    return ScaleOnce(rows, scales)


def _steps(multiplier: int, right: int) -> NDArray[np.int64]:
    """For 1 to 255 the smallest sum, bias included, that is scaled to that."""
    if multiplier == 0:
        return np.full(_STEPS.size, _NEVER, np.int64)
    values = np.minimum((_STEPS << right) - (1 << (right - 1)), _NEVER)
    steps: NDArray[np.int64] = -((-((values << 31) - (1 << 30))) // multiplier)
    return steps


def _constant(code: int, half: int) -> tuple[int, int]:
    """Addend and multiplier that make a code of a sum of 0."""
    multiplier = 1 << 19
    return ((2 * code + 1 << (_RIGHT - 1)) - half) // multiplier, multiplier


def _search(
    steps: NDArray[np.int64], low: int, high: int, offset: float, factor: float, half: int
) -> tuple[int, int] | None:
    """An addend and a multiplier for sums in [low, high], about ``(sum + offset) * factor + 1/2 - 128``.

    Args:
        half: What the division adds.
    """
    reached = (steps > low) & (steps <= high)
    at, goals = steps[reached], (_STEPS[reached] - 128 << _RIGHT) - half
    middle = round((offset - (127.5 + half / 2**_RIGHT) / factor) * 2**_LEFT)
    for trials in _TRIALS:
        addends = middle + np.arange(-trials // 2, trials // 2, dtype=np.int64)
        fits = (low * 2**_LEFT + addends >= -(2**31)) & (high * 2**_LEFT + addends < 2**31)
        lower, upper = _multipliers(at, goals, addends)
        usable = np.flatnonzero(fits & (lower <= upper))
        if usable.size:
            best = usable[np.argmin(np.abs(usable - trials // 2))]
            return int(addends[best]), int(lower[best])
    return None


def _multipliers(
    steps: NDArray[np.int64], goals: NDArray[np.int64], addends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The smallest and the largest multiplier for each addend; the first is above the second where there is none."""
    reaching = (steps << _LEFT) + addends[:, None]
    short = reaching - (1 << _LEFT)
    bounds = (_bounds(reaching, goals), _bounds(-short, 1 - goals))
    lower, upper = (np.stack(each) for each in zip(*bounds, strict=True))
    return np.maximum(lower.max(axis=(0, 2)), 0), np.minimum(upper.min(axis=(0, 2)), 2**31 - 1)


def _bounds(a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Between which numbers m is where a * m >= b."""
    divisor = np.where(a == 0, 1, a)
    lower = np.where(a > 0, -(-b // divisor), np.where((a == 0) & (b > 0), _FAR, -_FAR))
    return lower, np.where(a < 0, b // divisor, _FAR)
