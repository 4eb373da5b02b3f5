"""The programs that build a firmware, and where they are. Each toolchain is a module of ``toolchains``."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from tinyq.errors import BadInputError, MissingToolError

DEFAULT_TOOLCHAIN = "gnu"
"""The one whose builds go to the folder ``build`` of a project; those of others have its name in theirs."""


@dataclass(frozen=True)
class Toolchain:
    """Programs that build a firmware.

    Attributes:
        name: What ``--toolchain`` takes.
        options: Options of CMake that select it.
        cmake, ninja: Paths of the programs.
        objdump: Path of its disassembler; None for one without, whose programs capstone disassembles.
        has_cxx: Whether it can build C++, as TensorFlow Lite Micro needs.
    """

    name: str
    options: tuple[str, ...]
    cmake: Path
    ninja: Path
    objdump: Path | None
    has_cxx: bool = True


class Provider(Protocol):
    """Finds a toolchain on this machine."""

    @property
    def name(self) -> str:
        """Name of the toolchain."""
        ...

    @property
    def rank(self) -> int:
        """Place in the order of preference; the lowest comes first."""
        ...

    def available(self) -> bool:
        """Whether it is installed."""
        ...

    def find(self) -> Toolchain:
        """Its programs. Raises MissingToolError if one is not installed."""
        ...


def find_program(name: str) -> Path | None:
    """A program beside this Python, where PyPI packages put theirs, or on PATH."""
    # not resolved: in a virtual environment the interpreter is a link to one elsewhere
    beside = Path(sys.executable).parent / name
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which(name)
    return Path(found) if found else None


def find_cmake() -> Path:
    """The program cmake. Raises MissingToolError."""
    return _from_pypi("cmake")


def find_ninja() -> Path:
    """The program ninja. Raises MissingToolError."""
    return _from_pypi("ninja")


def find_toolchain(name: str | None = None) -> Toolchain:
    """The toolchain of a name, or the first one in the order of preference that is installed.

    Raises:
        BadInputError: There is none of that name.
        MissingToolError: It, or a program that it needs, is not installed.
    """
    known = providers()
    if name is not None:
        if name not in known:
            raise BadInputError(f"There is no toolchain named {name!r}.", f"Choose one of {', '.join(known)}.")
        return known[name].find()
    ordered = list(known.values())
    return next((p for p in ordered if p.available()), ordered[0]).find()


@cache
def providers() -> Mapping[str, Provider]:
    """All toolchains by name, the preferred one first."""
    package = "tinyq.firmware.toolchains"
    modules = (m.name for m in pkgutil.iter_modules(importlib.import_module(package).__path__))
    found = [getattr(importlib.import_module(f"{package}.{name}"), "PROVIDER", None) for name in modules]
    return {p.name: p for p in sorted((p for p in found if p is not None), key=lambda p: p.rank)}


def _from_pypi(name: str) -> Path:
    found = find_program(name)
    if found is None:
        raise MissingToolError(f"The program {name} is not installed.", f"Install it with: pip install {name}.")
    return found
