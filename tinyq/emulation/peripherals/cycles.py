"""The cycle counter of the Data Watchpoint and Trace unit (Armv7-M Architecture Reference Manual, C1.8)."""

from __future__ import annotations

from tinyq.emulation.peripherals import Stopwatch

_WORD = 0xFFFFFFFF


class CycleCounter:
    """Counts from the last writing of its register."""

    _CYCLES = 0x4

    def __init__(self, stopwatch: Stopwatch) -> None:
        self._stopwatch = stopwatch
        self._start = 0
        self._started = False

    def read(self, offset: int) -> int:
        if offset != self._CYCLES or not self._started:
            return 0
        return (self._start + self._stopwatch.ticks()) & _WORD

    def write(self, offset: int, value: int) -> None:
        if offset == self._CYCLES:
            self._start, self._started = value, True
            self._stopwatch.start()


COUNTERS = {"cycles": CycleCounter}
