"""Cortex-M0, and what the Cortex-M0+ shares with it: no instruction's time depends on its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyq.hardware.timing.decode import Decoded, Kind

_ASSUMED = "zero wait states; the multiplier that takes one cycle (a chip may have one of 32 cycles)"


@dataclass(frozen=True)
class Armv6M:
    """A fixed time for each kind of instruction.

    Attributes:
        cores, method, error: As :class:`tinyq.hardware.timing.Timing`.
        fixed: Cycles by kind; 1 for the rest.
        taken: Cycles of a branch that is taken.
        pop_pc: Cycles, apart from one for each register, of a POP that returns.
    """

    cores: tuple[str, ...]
    method: str
    error: str
    fixed: Mapping[Kind, int]
    taken: int
    pop_pc: int

    def cycles(self, block: Sequence[Decoded], *, taken: bool) -> float:
        """See :class:`tinyq.hardware.timing.Timing`."""
        return float(sum(self._one(instruction, taken) for instruction in block))

    def _one(self, now: Decoded, taken: bool) -> int:
        if now.kind is Kind.BRANCH:
            return self.taken if taken or not now.conditional else 1
        if now.kind in (Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE):
            return now.transfers + (self.pop_pc if now.to_pc else 1)
        if now.kind is Kind.ALU and now.to_pc:
            return self.taken
        return self.fixed.get(now.kind, 1)


TIMING = Armv6M(
    cores=("cortex-m0",),
    method=f"executed blocks x Arm DDI 0432C, table 3-1; {_ASSUMED}",
    error="none for such a chip: all times are fixed",
    fixed={
        Kind.LOAD: 2,
        Kind.STORE: 2,
        Kind.CALL: 4,
        Kind.INDIRECT_BRANCH: 3,
        Kind.INDIRECT_CALL: 3,
        Kind.STATUS: 4,
        Kind.BARRIER: 4,
    },
    taken=3,
    pop_pc=4,
)
