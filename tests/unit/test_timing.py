"""Modelled cycles of instruction sequences whose times the manuals state, and what is decoded of instructions."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tinyq.hardware.cores import CORES
from tinyq.hardware.timing import Decoded, decode, timing_of
from tinyq.hardware.timing.decode import Kind


@dataclass(frozen=True)
class Text:
    mnemonic: str
    operands: str = ""
    wide: bool = False


def block(*lines: str) -> list[Decoded]:
    return [decode(Text(*line.split(" ", 1))) for line in lines]


def cycles(core: str, *lines: str, taken: bool = False) -> float:
    timing = timing_of(core)
    assert timing is not None
    return timing.cycles(block(*lines), taken=taken)


def test_every_core_has_a_timing_with_method_and_error() -> None:
    for core in CORES:
        timing = timing_of(core)
        assert timing is not None, core
        assert "zero wait states" in timing.method or "tightly coupled" in timing.method
        assert timing.error
    assert timing_of("cortex-a53") is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # the examples of Arm DDI 0337I, load/store timings
        (("ldr r0, [r1]", "ldr r1, [r2]"), 3),
        (("ldr r0, [r1, r2]", "str r0, [r3, #20]"), 3),
        (("ldr r0, [r1, r2]", "str r1, [r3, r2]"), 3),
        (("ldr r0, [r1, r5]", "ldr r1, [r2]", "ldr r2, [r3, #4]"), 4),
        # an address that the load before delivers cannot be pipelined
        (("ldr r0, [r1]", "ldr r2, [r0]"), 4),
        # no forwarding from the ALU to an address
        (("add.w r1, r2, r3", "ldr r0, [r1]"), 4),
        (("ldmia.w r0!, {r4, r5, r6, r7}",), 5),
        (("push {r4, lr}",), 3),
        (("pop {r4, pc}",), 5),
        (("mul.w r0, r1, r2",), 1),
        (("mla r0, r1, r2, r3",), 2),
        (("smlal r0, r1, r2, r3",), 5.5),
        (("b.n 100 <f>",), 3),
        (("bl 100 <f>",), 3),
        (("bx lr",), 3),
        (("tbb [pc, r0]",), 4),
    ],
)
def test_cortex_m3(lines: tuple[str, ...], expected: float) -> None:
    assert cycles("cortex-m3", *lines) == expected


def test_branches_that_are_taken_refill_the_pipeline() -> None:
    loop = ("subs r0, #1", "bne.n 100 <f>")
    assert [cycles("cortex-m3", *loop, taken=t) for t in (False, True)] == [2, 4]
    assert [cycles("cortex-m0", *loop, taken=t) for t in (False, True)] == [2, 4]
    assert [cycles("cortex-m0plus", *loop, taken=t) for t in (False, True)] == [2, 3]
    assert cycles("cortex-m4", "cbz r0, 100 <f>", taken=True) == 3


def test_cortex_m4_multiplies_in_one_cycle() -> None:
    for line in ("smlad r0, r1, r2, r0", "smull r0, r1, r2, r3", "smlal r0, r1, r2, r3", "mla r0, r1, r2, r3"):
        assert cycles("cortex-m4", line) == 1


def test_armv6m_has_fixed_times() -> None:
    assert cycles("cortex-m0", "ldr r0, [r1, #4]", "ldr r1, [r0]") == 4
    assert cycles("cortex-m0", "pop {r4, r5, pc}") == 7
    assert cycles("cortex-m0plus", "pop {r4, r5, pc}") == 6
    assert cycles("cortex-m0", "muls r0, r1") == 1
    assert cycles("cortex-m0", "bl 100 <f>") == 4


def test_cortex_m7_pairs_what_is_independent() -> None:
    assert cycles("cortex-m7", "adds r0, r1, r2", "adds r3, r4, r5") == 1
    assert cycles("cortex-m7", "adds r0, r1, r2", "adds r3, r0, r5") == 2
    assert cycles("cortex-m7", "ldr r0, [r1]", "ldr r2, [r3]") == 2
    assert cycles("cortex-m7", "ldr r0, [r1]", "smlad r4, r5, r6, r4") == 1
    # the load's result is late by one cycle
    assert cycles("cortex-m7", "ldr r0, [r1]", "adds r3, r0, r5") == 3
    # an accumulator is not
    assert cycles("cortex-m7", "smlad r4, r5, r6, r4", "smlad r4, r7, r8, r4") == 2
    assert cycles("cortex-m7", "ldmia.w r0!, {r4, r5, r6, r7}") == 2


def test_cortex_m55_overlaps_neighbours_on_different_units() -> None:
    load, product = "vldrb.u8 q0, [r0], #16", "vmladava.s8 r2, q0, q1"
    assert cycles("cortex-m55", load) == cycles("cortex-m55", product) == 2
    assert cycles("cortex-m55", product, product) == 4
    assert cycles("cortex-m55", load, product, load, product) == 5
    assert cycles("cortex-m55", "vldrw.u32 q0, [r0, q1]") == 4
    assert cycles("cortex-m55", "le lr, 100 <f>", taken=True) == 1
    assert cycles("cortex-m55", "add r0, r1") == 1


@pytest.mark.parametrize(
    ("line", "kind", "access", "writes"),
    [
        ("ldrsb.w r0, [r1, #3]", Kind.LOAD, 1, {"r0"}),
        ("ldrh r0, [r1], #2", Kind.LOAD, 2, {"r0", "r1"}),
        ("str.w r0, [r1, #4]!", Kind.STORE, 4, {"r1"}),
        ("ldrd r0, r1, [r2, #8]", Kind.LOAD_PAIR, 8, {"r0", "r1"}),
        ("stmia r0!, {r1, r2, r3}", Kind.STORE_MULTIPLE, 12, {"r0"}),
        ("ldmia.w sl, {r4-r7, fp}", Kind.LOAD_MULTIPLE, 20, {"r4", "r5", "r6", "r7", "r11"}),
        ("vldrb.u8 q0, [r0]", Kind.VECTOR_MEMORY, 16, {"q0"}),
        ("vldrb.s16 q0, [r0]", Kind.VECTOR_MEMORY, 8, {"q0"}),
        ("vstrb.32 q0, [r0]", Kind.VECTOR_MEMORY, 4, set()),
        ("vldrw.u32 q3, [r0, q1, uxtw #2]", Kind.VECTOR_SCATTER_GATHER, 16, {"q3"}),
        ("vmladava.s8 r4, q0, q1", Kind.VECTOR_MULTIPLY, 0, {"r4"}),
        ("vadd.i32 q0, q1, q2", Kind.VECTOR_ALU, 0, {"q0"}),
        ("vmov.32 q0[1], r2", Kind.VECTOR_LANE, 0, {"q0"}),
        ("vpst", Kind.VECTOR_PREDICATE, 0, set()),
        ("vpush {d8-d15}", Kind.FLOAT_MULTIPLE, 64, set()),
        ("vmla.f32 s0, s1, s2", Kind.FLOAT_MULTIPLY_ADD, 0, {"s0"}),
        ("vdiv.f32 s0, s1, s2", Kind.FLOAT_DIVIDE, 0, {"s0"}),
        ("blt.n 10 <f>", Kind.BRANCH, 0, {"pc"}),
        ("bl 10 <f>", Kind.CALL, 0, {"pc"}),
        ("bls.w 10 <f>", Kind.BRANCH, 0, {"pc"}),
        ("bic.w r0, r1, #3", Kind.ALU, 0, {"r0"}),
        ("smmla r0, r1, r2, r3", Kind.DSP_MULTIPLY, 0, {"r0"}),
        ("smlabb r0, r1, r2, r3", Kind.DSP_MULTIPLY, 0, {"r0"}),
        ("umull r0, r1, r2, r3", Kind.LONG_MULTIPLY, 0, {"r0", "r1"}),
        ("mls r0, r1, r2, r3", Kind.MULTIPLY_ADD, 0, {"r0"}),
        ("itte ne", Kind.IT, 0, set()),
        ("dlstp.8 lr, r0", Kind.LOOP_START, 0, {"lr"}),
        ("letp lr, 10 <f>", Kind.LOOP_END, 0, {"pc"}),
        ("cmp r0, r1", Kind.ALU, 0, set()),
    ],
)
def test_decoding(line: str, kind: Kind, access: int, writes: set[str]) -> None:
    (found,) = block(line)
    assert (found.kind, found.access_bytes, set(found.writes)) == (kind, access, writes)
    assert found.is_store == line.startswith(("st", "vst", "push", "vpush"))


def test_registers_that_are_read() -> None:
    add, accumulate, load, move = block("adds r0, r1", "smlad r0, r1, r2, r3", "ldr r0, [r1, r2]", "mov r0, r1")
    assert add.reads == {"r0", "r1"}
    assert accumulate.reads >= {"r1", "r2", "r3"}
    assert load.reads == load.address == {"r1", "r2"}
    assert move.reads == {"r1"}
