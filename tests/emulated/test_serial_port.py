"""A serial port between us and the firmware: a pseudo-terminal whose other side is the emulated board."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.floats import classifier
from tinyq.api import build, convert
from tinyq.api import test as run_on_target
from tinyq.emulation.qemu_transport import QemuTransport
from tinyq.errors import BadInputError, FailedError
from tinyq.graph import write_graph
from tinyq.hardware.boards import load_board

pytestmark = [
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed"),
    pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed"),
    pytest.mark.skipif(os.name != "posix", reason="there are no pseudo-terminals"),
]
BOARD = "microbit"  # without shared memory, so that all bytes go over the wire


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serial")
    (folder / "m.tflite").write_bytes(write_graph(classifier()))
    x = np.random.default_rng(0).normal(0, 1, (60, 8, 8, 1)).astype(np.float32)
    np.savez(folder / "d.npz", x=x)
    convert(folder / "m.tflite", board=BOARD, out=folder / "out", data=str(folder / "d.npz"))
    return folder / "out"


@contextmanager
def board_on_a_port(elf: Path, *, lossy: bool = False) -> Iterator[str]:
    """The name of a port behind which a firmware runs; a lossy one loses a piece now and then.

    Losses are counted in bytes and at random distances: how the bytes fall into pieces depends on how busy the
    machine is, and a regular loss could hit the same place of every repetition.
    """
    board = load_board(BOARD)
    qemu = QemuTransport(elf, board, 60.0)
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    stop = threading.Event()

    def to_board() -> None:
        while not stop.is_set():
            try:
                qemu.write(os.read(ours, 4096))
            except (OSError, FailedError):
                return

    def from_board() -> None:
        distance = np.random.default_rng(1)
        left = 100
        while not stop.is_set():
            try:
                data = qemu.read(0.05)
                left -= len(data)
                if lossy and left <= 0:
                    left = int(distance.integers(100, 1000))
                elif data:
                    os.write(ours, data)
            except (OSError, FailedError):
                return

    threads = [threading.Thread(target=f, daemon=True) for f in (to_board, from_board)]
    for thread in threads:
        thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        stop.set()
        qemu.close()
        os.close(theirs)
        os.close(ours)
        for thread in threads:
            thread.join(5)
        qemu.release()


@pytest.mark.parametrize("lossy", [False, True])
def test_a_board_on_a_port_computes_what_the_host_computes(out: Path, lossy: bool) -> None:
    elf = out / build(out).elf
    with board_on_a_port(elf, lossy=lossy) as port:
        report = run_on_target(out, emulator=f"serial:{port}", samples=6, jobs=1)
    assert (report.bit_exact.equal, report.bit_exact.total) == (6, 6)
    assert report.emulator == f"serial:{port}"


def test_the_command_takes_a_port(out: Path) -> None:
    elf = out / build(out).elf
    with board_on_a_port(elf) as port:
        command = [sys.executable, "-m", "tinyq", "test", str(out), "--port", port, "--samples", "2", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["bit_exact"] == {"equal": 2, "total": 2}


def test_a_port_that_is_not_there_is_an_error(out: Path) -> None:
    with pytest.raises(BadInputError, match="/dev/nowhere"):
        run_on_target(out, emulator="serial:/dev/nowhere", samples=1)


def test_a_silent_port_ends(out: Path) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    try:
        with pytest.raises(FailedError):
            run_on_target(out, emulator=f"serial:{os.ttyname(theirs)}", samples=1, jobs=1, timeout=2)
    finally:
        os.close(ours)
        os.close(theirs)
