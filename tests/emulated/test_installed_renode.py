"""Renode itself, where it is installed: outputs and executed instructions as under QEMU."""

from __future__ import annotations

import shutil

import pytest

from tests.emulated.conftest import Build
from tests.emulated.test_boards import codes
from tinyq.emulation.renode import version_of
from tinyq.emulation.run import run_samples
from tinyq.hardware.boards import load_board

RENODE = shutil.which("renode")
pytestmark = pytest.mark.skipif(RENODE is None, reason="Renode is not installed")
_FIRST_THAT_COUNTS = (1, 16)
_REPEATS = 8
"""Virtual time passes while nothing is executed in one inference of four or so, which then counts too many."""


@pytest.mark.parametrize("board_id", ["mps2-an386", "mps2-an385-m0", "mps2-an505"])
def test_renode_gives_what_qemu_gives(network: Build, board_id: str) -> None:
    samples = [(s.tobytes(),) for s in codes(2)] * _REPEATS
    firmware, board = network(board_id), load_board(board_id)
    expected = run_samples(firmware.elf, board, samples, emulator="qemu", jobs=1, timeout=20)
    found = run_samples(firmware.elf, board, samples, emulator="renode", jobs=2, timeout=60)
    assert [i.outputs for i in found.inferences] == [i.outputs for i in expected.inferences]
    assert found.stack_bytes == expected.stack_bytes
    assert RENODE is not None
    if version_of(RENODE)[:2] >= _FIRST_THAT_COUNTS:
        for sample in range(2):
            counts = [i.instructions for i in found.inferences[sample::2]]
            assert None not in counts
            assert min(c for c in counts if c is not None) == expected.inferences[sample].instructions
