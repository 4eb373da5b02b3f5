"""A real board on a serial port: the same firmware, protocol and checks as under an emulator.

The firmware is not written to the board from here, as every board has its own tool for that; what runs there says by
its model hash whether it is the right one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tinyq.emulation.device import Device
from tinyq.emulation.session import Session
from tinyq.errors import BadInputError, FailedError
from tinyq.firmware.elf import Symbols
from tinyq.hardware.boards import Board

BAUD = 115200
_ANSWER_SECONDS = 3.0


class SerialTransport:
    """A serial port, by pyserial."""

    def __init__(self, port: str, timeout: float, baud: int = BAUD) -> None:
        import serial

        try:
            # an exclusive port cannot be read by two programs at once, which would lose bytes of both
            self._port: Any = serial.Serial(port, baud, timeout=0, write_timeout=timeout, exclusive=True)
        except (serial.SerialException, OSError, ValueError) as error:
            raise BadInputError(
                f"The serial port {port} cannot be opened ({error}).",
                "Check that the board is connected, that you may use the port, and that no other program does.",
            ) from error
        self._port.reset_input_buffer()

    def write(self, data: bytes) -> None:
        """Send all bytes."""
        import serial

        try:
            self._port.write(data)
            self._port.flush()
        except (serial.SerialException, OSError) as error:
            raise _gone(error) from error

    def read(self, timeout: float) -> bytes:
        """Some bytes, or none after ``timeout`` seconds."""
        import serial

        try:
            self._port.timeout = timeout
            first: bytes = self._port.read(1)
            return first + self._port.read(self._port.in_waiting) if first else first
        except (serial.SerialException, OSError, TypeError) as error:  # TypeError: closed while it was read
            raise _gone(error) from error

    def store(self, data: bytes) -> bool:
        """A real board shares no memory with us."""
        return False

    def close(self) -> None:
        """Let go of the port."""
        with contextlib.suppress(OSError):
            self._port.close()


def _gone(error: Exception) -> FailedError:
    return FailedError(f"The serial port was lost ({error}).", "Check the cable, and reset the board.")


@contextlib.contextmanager
def open_serial(port: str, elf: Path, timeout: float = 60.0) -> Iterator[Device]:
    """Talk to a board for the time of a ``with`` block.

    Args:
        port: For example ``/dev/ttyACM0`` or ``COM3``, or a URL that pyserial knows.
        elf: The firmware that runs there, for names of functions in fault reports.
        timeout: Seconds of wall-clock time for one request, such as an inference.

    Raises:
        BadInputError: The port cannot be opened.
        FailedError: The board does not answer.
    """
    transport = SerialTransport(port, timeout)
    try:
        yield Session(
            transport,
            timeout=timeout,
            answer_timeout=_ANSWER_SECONDS,
            counts_instructions=False,
            symbol_at=Symbols(elf).name_at,
        )
    finally:
        transport.close()


@dataclass(frozen=True)
class SerialPort:
    """The entry in the registry of emulators: ``serial:PORT``."""

    port: str = ""
    name: str = "serial"
    title: str = "A board on a serial port"
    rank: int = 1000

    def at(self, address: str) -> SerialPort:
        """With its port, which is part of the name from then on."""
        return replace(self, port=address, name=f"{self.name}:{address}")

    def available(self) -> bool:
        """Whether a port was named."""
        return bool(self.port)

    def supports(self, board: Board) -> bool:
        """Any board may be real, but none is chosen without being asked for."""
        return bool(self.port)

    def machine_for(self, board: Board) -> Board:
        """The board itself: nothing stands in for it."""
        return board

    def open(self, elf: Path, board: Board, timeout: float) -> contextlib.AbstractContextManager[Device]:
        """See :func:`open_serial`."""
        return open_serial(self.port, elf, timeout)


EMULATOR = SerialPort()
