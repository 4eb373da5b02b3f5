"""Resets in the middle and a line that harms bytes, as the published table measures them."""

from __future__ import annotations

import random

import pytest

from benchmarks.wire_faults import LINES, Line, clean_run, measure, table
from tests.emulated.conftest import Build
from tinyq.hardware.boards import load_board

BOARD = "mps2-an386"


@pytest.mark.parametrize("line", [Line("harmed and reset", rate=2e-3, reset=0.2), Line("reset", reset=0.5)])
def test_no_wrong_result_is_accepted(network: Build, line: Line) -> None:
    elf, board = network(BOARD).elf, load_board(BOARD)
    samples = [random.Random(i).randbytes(192) for i in range(8)]
    expected = clean_run(elf, board, samples)
    assert len({inference.outputs for inference in expected}) > 1
    outcome = measure(elf, board, samples, expected, line)
    assert (outcome.completed, outcome.given_up, outcome.wrong, outcome.miscounted) == (8, 0, 0, 0)
    assert outcome.resets > 0
    assert outcome.retries > 0
    assert "harmed" not in line.name or outcome.harmed > 0


def test_a_wrong_result_would_be_seen(network: Build) -> None:
    """The measurement itself can fail: held against other samples' results, all are wrong."""
    elf, board = network(BOARD).elf, load_board(BOARD)
    samples = [random.Random(i).randbytes(192) for i in range(2)]
    expected = clean_run(elf, board, samples)
    assert expected[0].outputs != expected[1].outputs
    outcome = measure(elf, board, samples, expected[::-1], LINES[0])
    assert (outcome.completed, outcome.wrong) == (2, 2)
    assert "| 2 |" in table([outcome], 192)
