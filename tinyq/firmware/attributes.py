"""The build attributes of an ELF, held against the core (Addenda to the ABI for the Arm Architecture, IHI 0045)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tinyq.errors import FailedError
from tinyq.firmware.elf import opened_elf
from tinyq.hardware.cores import Architecture, Core

# values of Tag_CPU_arch, each architecture holding all before it
_ARCHITECTURES: Mapping[int, tuple[int, str]] = {
    11: (0, "Armv6-M"),
    12: (0, "Armv6-M"),
    10: (1, "Armv7-M"),
    13: (2, "Armv7E-M"),
    16: (0, "Armv8-M Baseline"),
    17: (3, "Armv8-M Mainline"),
    21: (4, "Armv8.1-M Mainline"),
}
_RANKS: Mapping[Architecture, int] = {
    "armv6-m": 0, "armv7-m": 1, "armv7e-m": 2, "armv8-m.main": 3, "armv8.1-m.main": 4,
}  # fmt: skip
_MICROCONTROLLER = ord("M")
_HINT = "Build everything, libraries too, with the options of that core."


def check_attributes(elf: Path, core: Core) -> None:
    """Refuse a firmware that says of itself that it needs more than its core has.

    Raises:
        FailedError: It does, or it is no sound ELF file.
    """
    found = attributes(elf)
    if not found:
        return
    rank, name = _ARCHITECTURES.get(found.get("TAG_CPU_ARCH", -1), (len(_RANKS), "another architecture"))
    profile = found.get("TAG_CPU_ARCH_PROFILE", _MICROCONTROLLER)
    if rank > _RANKS[core.architecture] or profile != _MICROCONTROLLER:
        raise FailedError(f"The firmware was built for {name}, which a {core.title} is not.", _HINT)
    if found.get("TAG_FP_ARCH", 0) and not (core.has_fpu or core.has_mve):
        raise FailedError(f"The firmware was built for a floating-point unit, which a {core.title} lacks.", _HINT)
    if found.get("TAG_MVE_ARCH", 0) and not core.has_mve:
        raise FailedError(f"The firmware was built for Helium (MVE), which a {core.title} lacks.", _HINT)


def attributes(elf: Path) -> dict[str, int]:
    """The numeric build attributes of a file by name; empty if it has none.

    Raises:
        FailedError: It is no sound ELF file.
    """
    with opened_elf(elf) as file:
        section = file.get_section_by_name(".ARM.attributes")
        if section is None:
            return {}
        return {
            attribute.tag: attribute.value
            for vendor in section.iter_subsections()
            for scope in vendor.iter_subsubsections()
            for attribute in scope.iter_attributes()
            if isinstance(attribute.value, int)
        }
