"""Build a firmware project with CMake and Ninja, and say in one sentence what went wrong if it did."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tinyq.errors import BadInputError, FailedError, MissingToolError, ShortfallError, TinyqError
from tinyq.firmware import processes
from tinyq.firmware.elf import Sizes, memory_of
from tinyq.firmware.isa import check_instructions
from tinyq.firmware.toolchain import DEFAULT_TOOLCHAIN, Toolchain, find_toolchain
from tinyq.hardware.boards import Board
from tinyq.hardware.cores import core

_TIMEOUT = 1800.0
_OVERFLOW = re.compile(r"region [`'](\w+)' overflowed by (\d+) bytes")
_ERROR = re.compile(
    r"^(?!ninja:).*?(?:\berror\b|undefined reference|multiple definition).*$", re.MULTILINE | re.IGNORECASE
)
_CMAKE_ERROR = re.compile(r"CMake Error[^\n]*\n+((?:  .*\n|\n)+)")
_NO_STANDARD_HEADER = re.compile(
    r"(stdint|string|stddef|stdlib|math)\.h: No such file|nano\.specs: No such file|cannot find -lc"
)
_NO_CXX = re.compile(
    r"CMAKE_CXX_COMPILER:?\s+\S+\s+is not|cannot find -lstdc\+\+|fatal error: (?:new|cstddef|cstdint): No such file"
)
_ERROR_LINES = 3
TFLM_KERNELS = MappingProxyType({"": "", "cmsis-nn": "cmsis_nn", "reference": "reference"})
"""What ``--tflm-kernels`` takes, and what CMake calls it."""


@dataclass(frozen=True)
class Firmware:
    """A built firmware.

    Attributes:
        elf: The file.
        flash_bytes: The whole image.
        ram_bytes: Variables, arena and reserved stack.
        sizes: The same by part.
    """

    elf: Path
    flash_bytes: int
    ram_bytes: int
    sizes: Sizes


def build_project(
    project: Path,
    *,
    board: Board,
    runtime: str = "aot",
    tflm_root: Path | None = None,
    tflm_kernels: str = "",
    observe: bool = False,
    definitions: Mapping[str, str] = MappingProxyType({}),
    jobs: int = 2,
    toolchain: str | None = None,
    for_stand_in: bool = False,
    self_test: bool = False,
) -> Firmware:
    """Build a project into its folder ``build`` (or ``build-<variant>``), and check the instructions it uses.

    Args:
        project: The folder that :func:`~tinyq.firmware.project.emit_project` wrote.
        board: The board that it was written for.
        runtime: "aot" or "tflm".
        tflm_root: TFLM checkout with a built library, for "tflm".
        tflm_kernels: "cmsis-nn" or "reference", for "tflm"; empty for CMSIS-NN where the checkout holds it.
        observe: Whether to build per-layer outputs and counters in.
        definitions: Further CMake variables, such as STACK_BYTES or TFLM_ARENA_BYTES.
        jobs: Compilers to run at once.
        toolchain: Name of the toolchain; None for the first that is installed.
        for_stand_in: Link for the board whose emulated machine stands in, see :func:`~tinyq.hardware.boards.stand_in`.
        self_test: Build the program that tests itself on samples it carries.

    Raises:
        BadInputError: The folder holds no project.
        MissingToolError: A program, or TFLM, is missing.
        ShortfallError: It does not fit the board's memories.
        FailedError: It does not compile, or uses instructions that the core lacks.
    """
    if not (project / "CMakeLists.txt").is_file():
        raise BadInputError(f"{project} holds no firmware project.", "Generate one first.")
    tools = find_toolchain(toolchain)
    switches = {"TINYQ_OBSERVE": observe, "TINYQ_SELF_TEST": self_test}
    options = [f"-DTINYQ_RUNTIME={runtime}", *(f"-D{name}={'ON' if on else 'OFF'}" for name, on in switches.items())]
    if runtime == "tflm":
        if not tools.has_cxx:
            raise MissingToolError(
                f"The toolchain {tools.name} has no C++ library, which the runtime tflm needs.",
                "Install the GNU toolchain; on Debian or Ubuntu: apt install gcc-arm-none-eabi "
                "libstdc++-arm-none-eabi-newlib.",
            )
        root = tflm_root or (Path(os.environ["TFLM_ROOT"]) if os.environ.get("TFLM_ROOT") else None)
        if root is None:
            raise MissingToolError(
                "The runtime tflm needs a build of TensorFlow Lite Micro.",
                "Set TFLM_ROOT to a checkout of https://github.com/tensorflow/tflite-micro in which the microlite "
                f"target was built for TARGET_ARCH={core(board.core).tflm_architecture}; its docs explain how.",
            )
        kernels = TFLM_KERNELS.get(tflm_kernels)
        if kernels is None:
            raise BadInputError(
                f"There are no kernels {tflm_kernels!r} of TensorFlow Lite Micro.", "Choose cmsis-nn or reference."
            )
        options += [f"-DTFLM_ROOT={root.resolve()}", f"-DTFLM_KERNELS={kernels}", "-DTFLM_LIBRARY="]
    if for_stand_in:
        options.append("-DTINYQ_STAND_IN=ON")
    options += [f"-D{name}={value}" for name, value in definitions.items()]
    parts = ["build", runtime if runtime != "aot" else "", tflm_kernels, "observe" if observe else ""]
    parts += ["self-test" if self_test else ""]
    parts += [tools.name if tools.name != DEFAULT_TOOLCHAIN else "", "stand-in" if for_stand_in else ""]
    variant = "-".join(filter(None, parts))
    folder = project / variant
    _drop_foreign_cache(folder, project)
    configure = [
        str(tools.cmake), "-G", "Ninja", "-S", str(project), "-B", str(folder), f"-DCMAKE_MAKE_PROGRAM={tools.ninja}",
        *tools.options, *options,
    ]  # fmt: skip
    _run(configure, board)
    _run([str(tools.cmake), "--build", str(folder), "--parallel", str(jobs)], board)
    return _checked(folder / "firmware.elf", board, tools)


def _checked(elf: Path, board: Board, tools: Toolchain) -> Firmware:
    check_instructions(elf, core(board.core), tools.objdump)
    memory = memory_of(elf)
    return Firmware(elf, memory.flash_bytes, memory.ram_bytes, memory.sizes)


def _drop_foreign_cache(folder: Path, project: Path) -> None:
    """A build folder that was moved or copied with its project holds another path, and CMake refuses it."""
    cache = folder / "CMakeCache.txt"
    if cache.is_file():
        text = cache.read_text(encoding="utf-8", errors="replace")
        home = re.search(r"^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$", text, re.MULTILINE)
        if home is None or Path(home.group(1)).resolve() != project.resolve():
            shutil.rmtree(folder)


def _run(command: list[str], board: Board) -> None:
    """Run a program in a process group of its own, which ends with us."""
    environment = {**os.environ, "LC_ALL": "C", "CLICOLOR_FORCE": "0", "NINJA_STATUS": ""}
    process = processes.start(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    )
    try:
        said, _ = process.communicate(timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise FailedError(f"Building took longer than {_TIMEOUT:.0f} s and was stopped.", "Build it by hand.") from None
    finally:
        processes.stop(process)
    if process.returncode:
        raise _explain(said.decode(errors="replace"), board)


def _explain(output: str, board: Board) -> TinyqError:
    """The error behind a failed build."""
    overflow = _OVERFLOW.findall(output)
    if overflow:
        missing = " and ".join(f"{int(count):,} bytes of {_region(board, name)}" for name, count in overflow)
        return ShortfallError(
            f"The firmware does not fit {board.id}: {missing} are missing.",
            "Choose a larger board, a smaller model, or look with 'tinyq estimate' at what takes the space.",
        )
    if "TFLM_ROOT" in output or "TINYQ_RUNTIME=tflm needs" in output:
        said = _CMAKE_ERROR.search(output)
        text = " ".join(said.group(1).split()) if said else "TFLM_ROOT is not usable."
        sentence, _, rest = text.partition(". ")
        return MissingToolError(sentence.rstrip(".") + ".", rest)
    if _NO_STANDARD_HEADER.search(output):
        return MissingToolError(
            "The compiler has no C library.", "On Debian or Ubuntu: apt install libnewlib-arm-none-eabi."
        )
    if _NO_CXX.search(output):
        return MissingToolError(
            "The compiler has no C++ part, which TensorFlow Lite Micro needs.",
            "On Debian or Ubuntu: apt install libstdc++-arm-none-eabi-newlib.",
        )
    lines = _ERROR.findall(output) or output.strip().splitlines()[-_ERROR_LINES:]
    shown = " | ".join(line.strip() for line in lines[:_ERROR_LINES])
    return FailedError(f"The firmware does not compile: {shown}", "Build the project by hand to see all messages.")


def _region(board: Board, name: str) -> str:
    roles = {r for m in board.memory if m.name == name for r in m.roles}
    kind = "flash" if roles & {"code", "model"} else "RAM" if roles else "memory"
    return kind if name in ("flash", "ram") else f"{kind} ({name})"
