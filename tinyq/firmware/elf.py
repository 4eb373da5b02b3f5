"""What a firmware's ELF takes of flash and RAM, part by part, and which function is where.

The linker script gives each part an output section of its own, so sizes need no map file.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tinyq.errors import FailedError

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

_ALLOCATED = 0x2
_EXECUTABLE = 0x4
_REBUILD = "Build the firmware again."


@dataclass(frozen=True)
class Sizes:
    """Bytes of a firmware by part. ``engine_code + model + harness`` is all of the flash.

    Attributes:
        engine_code: Kernels, the model's calls of them, and what these need of the compiler's libraries; for TFLM the
            interpreter.
        model: The model's constants.
        harness: Startup, protocol and drivers, initial values of variables, and gaps between parts.
        static_ram: Variables, without arena and stack.
        arena: Activations and scratch buffers.
        stack: What is reserved for the stack.
    """

    engine_code: int
    model: int
    harness: int
    static_ram: int
    arena: int
    stack: int


@dataclass(frozen=True)
class Memory:
    """What a firmware takes.

    Attributes:
        flash_bytes: The whole image, initial values of variables included.
        ram_bytes: Variables, arena and reserved stack.
        sizes: The same by part.
        sections: Bytes of each section that takes memory.
    """

    flash_bytes: int
    ram_bytes: int
    sizes: Sizes
    sections: Mapping[str, int]


def memory_of(elf: Path) -> Memory:
    """Flash and RAM of a firmware.

    Raises:
        FailedError: The file is no firmware of ours.
    """
    with opened_elf(elf) as file:
        sections = {
            s.name: int(s["sh_size"]) for s in file.iter_sections() if s["sh_flags"] & _ALLOCATED and s["sh_size"]
        }
        loaded = [s for s in file.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_filesz"]]
        spans = [(int(s["p_paddr"]), int(s["p_paddr"]) + int(s["p_filesz"])) for s in loaded]
    if ".vectors" not in sections or ".stack" not in sections:
        raise FailedError(f"{elf} is no firmware that tinyq built.", _REBUILD)
    flash = sum(end - start for start, end in _merged(spans))
    static = sections.get(".data", 0) + sections.get(".bss", 0)
    engine, model = sections.get(".engine", 0), sections.get(".model", 0)
    arena, stack = sections.get(".arena", 0), sections[".stack"]
    sizes = Sizes(engine, model, flash - engine - model, static, arena, stack)
    return Memory(flash, static + arena + stack, sizes, sections)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of addresses, those that overlap or touch (but for alignment) as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + 16:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


class Symbols:
    """The functions of an ELF by address; read at the first question."""

    def __init__(self, elf: Path) -> None:
        self._elf = elf

    @cached_property
    def _functions(self) -> list[tuple[int, int, str]]:
        with opened_elf(self._elf) as file:
            table = file.get_section_by_name(".symtab")
            symbols = table.iter_symbols() if table is not None else ()
            return sorted(
                (int(s["st_value"]) & ~1, int(s["st_size"]), str(s.name))
                for s in symbols
                if s["st_info"]["type"] == "STT_FUNC"
            )

    def name_at(self, address: int) -> str | None:
        """The function that an address belongs to."""
        try:
            functions = self._functions
        except FailedError:
            return None
        position = bisect.bisect_right(functions, (address, 1 << 32, "")) - 1
        if position < 0:
            return None
        start, size, name = functions[position]
        return name if address < start + max(size, 2) else None

    def span(self, name: str) -> tuple[int, int]:
        """First address of a function, and the one after its last.

        Raises:
            FailedError: There is no such function.
        """
        for start, size, known in self._functions:
            if known == name:
                return start, start + size
        raise FailedError(f"{self._elf} has no function {name}.", _REBUILD)

    def span_at(self, address: int) -> tuple[int, int]:
        """As :meth:`span`, of the function that an address belongs to; empty if there is none."""
        for start, size, _ in self._functions:
            if start <= address < start + size:
                return start, start + size
        return address, address


def code_span(elf: Path) -> tuple[int, int]:
    """First address of the model's code (kernels, calls, and what they need of libraries), and the one after its last.

    Raises:
        FailedError: The file is no firmware of ours.
    """
    with opened_elf(elf) as file:
        section = file.get_section_by_name(".engine")
        if section is None:
            raise FailedError(f"{elf} is no firmware that tinyq built.", _REBUILD)
        return int(section["sh_addr"]), int(section["sh_addr"]) + int(section["sh_size"])


def executable_sections(elf: Path) -> tuple[str, ...]:
    """Names of the sections that hold instructions."""
    with opened_elf(elf) as file:
        return tuple(s.name for s in file.iter_sections() if s["sh_flags"] & _EXECUTABLE and s["sh_size"])


class opened_elf:  # noqa: N801 - used like a function
    """An ELF file for the time of a ``with`` block."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> ELFFile:
        from elftools.common.exceptions import ELFError
        from elftools.elf.elffile import ELFFile

        try:
            self._stream = self._path.open("rb")
        except OSError as error:
            raise FailedError(f"{self._path} cannot be read ({error.strerror}).", _REBUILD) from error
        try:
            return ELFFile(self._stream)
        except ELFError as error:
            self._stream.close()
            raise FailedError(f"{self._path} is no sound ELF file.", _REBUILD) from error

    def __exit__(self, *_: object) -> None:
        self._stream.close()
