"""The instructions of a firmware, by the toolchain's objdump or by capstone."""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinyq.errors import FailedError
from tinyq.firmware.elf import executable_sections, opened_elf

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

UNKNOWN = "<undefined>"
"""Mnemonic of what could not be decoded."""

_LINE = re.compile(r"\s*([0-9a-f]+):\t([0-9a-f]{4}(?: [0-9a-f]{4})?)\s*\t(\S+)\s*([^;@]*)")
_FUNCTION = re.compile(r"[0-9a-f]+ <(.+)>:$")
_DATA = (".word", ".short", ".byte")
_TIMEOUT = 120.0
_FIRST_WIDE = 0x1D


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes:
        address: Where it is.
        function: The function that it belongs to.
        mnemonic: With condition and width, as objdump writes it.
        operands: The rest.
        wide: Whether it has 32 bits.
    """

    address: int
    function: str
    mnemonic: str
    operands: str
    wide: bool


def disassemble(elf: Path, objdump: Path | None) -> Iterator[Instruction]:
    """All instructions by address.

    Args:
        elf: The firmware, with its mapping symbols (not stripped).
        objdump: The toolchain's ``objdump``; None for capstone.

    Raises:
        FailedError: It could not be disassembled, or holds no code.
    """
    sections = executable_sections(elf)
    if not sections:
        raise FailedError(f"{elf} holds no code.", "Build the firmware again.")
    return _capstone(elf) if objdump is None else parse_listing(_listing(elf, objdump, sections))


def parse_listing(listing: str) -> Iterator[Instruction]:
    """The instructions in what objdump printed."""
    function = "?"
    for line in listing.splitlines():
        if head := _FUNCTION.match(line):
            function = head.group(1)
            continue
        found = _LINE.match(line)
        if found is None or found.group(3) in _DATA:
            continue
        address, encoding, mnemonic, operands = found.groups()
        if operands.startswith("<UNDEFINED>"):  # as a comment, in place of an instruction
            mnemonic, operands = UNKNOWN, encoding
        yield Instruction(int(address, 16), function, mnemonic, operands.strip(), " " in encoding)


def _listing(elf: Path, objdump: Path, sections: Iterable[str]) -> str:
    chosen = [option for name in sections for option in ("-j", name)]
    command = [str(objdump), "-d", "-w", "-marmv8.1-m.main", "-Mforce-thumb", *chosen, "--", str(elf)]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT, stdin=subprocess.DEVNULL, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise FailedError(f"{elf} could not be disassembled ({error}).", "Check the toolchain.") from error
    return result.stdout


def _capstone(elf: Path) -> Iterator[Instruction]:
    import capstone

    decoder = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS | capstone.CS_MODE_V8)
    with opened_elf(elf) as file:
        pieces = list(_code(file))
    for name, start, code in pieces:
        yield from _decode(decoder, name, start, code)


def _decode(decoder: Any, function: str, start: int, code: bytes) -> Iterator[Instruction]:
    position = 0
    while position < len(code):
        for i in decoder.disasm(code[position:], start + position):
            position += i.size
            yield Instruction(i.address, function, i.mnemonic, i.op_str, i.size == 4)
        if position + 1 < len(code):
            wide = code[position + 1] >> 3 >= _FIRST_WIDE
            size = 4 if wide else 2
            yield Instruction(start + position, function, UNKNOWN, code[position : position + size].hex(), wide)
            position += size
        else:
            break


def _code(file: ELFFile) -> Iterator[tuple[str, int, bytes]]:
    """Name, address and bytes of each stretch of instructions.

    Constants that clang puts between functions carry no mapping symbol, so only functions are looked at, and of these
    not what mapping symbols mark as data.
    """
    table = file.get_section_by_name(".symtab")
    symbols = list(table.iter_symbols()) if table is not None else []
    functions = {
        int(s["st_value"]) & ~1: (int(s["st_size"]), str(s.name))
        for s in symbols
        if s["st_info"]["type"] == "STT_FUNC" and s["st_size"]
    }
    marks = sorted((int(s["st_value"]), s.name[1]) for s in symbols if re.match(r"\$[td](\.|$)", s.name))
    sections = [s for s in file.iter_sections() if s["sh_flags"] & 0x4 and s["sh_size"]]
    for start, (size, name) in sorted(functions.items()):
        section = next((s for s in sections if s["sh_addr"] <= start < s["sh_addr"] + s["sh_size"]), None)
        if section is None:
            continue
        data, base = section.data(), int(section["sh_addr"])
        inside = [m for m in marks if start < m[0] < start + size]
        first = [kind for address, kind in marks if address <= start][-1:] or ["t"]
        edges = [(start, first[0]), *inside, (start + size, "d")]
        for (begin, kind), (end, _) in itertools.pairwise(edges):
            if kind == "t" and end > begin:
                yield name, begin, data[begin - base : end - base]
