"""What QEMU logs, and what is made of it."""

from __future__ import annotations

import os
import threading

import pytest

from tinyq.emulation.trace import _Log

LISTED = b"""----------------
IN: f
0x00000100:  2003       movs     r0, #3
0x00000102:  f842 0b04  str      r0, [r2], #4
0x00000106:  eefa       .byte    0xfa, 0xee
0x00000108:  0a10       lsrs     r0, r2, #8
0x0000010a:  d1fb       bne      #0x102

Trace 0: 0x7f5f28000100 [00800408/00000100/00000110/ff000200] f
----------------
IN: f
0x00000102:  f842 0b04  str      r0, [r2], #4

Trace 0: 0x7f5f28000200 [00800408/00000102/00000110/ff000200] f
"""
AGAIN = b"Trace 0: 0x7f5f28000200 [00800408/00000102/00000110/ff000200] f\n"


def read(*pieces: bytes) -> _Log:
    source, sink = os.pipe()
    log = _Log(source)
    log.start()
    writer = threading.Thread(target=lambda: [os.write(sink, piece) for piece in pieces] and os.close(sink))
    writer.start()
    writer.join(10)
    log.join(10)
    return log


def test_blocks_and_their_order() -> None:
    log = read(LISTED, AGAIN * 3)
    assert log.failure == ""
    # what the disassembler takes for two instructions is one of 32 bits
    assert log.blocks == [(0x100, 0x102, 0x106, 0x10A, 0x10C), (0x102, 0x106)]
    assert list(log.entered) == [0, 1, 1, 1, 1]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_log_may_come_in_any_pieces(size: int) -> None:
    text = LISTED + AGAIN * 5
    whole, cut = read(text), read(*(text[i : i + size] for i in range(0, len(text), size)))
    assert (whole.blocks, list(whole.entered)) == (cut.blocks, list(cut.entered))


def test_a_listing_may_arrive_line_by_line() -> None:
    log = _Log(os.open(os.devnull, os.O_RDONLY))
    for line in (LISTED + AGAIN).splitlines(keepends=True):
        log._take(line)
    assert log.failure == ""
    assert (log.blocks, list(log.entered)) == (read(LISTED + AGAIN).blocks, [0, 1, 1])
    log.start()


def test_blocks_that_did_not_begin_do_not_count() -> None:
    log = read(LISTED, AGAIN, b"Stopped execution of TB chain before 0x7f5f28000200 [00000102] f\n", AGAIN)
    assert list(log.entered) == [0, 1, 1]


def test_a_block_that_was_never_listed_is_a_failure() -> None:
    log = read(AGAIN)
    assert "never translated" in log.failure
