"""The programs that build a firmware, and where they are."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tinyq.errors import MissingToolError

COMPILER = "arm-none-eabi-gcc"


@dataclass(frozen=True)
class Toolchain:
    """Paths of the programs."""

    compiler: Path
    objdump: Path
    cmake: Path
    ninja: Path


def find_program(name: str) -> Path | None:
    """A program beside this Python, where PyPI packages put theirs, or on PATH."""
    # not resolved: in a virtual environment the interpreter is a link to one elsewhere
    beside = Path(sys.executable).parent / name
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which(name)
    return Path(found) if found else None


def find_toolchain() -> Toolchain:
    """All programs.

    Raises:
        MissingToolError: One is not installed.
    """
    compiler = find_program(COMPILER)
    if compiler is None:
        raise MissingToolError(
            f"The compiler {COMPILER} is not installed.",
            "On Debian or Ubuntu: apt install gcc-arm-none-eabi libnewlib-arm-none-eabi.",
        )
    objdump = find_program(COMPILER.replace("gcc", "objdump"))
    if objdump is None:
        raise MissingToolError(
            f"The compiler {COMPILER} is installed, but not its objdump.",
            "On Debian or Ubuntu: apt install binutils-arm-none-eabi.",
        )
    return Toolchain(compiler, objdump, _from_pypi("cmake"), _from_pypi("ninja"))


def _from_pypi(name: str) -> Path:
    found = find_program(name)
    if found is None:
        raise MissingToolError(f"The program {name} is not installed.", f"Install it with: pip install {name}.")
    return found
