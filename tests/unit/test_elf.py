"""The scan for instructions that a core lacks, on listings as objdump writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyq.errors import FailedError
from tinyq.firmware.disassembly import parse_listing
from tinyq.firmware.elf import Symbols, memory_of
from tinyq.firmware.isa import missing, scan
from tinyq.hardware.cores import CORES

# mnemonic, operands, wide, and the cores that have it
ALL = ("m0", "m0plus", "m3", "m4", "m7", "m33", "m55", "m85")
NOT_V6M = ALL[2:]
DSP = ("m4", "m7", "m33", "m55", "m85")
DOUBLE = ("m7", "m55", "m85")
V8M = ("m33", "m55", "m85")
MVE = ("m55", "m85")


@pytest.mark.parametrize(
    ("mnemonic", "operands", "wide", "cores"),
    [
        ("adds", "r0, r0, #1", False, ALL),
        ("bl", "0 <main>", True, ALL),
        ("dsb", "sy", True, ALL),
        ("mrs", "r0, MSP", True, ALL),
        ("lsls", "r0, r1, #2", False, ALL),
        ("bls.n", "12", False, ALL),
        ("b.w", "12", True, NOT_V6M),
        ("cbz", "r0, 12", False, NOT_V6M),
        ("it", "eq", False, NOT_V6M),
        ("ittte", "ne", False, NOT_V6M),
        ("udiv", "r0, r1, r2", True, NOT_V6M),
        ("umlal", "r0, r1, r2, r3", True, NOT_V6M),
        ("smlal", "r0, r1, r2, r3", True, NOT_V6M),
        ("smullne", "r0, r1, r2, r3", True, NOT_V6M),
        ("ssat", "r0, #8, r1", True, NOT_V6M),
        ("usat", "r0, #8, r1, asr #3", True, NOT_V6M),
        ("sxtb.w", "r0, r1, ror #8", True, NOT_V6M),
        ("asrs.w", "r0, r1, #3", True, NOT_V6M),
        ("lsls.w", "r0, r1, #3", True, NOT_V6M),
        ("rsbs", "r0, r1, #0", False, ALL),
        ("subs.w", "r0, r1, #3", True, NOT_V6M),
        ("bfi", "r0, r1, #3, #4", True, NOT_V6M),
        ("bfc", "r0, #3, #4", True, NOT_V6M),
        ("tbb", "[pc, r0]", True, NOT_V6M),
        ("strexb", "r0, r1, [r2]", True, NOT_V6M),
        ("smlad", "r0, r1, r2, r3", True, DSP),
        ("smladxne", "r0, r1, r2, r3", True, DSP),
        ("smlaldx", "r0, r1, r2, r3", True, DSP),
        ("smlalbt", "r0, r1, r2, r3", True, DSP),
        ("smlsdx", "r0, r1, r2, r3", True, DSP),
        ("smulbb", "r0, r1, r2", True, DSP),
        ("smlatb", "r0, r1, r2, r3", True, DSP),
        ("smmlar", "r0, r1, r2, r3", True, DSP),
        ("smmul", "r0, r1, r2", True, DSP),
        ("uxtb16", "r0, r1, ror #8", True, DSP),
        ("sxtab16", "r0, r1, r2", True, DSP),
        ("uxtab", "r0, r1, r2", True, DSP),
        ("ssat16", "r0, #8, r1", True, DSP),
        ("qadd", "r0, r1, r2", True, DSP),
        ("uqsub8", "r0, r1, r2", True, DSP),
        ("shadd16", "r0, r1, r2", True, DSP),
        ("sel", "r0, r1, r2", True, DSP),
        ("pkhtb", "r0, r1, r2, asr #16", True, DSP),
        ("usada8", "r0, r1, r2, r3", True, DSP),
        ("umaal", "r0, r1, r2, r3", True, DSP),
        ("vadd.f32", "s0, s1, s2", True, DSP),
        ("vldr", "d0, [r0]", True, DSP),
        ("vmov", "r0, r1, d0", True, DSP),
        ("vadd.f64", "d0, d1, d2", True, DOUBLE),
        ("vmov.f64", "d0, d1", True, DOUBLE),
        ("vrintz.f32", "s0, s1", True, ("m7", "m33", "m55", "m85")),
        ("vmaxnm.f32", "s0, s1, s2", True, ("m7", "m33", "m55", "m85")),
        ("vseleq.f32", "s0, s1, s2", True, ("m7", "m33", "m55", "m85")),
        ("vcvt.f32.s32", "s0, s1", True, DSP),
        ("lda", "r0, [r1]", True, V8M),
        ("sg", "", True, V8M),
        ("bxns", "lr", False, V8M),
        ("vmladava.s8", "r0, q0, q1", True, MVE),
        ("vldrw.u32", "q0, [r0]", True, MVE),
        ("vpst", "", True, MVE),
        ("vctp.8", "r0", True, MVE),
        ("dlstp.8", "lr, r0", True, MVE),
        ("wls", "lr, r0, 12", True, MVE),
        ("le", "lr, 12", True, MVE),
        ("csel", "r0, r1, r2, eq", True, MVE),
        ("pacg", "r0, r1, r2", True, ("m85",)),
        ("pac", "r12, lr, sp", True, NOT_V6M),  # a hint
        ("<undefined>", "ee07 0fba", True, ()),
        ("<undefined>", "de00", False, ()),
        ("lsll", "r0, r1, #3", True, MVE),
        ("stc", "14, cr1, [r3], {128}", True, ()),
        ("<UNDEFINED>", "instruction: 0xffff", True, ()),
    ],
)
def test_who_has_what(mnemonic: str, operands: str, wide: bool, cores: tuple[str, ...]) -> None:
    having = tuple(n for n in ALL if missing(mnemonic, operands, wide, CORES[f"cortex-{n}"]) is None)
    assert having == cores


LISTING = """
build/firmware.elf:     file format elf32-littlearm

Disassembly of section .engine:

00000040 <kernel>:
      40:\tb538      \tpush\t{r3, r4, r5, lr}
      42:\tfb21 3002 \tsmlad\tr0, r1, r2, r3
      46:\tf04f 0301 \tmov.w\tr3, #1\t@ 0x1
      4a:\te7fe      \tb.n\t4a <kernel+0xa>
      4c:\t20001000 \t.word\t0x20001000

00000050 <other>:
      50:\tee30 0a01 \tvadd.f32\ts0, s0, s2
"""


def test_listing_is_read_with_places() -> None:
    found = list(scan(parse_listing(LISTING), CORES["cortex-m3"]))
    assert [(v.address, v.function, v.needs) for v in found] == [
        (0x42, "kernel", "the DSP extension"),
        (0x50, "other", "a floating-point unit"),
    ]
    assert found[0].instruction == "smlad r0, r1, r2, r3"
    assert not list(scan(parse_listing(LISTING), CORES["cortex-m4"]))
    assert len(list(scan(parse_listing(LISTING), CORES["cortex-m0"]))) == 3


def test_files_that_are_no_firmware_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.elf"
    with pytest.raises(FailedError, match="cannot be read"):
        memory_of(path)
    path.write_bytes(b"no ELF at all")
    with pytest.raises(FailedError, match="no sound ELF"):
        memory_of(path)
    assert Symbols(path).name_at(0x100) is None


def test_what_objdump_cannot_decode_is_an_instruction_that_no_core_has() -> None:
    """It shows that as a comment."""
    listing = "00000040 <f>:\n  42:\tee07 0fba \t\t\t@ <UNDEFINED> instruction: 0xee070fba\n  46:\t4770      \tbx\tlr\n"
    (violation,) = scan(parse_listing(listing), CORES["cortex-m85"])
    assert (violation.address, violation.function, violation.instruction) == (0x42, "f", "<undefined> ee07 0fba")
    assert violation.needs == "an instruction that no Cortex-M has"
