"""Cortex-M55: vector instructions take two beats, and overlap with a neighbour on another unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyq.hardware.timing.decode import Decoded, Kind

_REFILL = 2
_BEATS = 2
_UNITS = {
    Kind.VECTOR_ALU: "alu", Kind.VECTOR_MULTIPLY: "multiply", Kind.VECTOR_MEMORY: "memory",
    Kind.VECTOR_SCATTER_GATHER: "memory",
}  # fmt: skip
_FIXED = {
    Kind.DIVIDE: 7, Kind.FLOAT_DIVIDE: 14, Kind.STATUS: 2, Kind.BARRIER: 4, Kind.TABLE_BRANCH: 2,
}  # fmt: skip
_SCATTER_BYTES = 4
"""Scatter and gather move one element a cycle, of 32 bits at most."""


@dataclass(frozen=True)
class DualBeat:
    """One scalar instruction a cycle; a vector instruction two, less one where it overlaps with the one before."""

    cores: tuple[str, ...]
    method: str
    error: str

    def cycles(self, block: Sequence[Decoded], *, taken: bool) -> float:
        """See :class:`tinyq.hardware.timing.Timing`."""
        total, before = 0, None
        for instruction in block:
            total += _one(instruction, before, taken)
            before = instruction
        return float(total)


def _one(now: Decoded, before: Decoded | None, taken: bool) -> int:
    if now.kind in _UNITS:
        unit, last = _UNITS[now.kind], _UNITS.get(before.kind) if before is not None else None
        beats = max(_BEATS, 16 // _SCATTER_BYTES) if now.kind is Kind.VECTOR_SCATTER_GATHER else _BEATS
        return beats - (last is not None and last != unit)
    if now.kind in (Kind.BRANCH, Kind.CALL, Kind.INDIRECT_BRANCH, Kind.INDIRECT_CALL):
        return 1 + (_REFILL if taken or not now.conditional else 0)
    if now.kind in (Kind.LOAD_PAIR, Kind.STORE_PAIR, Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE, Kind.FLOAT_MULTIPLE):
        return -(-now.transfers // 2) + 1 + (_REFILL if now.to_pc else 0)
    late = before is not None and before.kind is Kind.LOAD and bool(before.writes & now.reads)
    return _FIXED.get(now.kind, 1) + late + (_REFILL if now.to_pc and now.kind is not Kind.LOOP_END else 0)


TIMING = DualBeat(
    cores=("cortex-m55", "cortex-m55-nomve", "cortex-m85"),
    method="executed blocks x two beats for vector instructions, one less after a vector instruction on another unit "
    "(memory, multiply, other), four for scatter and gather; scalar instructions 1, loads used at once 2, branches "
    "taken 3, ends of low-overhead loops 1; zero wait states, tightly coupled memory",
    error="not known: Arm's optimization guide describes the overlap, not every case; likely within 20 %",
)
