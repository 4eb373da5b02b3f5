"""The emulators: every module of this package that defines ``EMULATOR``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Protocol

import tinyq.emulation as package
from tinyq.emulation.device import Device
from tinyq.errors import BadInputError
from tinyq.hardware.boards import Board


class Emulator(Protocol):
    """Something that can run a firmware."""

    @property
    def name(self) -> str:
        """What ``--emulator`` takes."""
        ...

    @property
    def title(self) -> str:
        """The name for people."""
        ...

    @property
    def rank(self) -> int:
        """Place in the order of preference; the lowest comes first."""
        ...

    def available(self) -> bool:
        """Whether it is installed."""
        ...

    def supports(self, board: Board) -> bool:
        """Whether it can run a board's firmware."""
        ...

    def machine_for(self, board: Board) -> Board:
        """The board whose addresses the firmware must be linked for, and with which it is opened.

        It is another one where the emulator lacks the board and a similar machine stands in.
        """
        ...

    def open(self, elf: Path, board: Board, timeout: float) -> AbstractContextManager[Device]:
        """Run a firmware for the time of a ``with`` block."""
        ...


@cache
def emulators() -> Mapping[str, Emulator]:
    """All emulators by name, the preferred one first."""
    modules = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    found = (getattr(importlib.import_module(f"{package.__name__}.{name}"), "EMULATOR", None) for name in modules)
    return {e.name: e for e in sorted((e for e in found if e is not None), key=lambda e: e.rank)}


def emulator(name: str | None, board: Board) -> Emulator:
    """An emulator that can run a board.

    Args:
        name: Its name, with an address behind a colon if it takes one; None for the first in the order of preference
            that is installed and can run the board.
        board: The board.

    Raises:
        BadInputError: There is none of that name, or it cannot run the board.
    """
    known = emulators()
    if name is not None and ":" in name:  # "serial:/dev/ttyACM0": one that takes an address
        kind, _, address = name.partition(":")
        at = getattr(known.get(kind), "at", None)
        if at is not None and address:
            addressed: Emulator = at(address)
            return addressed
    able = [e for e in known.values() if e.supports(board)]
    if name is None:
        if not able:
            raise BadInputError(f"No emulator can run the board {board.id}.", "Choose another board.")
        # one that is not installed says how to get it when it is opened
        return next((e for e in able if e.available()), able[0])
    if name not in known:
        raise BadInputError(f"There is no emulator named {name!r}.", f"Choose one of {', '.join(sorted(known))}.")
    if known[name] not in able:
        others = " or ".join(e.name for e in able)
        raise BadInputError(
            f"{known[name].title} cannot run the board {board.id}.",
            f"Choose {others}." if others else "Choose another board.",
        )
    return known[name]
