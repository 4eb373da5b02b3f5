"""USARTs of STM32 microcontrollers: that of the F1 to F4 series (ST RM0090, chapter 30) and the later one (RM0385)."""

from __future__ import annotations

from tinyq.emulation.peripherals import SerialLine

_RX_FULL, _TX_EMPTY = 1 << 5, 1 << 7


class Stm32F4Usart:
    """The older one: one register for both directions."""

    _STATUS, _DATA = 0x00, 0x04

    def __init__(self, line: SerialLine) -> None:
        self._line = line

    def read(self, offset: int) -> int:
        if offset == self._STATUS:
            return _TX_EMPTY | (_RX_FULL if self._line.ready() else 0)
        return self._line.take() if offset == self._DATA else 0

    def write(self, offset: int, value: int) -> None:
        if offset == self._DATA:
            self._line.put(value)


class Stm32Usart:
    """The newer one."""

    _STATUS, _RECEIVE, _TRANSMIT = 0x1C, 0x24, 0x28

    def __init__(self, line: SerialLine) -> None:
        self._line = line

    def read(self, offset: int) -> int:
        if offset == self._STATUS:
            return _TX_EMPTY | (_RX_FULL if self._line.ready() else 0)
        return self._line.take() if offset == self._RECEIVE else 0

    def write(self, offset: int, value: int) -> None:
        if offset == self._TRANSMIT:
            self._line.put(value)


UARTS = {"stm32f4_usart": Stm32F4Usart, "stm32_usart": Stm32Usart}
