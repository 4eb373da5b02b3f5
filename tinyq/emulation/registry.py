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

    def supports(self, board: Board) -> bool:
        """Whether it can run a board's firmware."""
        ...

    def open(self, elf: Path, board: Board, timeout: float) -> AbstractContextManager[Device]:
        """Run a firmware for the time of a ``with`` block."""
        ...


@cache
def emulators() -> Mapping[str, Emulator]:
    """All emulators by name."""
    modules = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    found = (getattr(importlib.import_module(f"{package.__name__}.{name}"), "EMULATOR", None) for name in modules)
    return {e.name: e for e in found if e is not None}


def emulator(name: str, board: Board) -> Emulator:
    """An emulator that can run a board.

    Raises:
        BadInputError: There is none of that name, or it cannot run the board.
    """
    known = emulators()
    if name not in known:
        raise BadInputError(f"There is no emulator named {name!r}.", f"Choose one of {', '.join(sorted(known))}.")
    if not known[name].supports(board):
        able = [e.name for e in known.values() if e.supports(board)]
        raise BadInputError(
            f"{known[name].title} cannot run the board {board.id}.",
            f"Choose {' or '.join(able)}." if able else "Choose another board.",
        )
    return known[name]
