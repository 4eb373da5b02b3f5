"""The runner for Renode against a stand-in for its process: command line, files, socket, and what goes wrong."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from tests.emulated.conftest import Build
from tests.emulated.test_boards import codes
from tests.processes import children_of
from tests.unit.test_renode import program
from tinyq.emulation import renode
from tinyq.emulation.run import run_samples
from tinyq.errors import FailedError
from tinyq.hardware.boards import load_board

pytest.importorskip("unicorn", reason="the extra embedded is not installed")
M4 = "mps2-an386"


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "a folder", "1.16.1", monkeypatch)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def test_several_at_once_give_what_qemu_gives(network: Build) -> None:
    samples = [(s.tobytes(),) for s in codes(2)]
    firmware, board = network(M4), load_board(M4)
    expected = run_samples(firmware.elf, board, samples, emulator="qemu", jobs=1, timeout=20)
    found = run_samples(firmware.elf, board, samples, emulator="renode", jobs=2, timeout=30)
    assert found.inferences == expected.inferences
    assert "exact" in found.hello.counter
    assert not children_of(os.getpid(), "python3.11")


def test_nothing_is_left_behind(network: Build, tmp_path: Path) -> None:
    with renode.open_renode(network(M4).elf, load_board(M4), 20) as device:
        assert list(tmp_path.glob("tinyq-renode-*"))
        assert device is not None
    assert not list(tmp_path.glob("tinyq-renode-*"))


@pytest.mark.parametrize(
    ("trouble", "message", "hint"),
    [
        ("script-error", "Renode ended while it ran", "There was an error executing command 'machine Load"),
        ("dies", "Renode ended while it ran", "Segmentation fault"),
    ],
)
def test_what_renode_said_is_shown(
    network: Build, monkeypatch: pytest.MonkeyPatch, trouble: str, message: str, hint: str
) -> None:
    monkeypatch.setenv("TINYQ_TEST_RENODE", trouble)
    before = children_of(os.getpid())
    with (
        pytest.raises(FailedError, match=message) as caught,
        renode.open_renode(network(M4).elf, load_board(M4), 10) as device,
    ):
        device.hello()
    assert hint in caught.value.hint
    assert children_of(os.getpid()) <= before


def test_a_taken_port_is_tried_again(network: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYQ_TEST_RENODE", "port-taken-once")
    with renode.open_renode(network(M4).elf, load_board(M4), 20) as device:
        assert device.hello().layers


def test_a_start_can_be_given_up(network: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYQ_TEST_RENODE", "starts-never")
    before, start = children_of(os.getpid()), time.monotonic()
    with renode.open_renode(network(M4).elf, load_board(M4), 10) as device:
        giving_up = threading.Timer(1.0, device.close)
        giving_up.start()
        with pytest.raises(FailedError, match="Renode ended"):
            device.hello()
        giving_up.join()
    assert time.monotonic() - start < 10
    assert children_of(os.getpid()) <= before


def test_silence_is_ended_by_the_wall_clock(network: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYQ_TEST_RENODE", "silent")
    before, start = children_of(os.getpid()), time.monotonic()
    with (
        pytest.raises(FailedError, match="no answer within 1 s"),
        renode.open_renode(network(M4).elf, load_board(M4), 1) as device,
    ):
        device.hello()
    assert time.monotonic() - start < 20
    assert children_of(os.getpid()) <= before
