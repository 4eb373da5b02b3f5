"""QEMU as a target."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from tinyq.emulation.blocks import Executed
from tinyq.emulation.device import Device
from tinyq.emulation.qemu_transport import PROGRAM, QemuTransport
from tinyq.emulation.session import Session
from tinyq.emulation.trace import trace_layers
from tinyq.firmware.elf import Symbols
from tinyq.hardware.boards import Board, stand_in


@contextlib.contextmanager
def open_qemu(elf: Path, board: Board, timeout: float = 60.0) -> Iterator[Device]:
    """Run a firmware under QEMU for the time of a ``with`` block.

    Args:
        elf: The firmware.
        board: The board that it was built for.
        timeout: Seconds of wall-clock time for one request, such as an inference.

    Raises:
        MissingToolError: QEMU is not installed.
        BadInputError: QEMU has no machine for the board.
        FailedError: QEMU did not start.
    """
    transport = QemuTransport(elf, board, timeout)
    try:
        yield Session(transport, timeout=timeout, symbol_at=Symbols(elf).name_at)
    finally:
        transport.close()
        transport.release()


class QemuEmulator:
    """The entry of QEMU in the registry of emulators."""

    name = "qemu"
    title = "QEMU"
    rank = 0

    def available(self) -> bool:
        """Whether QEMU is installed."""
        return shutil.which(PROGRAM) is not None

    def supports(self, board: Board) -> bool:
        """Whether QEMU has a machine for the board, or for one that stands in."""
        return board.qemu is not None

    def machine_for(self, board: Board) -> Board:
        """The board itself, or the one whose machine stands in for it."""
        return stand_in(board)

    def open(self, elf: Path, board: Board, timeout: float) -> contextlib.AbstractContextManager[Device]:
        """See :func:`open_qemu`."""
        return open_qemu(elf, board, timeout)

    def trace(self, elf: Path, board: Board, inputs: Sequence[bytes], timeout: float) -> list[list[Executed]]:
        """See :func:`tinyq.emulation.trace.trace_layers`."""
        return trace_layers(elf, board, inputs, timeout)


EMULATOR = QemuEmulator()
