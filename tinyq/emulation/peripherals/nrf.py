"""UART and TIMER of Nordic's nRF51 series (nRF51 Series Reference Manual 3.0, chapters 29 and 18); the nRF52 series
kept both."""

from __future__ import annotations

from tinyq.emulation.peripherals import SerialLine, Stopwatch

_WORD = 0xFFFFFFFF


class NrfUart:
    """The UART without EasyDMA: events say that a byte came or went."""

    _RX_READY, _TX_READY, _RX_DATA, _TX_DATA = 0x108, 0x11C, 0x518, 0x51C

    def __init__(self, line: SerialLine) -> None:
        self._line = line

    def read(self, offset: int) -> int:
        if offset == self._RX_READY:
            return int(self._line.ready())
        if offset == self._RX_DATA:
            return self._line.take()
        return int(offset == self._TX_READY)

    def write(self, offset: int, value: int) -> None:
        if offset == self._TX_DATA:
            self._line.put(value)


class NrfTimer:
    """TIMER in 32-bit mode: capture copies the count into a compare register; a compare match is remembered."""

    _START, _CLEAR, _CAPTURE_0, _COMPARED_1, _BIT_MODE, _COMPARE_0 = 0x000, 0x00C, 0x040, 0x144, 0x508, 0x540

    def __init__(self, stopwatch: Stopwatch) -> None:
        self._stopwatch = stopwatch
        self._bit_mode = 0
        self._captured = 0
        self._overflow = False

    def read(self, offset: int) -> int:
        if offset == self._COMPARE_0:
            return self._captured
        if offset == self._BIT_MODE:
            return self._bit_mode
        return int(offset == self._COMPARED_1 and self._overflow)

    def write(self, offset: int, value: int) -> None:
        if offset == self._START:
            self._stopwatch.start()
        elif offset == self._BIT_MODE:
            self._bit_mode = value
        elif offset == self._CAPTURE_0:
            ticks = self._stopwatch.ticks()
            self._overflow = ticks >= _WORD
            self._captured = ticks & _WORD


UARTS = {"nrf51": NrfUart}
COUNTERS = {"nrf51_timer": NrfTimer}
