"""Peripherals of the embedded emulator, as far as the firmware's drivers use them.

A module of this package names the drivers whose hardware it models: ``UARTS`` for ``uart_<name>.c`` and ``COUNTERS``
for ``counter_<name>.c`` of ``templates/project/drivers``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Protocol

TICKS_PER_INSTRUCTION = 2
"""What a counter advances by; with two or more, the host's calibration is exact."""


class Peripheral(Protocol):
    """Registers on the bus."""

    def read(self, offset: int) -> int:
        """The word at an offset from the peripheral's base address."""
        ...

    def write(self, offset: int, value: int) -> None:
        """Store a word there."""
        ...


class SerialLine:
    """The wire between the firmware and the host.

    Args:
        idle: Called when the firmware waits for a byte that has not come.

    Attributes:
        received: Bytes from the host that the firmware has not taken.
        sent: Bytes of the firmware that the host has not taken.
    """

    def __init__(self, idle: Callable[[], None]) -> None:
        self.received = bytearray()
        self.sent = bytearray()
        self._idle = idle
        self._vain_polls = 0

    def ready(self) -> bool:
        """Whether a byte waits. Asked twice without anything in between, the firmware is taken to wait for one."""
        if self.received:
            return True
        self._vain_polls += 1
        if self._vain_polls > 1:
            self._idle()
        return False

    def take(self) -> int:
        """The next byte; 0 if there is none."""
        self._vain_polls = 0
        return self.received.pop(0) if self.received else 0

    def put(self, byte: int) -> None:
        """Send a byte to the host."""
        self._vain_polls = 0
        self.sent.append(byte & 0xFF)


class Stopwatch(Protocol):
    """What counters measure with."""

    def start(self) -> None:
        """Begin to measure."""
        ...

    def ticks(self) -> int:
        """Ticks since the start, :data:`TICKS_PER_INSTRUCTION` for each executed instruction."""
        ...


@cache
def uarts() -> Mapping[str, Callable[[SerialLine], Peripheral]]:
    """Constructors of serial ports by the name of their driver."""
    return _gather("UARTS")


@cache
def counters() -> Mapping[str, Callable[[Stopwatch], Peripheral]]:
    """Constructors of counters by the name of their driver."""
    return _gather("COUNTERS")


def _gather(attribute: str) -> dict[str, Callable[..., Peripheral]]:
    found: dict[str, Callable[..., Peripheral]] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        found |= getattr(importlib.import_module(f"{__name__}.{module}"), attribute, {})
    return found
