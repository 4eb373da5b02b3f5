"""Geometry: windows, nested loops and broadcasting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tinyq.codegen.kernel import Value
from tinyq.graph.options import Padding

MAX_LOOPS = 8  # TQ_NEST_MAX_LOOPS


@dataclass(frozen=True)
class Window:
    """One axis of a sliding window: how many positions it has, and how far the first one sticks out."""

    outputs: int
    padding: int


def window(padding: Padding, size: int, filter_size: int, stride: int, dilation: int = 1) -> Window:
    """Positions and leading padding of a window; where padding is odd, the surplus is at the end."""
    reach = (filter_size - 1) * dilation + 1
    outputs = -(-size // stride) if padding == "SAME" else (size - reach + stride) // stride
    return Window(outputs, max((outputs - 1) * stride + reach - size, 0) // 2)


@dataclass(frozen=True)
class Loop:
    """One of several nested loops: how often it runs, and the steps in two tensors, in elements."""

    size: int
    strides: tuple[int, int]


def merge(loops: Iterable[Loop]) -> tuple[Loop, ...]:
    """The fewest loops, outermost first, that visit the same elements in the same order."""
    merged: list[Loop] = []
    for loop in loops:
        if loop.size == 1:
            continue
        if merged and all(a == b * loop.size for a, b in zip(merged[-1].strides, loop.strides, strict=True)):
            merged[-1] = Loop(merged[-1].size * loop.size, loop.strides)
        else:
            merged.append(loop)
    return tuple(merged)


def nest(loops: Sequence[Loop]) -> Value:
    """The members of a ``tq_nest``."""
    if not loops:
        return {"loops": 0}
    return {
        "loops": len(loops),
        "sizes": tuple(loop.size for loop in loops),
        "strides": tuple(tuple(loop.strides[i] for loop in loops) for i in range(2)),
    }


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """Strides in elements."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


@dataclass(frozen=True)
class Broadcast:
    """Element-wise work on two operands: loops over rows, and a row of ``columns`` with steps of 0 or 1."""

    rows: tuple[Loop, ...]
    columns: int
    steps: tuple[int, int]


def broadcast(shape: Sequence[int], operands: tuple[Sequence[int], Sequence[int]]) -> Broadcast:
    """How two operands are read for an output of a shape that they broadcast to."""
    strides = []
    for operand in operands:
        padded = (1,) * (len(shape) - len(operand)) + tuple(operand)
        strides.append([0 if size == 1 else s for size, s in zip(padded, row_major(padded), strict=True)])
    loops = merge(Loop(size, (a, b)) for size, a, b in zip(shape, *strides, strict=True))
    if not loops:
        return Broadcast((), 1, (1, 1))
    return Broadcast(loops[:-1], loops[-1].size, loops[-1].strides)


def broadcast_shape(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...] | None:
    """The shape that two shapes broadcast to, or None."""
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + tuple(a), (1,) * (rank - len(b)) + tuple(b)
    if any(x != y and 1 not in (x, y) for x, y in zip(a, b, strict=True)):
        return None
    return tuple(max(x, y) if 0 not in (x, y) else 0 for x, y in zip(a, b, strict=True))
