"""zig's clang and lld: the package ``ziglang``, a plain wheel without dependencies, or zig on PATH."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from tinyq.errors import MissingToolError
from tinyq.firmware.toolchain import Toolchain, find_cmake, find_ninja, find_program

_FILE = "cmake/zig.cmake"


class Zig:
    """Needs no system package and no root; builds the compiled model only: there is no C++ library for bare metal."""

    name = "zig"
    rank = 1

    def available(self) -> bool:
        """Whether zig, and what disassembles its programs, are installed."""
        return find_zig() is not None and importlib.util.find_spec("capstone") is not None

    def find(self) -> Toolchain:
        """Its programs.

        Raises:
            MissingToolError: One is not installed.
        """
        program = find_zig()
        if program is None or not self.available():
            raise MissingToolError(
                "The compiler zig is not installed." if program is None else "The package capstone is not installed.",
                "Install it with: pip install 'tinyq[embedded]'.",
            )
        options = (f"-DCMAKE_TOOLCHAIN_FILE={_FILE}", f"-DZIG={program}")
        return Toolchain(self.name, options, find_cmake(), find_ninja(), objdump=None, has_cxx=False)


def find_zig() -> Path | None:
    """The program: of the package ``ziglang``, or on PATH."""
    spec = importlib.util.find_spec("ziglang")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        beside = Path(folder) / ("zig.exe" if os.name == "nt" else "zig")
        if beside.is_file():
            return beside
    return found.resolve() if (found := find_program("zig")) is not None else None


PROVIDER = Zig()
