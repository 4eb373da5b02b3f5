"""What the cores with three-stage pipelines (M3, M4, M33) share: the M3's rules for loads and stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyq.hardware.timing.decode import Decoded, Kind

_BRANCHES = (Kind.BRANCH, Kind.CALL, Kind.INDIRECT_BRANCH, Kind.INDIRECT_CALL)
_COMPUTES_ADDRESS = (Kind.ALU, Kind.MULTIPLY, Kind.MULTIPLY_ADD, Kind.LONG_MULTIPLY, Kind.LONG_MULTIPLY_ADD)


@dataclass(frozen=True)
class ThreeStage:
    """Loads and stores pipeline after loads; a taken branch refills the pipeline.

    Attributes:
        cores, method, error: As :class:`tinyq.hardware.timing.Timing`.
        fixed: Cycles by kind, where they do not depend on neighbours; 1 for the rest.
        refill: Cycles of a pipeline refill, P in the manual's table.
        address_stall: Cycles lost if an address is computed by the instruction before.
    """

    cores: tuple[str, ...]
    method: str
    error: str
    fixed: Mapping[Kind, float]
    refill: int = 2
    address_stall: int = 1

    def cycles(self, block: Sequence[Decoded], *, taken: bool) -> float:
        """See :class:`tinyq.hardware.timing.Timing`."""
        total, before = 0.0, None
        for instruction in block:
            total += self._one(instruction, before, taken)
            before = instruction
        return total

    def _one(self, now: Decoded, before: Decoded | None, taken: bool) -> float:
        refill = self.refill if now.to_pc else 0
        if now.kind in _BRANCHES:
            return 1 + (self.refill if taken or not now.conditional else 0)
        if now.kind is Kind.TABLE_BRANCH:
            return 2 + self.refill
        if now.kind in (Kind.LOAD_MULTIPLE, Kind.STORE_MULTIPLE, Kind.LOAD_PAIR, Kind.STORE_PAIR):
            return 1 + now.transfers + refill + self._stall(now, before)
        if now.kind is Kind.FLOAT_MULTIPLE:
            return 1 + now.transfers
        if now.kind in (Kind.LOAD, Kind.STORE):
            return self._single(now, before) + refill + self._stall(now, before)
        return self.fixed.get(now.kind, 1) + refill

    def _single(self, now: Decoded, before: Decoded | None) -> int:
        follows_load = before is not None and before.kind is Kind.LOAD and not before.writes & now.address
        if follows_load or (now.kind is Kind.STORE and not now.offset_is_register):
            return 1
        return 2

    def _stall(self, now: Decoded, before: Decoded | None) -> int:
        computed = before is not None and before.kind in _COMPUTES_ADDRESS and before.writes & now.address - {"pc"}
        return self.address_stall if computed else 0
