"""Cortex-M7: two instructions at once, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyq.hardware.timing.decode import Decoded, Kind

_MEMORY = (
    Kind.LOAD, Kind.STORE, Kind.LOAD_PAIR, Kind.STORE_PAIR, Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE, Kind.FLOAT_LOAD,
    Kind.FLOAT_STORE, Kind.FLOAT_MULTIPLE,
)  # fmt: skip
_MULTIPLIES = (
    Kind.MULTIPLY, Kind.MULTIPLY_ADD, Kind.LONG_MULTIPLY, Kind.LONG_MULTIPLY_ADD, Kind.DSP_MULTIPLY,
)  # fmt: skip
_BRANCHES = (Kind.BRANCH, Kind.CALL, Kind.INDIRECT_BRANCH, Kind.INDIRECT_CALL, Kind.TABLE_BRANCH)
_ALONE = (
    Kind.LOAD_PAIR, Kind.STORE_PAIR, Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE, Kind.FLOAT_MULTIPLE, Kind.DIVIDE,
    Kind.FLOAT_DIVIDE, Kind.STATUS, Kind.BARRIER, Kind.TABLE_BRANCH,
)  # fmt: skip
_FIXED = {Kind.DIVIDE: 7, Kind.FLOAT_DIVIDE: 14, Kind.STATUS: 2, Kind.BARRIER: 8, Kind.TABLE_BRANCH: 4}


@dataclass(frozen=True)
class DualIssue:
    """Greedy pairs, a cycle each; results of loads and multiplications come one cycle late.

    Two instructions pair if the second needs nothing of the first, and they do not both access memory, multiply, or
    branch. Transfers of several registers are alone and move 64 bits a cycle. Branches are predicted.
    """

    cores: tuple[str, ...]
    method: str
    error: str

    def cycles(self, block: Sequence[Decoded], *, taken: bool) -> float:
        """See :class:`tinyq.hardware.timing.Timing`."""
        total, position = 0, 0
        late: frozenset[str] = frozenset()
        while position < len(block):
            first = block[position]
            second = block[position + 1] if position + 1 < len(block) else None
            together = [first]
            if second is not None and _pairs(first, second) and not late & second.reads:
                together.append(second)
            total += _duration(first) + bool(late & _needed(first))
            late = frozenset().union(*(i.writes for i in together if i.kind in (*_MULTIPLIES, Kind.LOAD)))
            position += len(together)
        return float(total)


def _needed(now: Decoded) -> frozenset[str]:
    """Registers that an instruction needs early: an accumulator may come late."""
    if now.kind in (Kind.MULTIPLY_ADD, Kind.LONG_MULTIPLY_ADD, Kind.DSP_MULTIPLY):
        return now.reads - now.writes
    return now.reads


def _pairs(first: Decoded, second: Decoded) -> bool:
    if first.kind in (*_ALONE, *_BRANCHES, Kind.IT) or second.kind in _ALONE or first.to_pc:
        return False
    if any(first.kind in group and second.kind in group for group in (_MEMORY, _MULTIPLIES)):
        return False
    return not first.writes & (second.reads | second.writes)


def _duration(now: Decoded) -> int:
    if now.kind in (Kind.LOAD_PAIR, Kind.STORE_PAIR, Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE, Kind.FLOAT_MULTIPLE):
        return -(-now.transfers // 2) + now.to_pc
    return _FIXED.get(now.kind, 1)


TIMING = DualIssue(
    cores=("cortex-m7",),
    method="executed blocks x an assumed pipeline, as Arm publishes no table for the Cortex-M7: two instructions a "
    "cycle unless the second needs the first or both access memory, multiply or branch; loads and products one cycle "
    "late; LDM and STM 64 bits a cycle; branches predicted; tightly coupled memory",
    error="not known; good for comparing programs, not for times",
)
