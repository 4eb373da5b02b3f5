"""Helpers for tests that look into firmware files."""

from __future__ import annotations

from pathlib import Path

from elftools.elf.elffile import ELFFile


def with_flipped_weight(elf: Path, target: Path) -> Path:
    """Copy a firmware and flip one bit in the middle of the first layer's weights."""
    with elf.open("rb") as stream:
        file = ELFFile(stream)
        symbols = file.get_section_by_name(".symtab").iter_symbols()
        weights = min(s.name for s in symbols if s.name.startswith("layer_") and s.name.endswith("_weights"))
        symbol = file.get_section_by_name(".symtab").get_symbol_by_name(weights)[0]
        section = file.get_section(symbol["st_shndx"])
        assert section.name == ".model"
        middle = symbol["st_value"] + symbol["st_size"] // 2
        offset = middle - section["sh_addr"] + section["sh_offset"]
    content = bytearray(elf.read_bytes())
    content[offset] ^= 0x40
    target.write_bytes(content)
    return target
