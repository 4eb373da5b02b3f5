"""What a target executed: runs of instructions, how often each was entered, and where it went next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from tinyq.hardware.boards import Board


@dataclass(frozen=True)
class Executed:
    """Instructions that were executed one after another.

    Attributes:
        addresses: Of the instructions, ascending.
        entered: How often.
        left: How often the next instruction was not the one that follows in memory.
    """

    addresses: tuple[int, ...]
    entered: int
    left: int

    @property
    def instructions(self) -> int:
        """Executed instructions in all."""
        return len(self.addresses) * self.entered


@runtime_checkable
class Tracing(Protocol):
    """An emulator that can tell which instructions each layer executes."""

    def trace(self, elf: Path, board: Board, inputs: Sequence[bytes], timeout: float) -> list[list[Executed]]:
        """Run one inference of a firmware that observes layers.

        Args:
            elf: The firmware.
            board: The board that it was built for.
            inputs: Bytes of each input.
            timeout: Seconds of wall-clock time for one layer.

        Returns:
            For each layer, as the observer counts them, the executed blocks.
        """
        ...
