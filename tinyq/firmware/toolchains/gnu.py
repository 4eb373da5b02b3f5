"""The GNU toolchain for Arm: arm-none-eabi-gcc with newlib."""

from __future__ import annotations

from tinyq.errors import MissingToolError
from tinyq.firmware.toolchain import Toolchain, find_cmake, find_ninja, find_program

COMPILER = "arm-none-eabi-gcc"


class Gnu:
    """The first choice: the code sizes and instruction counts in tinyq's documentation are its."""

    name = "gnu"
    rank = 0

    def available(self) -> bool:
        """Whether the compiler is installed."""
        return find_program(COMPILER) is not None

    def find(self) -> Toolchain:
        """Its programs.

        Raises:
            MissingToolError: One is not installed.
        """
        compiler = find_program(COMPILER)
        if compiler is None:
            raise MissingToolError(
                f"The compiler {COMPILER} is not installed.",
                "On Debian or Ubuntu: apt install gcc-arm-none-eabi libnewlib-arm-none-eabi. Without apt or root: "
                "pip install 'tinyq[embedded]'.",
            )
        objdump = find_program(COMPILER.replace("gcc", "objdump"))
        if objdump is None:
            raise MissingToolError(
                f"The compiler {COMPILER} is installed, but not its objdump.",
                "On Debian or Ubuntu: apt install binutils-arm-none-eabi.",
            )
        prefix = str(compiler).removesuffix("gcc")
        return Toolchain(self.name, (f"-DTOOLCHAIN_PREFIX={prefix}",), find_cmake(), find_ninja(), objdump)


PROVIDER = Gnu()
