"""UART and timer of Arm's Cortex-M System Design Kit (Arm DDI 0479, chapter 4)."""

from __future__ import annotations

from tinyq.emulation.peripherals import SerialLine, Stopwatch

_WORD = 0xFFFFFFFF


class CmsdkUart:
    """The UART: data, state and control; it is never busy."""

    _DATA, _STATE = 0x0, 0x4
    _RX_FULL = 2

    def __init__(self, line: SerialLine) -> None:
        self._line = line

    def read(self, offset: int) -> int:
        if offset == self._DATA:
            return self._line.take()
        if offset == self._STATE:
            return self._RX_FULL if self._line.ready() else 0
        return 0

    def write(self, offset: int, value: int) -> None:
        if offset == self._DATA:
            self._line.put(value)


class CmsdkTimer:
    """The timer: counts down from a value once it is enabled; its flag is set when it runs through zero."""

    _CONTROL, _VALUE, _RELOAD, _INTERRUPT = 0x0, 0x4, 0x8, 0xC
    _ENABLE = 1

    def __init__(self, stopwatch: Stopwatch) -> None:
        self._stopwatch = stopwatch
        self._value = 0
        self._reload = 0
        self._enabled = False

    def read(self, offset: int) -> int:
        ticks = self._stopwatch.ticks() if self._enabled else 0
        if offset == self._VALUE:
            return (self._value - ticks) & _WORD
        if offset == self._RELOAD:
            return self._reload
        if offset == self._INTERRUPT:
            return int(ticks > self._value)
        return 0

    def write(self, offset: int, value: int) -> None:
        if offset == self._VALUE:
            self._value = value
        elif offset == self._RELOAD:
            self._reload = value
        elif offset == self._CONTROL:
            self._enabled = bool(value & self._ENABLE)
            if self._enabled:
                self._stopwatch.start()


UARTS = {"cmsdk": CmsdkUart}
COUNTERS = {"cmsdk_timer": CmsdkTimer}
