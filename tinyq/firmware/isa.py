"""Does a firmware use only instructions that its core has?

Emulators execute more than silicon does (SMLAD on an M3, division on an M0, double precision on an M4F), so "it ran" is
no proof. The whole program is disassembled and each instruction held against the core.

Which instruction belongs to what: Armv6-M, Armv7-M and Armv8-M Architecture Reference Manuals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tinyq.errors import FailedError
from tinyq.firmware.attributes import check_attributes
from tinyq.firmware.disassembly import UNKNOWN, Instruction, disassemble
from tinyq.hardware.cores import Core

_CONDITION = r"(?:eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?(?:\.[nw])?$"


def _mnemonics(*alternatives: str) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(alternatives)}){_CONDITION}")


# of the 32-bit instructions Armv6-M has these, of the 16-bit ones it lacks those
_WIDE_OF_V6M = _mnemonics("bl", "msr", "mrs", "dsb", "dmb", "isb", "udf")
_NARROW_NOT_IN_V6M = _mnemonics("cbn?z", "it[te]{0,3}", "bl?xns")

_DSP = _mnemonics(
    "[su]h?(?:add|sub)(?:8|16)", "u?q(?:add|sub)(?:8|16)", "[su]h?(?:asx|sax)", "u?q(?:asx|sax)",
    "qd?(?:add|sub)", "sel", "usada?8", "[su]sat16", "[su]xta[bh]", "[su]xta?b16", "pkh(?:bt|tb)", "umaal",
    "sml[as]dx?", "sml[as]ldx?", "smla[bt][bt]", "smlal[bt][bt]", "smlaw[bt]", "smml[as]r?", "smmulr?", "smu[as]dx?",
    "smul[bt][bt]", "smulw[bt]",
)  # fmt: skip

_V8M = _mnemonics("lda(?:ex)?[bh]?", "stl[bh]?", "stlex[bh]?", "sg", "tta?t?", "bl?xns")

# never conditional; without the tail of ordinary ones, ASRLS would look like ASRL
_V81M = re.compile(
    r"(?:[wd]ls(?:tp\.\d+)?|le(?:tp)?|lctp|bf(?:x|lx?|csel)?|cs(?:el|inc|inv|neg|etm?)|cinc|cinv|cneg|clrm"
    r"|asrl|lsll|lsrl|[su]qrsh[lr]l?|[su]qshll?|[su]rshrl?)(?:\.w)?$"
)

# others of that extension are in the space of hints, which every core skips
_PACBTI = _mnemonics("pacg", "autg", "bxaut")

_FP = re.compile(r"(?:v[a-z]|fld|fst)")
_FPV5 = re.compile(r"v(?:sel(?:eq|ge|gt|vs)|maxnm|minnm|rint[amnprxz]|cvt[amnp]\.)")
_VECTORS = re.compile(r"\bq[0-7]\b|\{\s*q")
_VECTOR_CONTROL = re.compile(r"v(?:pst|pt|pnot|ctp|pse)")

_NO_CORTEX_M = "an instruction that no Cortex-M has"
_UNKNOWN = re.compile(r"\(bad\)|stc|ldc|cdp|mcr|mrc", re.IGNORECASE)


@dataclass(frozen=True)
class Violation:
    """An instruction that the core lacks."""

    address: int
    function: str
    instruction: str
    needs: str


def check_instructions(elf: Path, core: Core, objdump: Path | None) -> None:
    """Refuse a firmware that was built for more than its core, or uses an instruction which its core lacks.

    Args:
        elf: The firmware, with its mapping symbols (not stripped).
        core: The core.
        objdump: The toolchain's ``objdump``; None for capstone.

    Raises:
        FailedError: It was or does, or it could not be disassembled.
    """
    violations = scan(disassemble(elf, objdump), core)
    if objdump is None and core.architecture == "armv8.1-m.main":
        # capstone 5 takes the vector and loop instructions of Armv8.1-M for others, or for none
        violations = tuple(v for v in violations if v.needs != _NO_CORTEX_M)
    if violations:
        first = violations[0]
        raise FailedError(
            f"The firmware uses {len(violations)} instructions that a {core.title} lacks, first '{first.instruction}' "
            f"({first.needs}) at 0x{first.address:08x} in {first.function}.",
            "Build everything with the options of that core, or choose a board whose core has them.",
        )
    check_attributes(elf, core)


def scan(instructions: Iterable[Instruction], core: Core) -> tuple[Violation, ...]:
    """Those of some instructions that a core lacks, in their order."""
    return tuple(
        Violation(i.address, i.function, f"{i.mnemonic} {i.operands}".strip(), needs)
        for i in instructions
        if (needs := missing(i.mnemonic, i.operands, i.wide, core))
    )


def missing(mnemonic: str, operands: str, wide: bool, core: Core) -> str | None:
    """What an instruction needs and a core lacks, or None.

    Args:
        mnemonic: As objdump writes it, with condition and width.
        operands: The rest of its line.
        wide: Whether it has 32 bits.
        core: The core.
    """
    if mnemonic.lower() == UNKNOWN:
        return _NO_CORTEX_M
    if core.architecture == "armv6-m":
        fits = _WIDE_OF_V6M.match(mnemonic) if wide else not _NARROW_NOT_IN_V6M.match(mnemonic)
        return None if fits else "Armv7-M"
    if _FP.match(mnemonic):
        return _missing_for_fp(mnemonic, operands, core)
    for applies, pattern, needs in (
        (not core.has_dsp, _DSP, "the DSP extension"),
        (not core.architecture.startswith("armv8"), _V8M, "Armv8-M"),
        (core.architecture != "armv8.1-m.main", _V81M, "Armv8.1-M"),
        (not core.has_pacbti, _PACBTI, "pointer authentication"),
        (True, _UNKNOWN, _NO_CORTEX_M),
    ):
        if applies and pattern.match(mnemonic):
            return needs
    return None


def _missing_for_fp(mnemonic: str, operands: str, core: Core) -> str | None:
    if not core.has_mve and (_VECTORS.search(operands) or _VECTOR_CONTROL.match(mnemonic)):
        return "the M-profile vector extension"
    if not core.has_fpu and not core.has_mve:
        return "a floating-point unit"
    if core.fpu == "single" and ".f64" in mnemonic:
        return "double precision"
    if core.architecture == "armv7e-m" and core.fpu == "single" and _FPV5.match(mnemonic):
        return "FPv5"
    return None
