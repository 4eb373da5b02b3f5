"""Targets that fault, hang or die, lines that lose bytes, and a Ctrl-C in the middle."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.emulated.conftest import Build
from tests.processes import children_of, running_with
from tinyq.emulation.qemu import open_qemu
from tinyq.emulation.qemu_transport import QemuTransport
from tinyq.emulation.run import run_samples
from tinyq.emulation.session import Session
from tinyq.errors import FailedError, MissingToolError
from tinyq.hardware.boards import load_board

FAULTS = {
    b"d": "data access at an address where nothing is (address 0xe0200000), at pc ",
    b"u": "undefined instruction, at pc ",
    b"s": "HardFault: stack overflow)",
}


def request(first: bytes) -> bytes:
    return first + bytes(15)


def children() -> set[int]:
    return children_of(os.getpid())


@pytest.mark.parametrize("board_id", ["mps2-an386", "mps2-an385-m0", "mps2-an505", "mps3-an547", "microbit"])
@pytest.mark.parametrize("kind", sorted(FAULTS))
def test_fault_is_reported_with_its_place(stub: Build, board_id: str, kind: bytes) -> None:
    board = load_board(board_id)
    with open_qemu(stub(board_id).elf, board, 10) as device:
        assert device.infer([request(b"x")]).outputs == (b"y" + b"\1" * 15,)
        with pytest.raises(FailedError, match="stopped with a fault") as caught:
            device.infer([request(kind)])
    said = caught.value.message
    if kind != b"s":
        assert "(act)" in said
    if kind == b"s" or board.core != "cortex-m0":
        assert FAULTS[kind] in said
    else:
        assert "a fault of which this core keeps no cause" in said
    assert "\n" not in said


def test_error_of_the_model_is_reported(stub: Build) -> None:
    with (
        open_qemu(stub("mps2-an386").elf, load_board("mps2-an386"), 10) as device,
        pytest.raises(FailedError, match=r"failed on the target \(error -77\)"),
    ):
        device.infer([request(b"e")])


def test_hang_is_ended_by_the_wall_clock(stub: Build) -> None:
    before = children()
    start = time.monotonic()
    with pytest.raises(FailedError, match="no answer within 1 s while running an inference"):
        run_samples(
            stub("mps2-an386").elf, load_board("mps2-an386"), [(request(b"h"),), (request(b"x"),)], jobs=2, timeout=1
        )
    assert time.monotonic() - start < 8
    assert children() <= before


def test_emulator_that_dies_is_reported(stub: Build) -> None:
    transport = QemuTransport(stub("mps2-an386").elf, load_board("mps2-an386"), 5)
    session = Session(transport, timeout=5)
    try:
        session.hello()
        os.kill(transport.pid, signal.SIGKILL)
        with pytest.raises(FailedError, match="QEMU ended"):
            session.infer([request(b"x")])
    finally:
        transport.close()
        transport.release()


def test_wrong_input_size_is_refused(stub: Build) -> None:
    with (
        open_qemu(stub("mps2-an386").elf, load_board("mps2-an386"), 5) as device,
        pytest.raises(FailedError, match="takes inputs of"),
    ):
        device.infer([b"short"])


def test_layers_need_a_build_that_observes(stub: Build) -> None:
    with (
        open_qemu(stub("mps2-an386").elf, load_board("mps2-an386"), 5) as device,
        pytest.raises(FailedError, match="cannot tell of single layers"),
    ):
        device.layers([request(b"x")])


def test_missing_emulator_is_named(stub: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    elf = stub("mps2-an386").elf
    monkeypatch.setenv("PATH", "/nonexistent")
    with (
        pytest.raises(MissingToolError, match="apt install qemu-system-arm"),
        open_qemu(elf, load_board("mps2-an386"), 5),
    ):
        pass


class NoisyTransport:
    """Flips, drops and repeats bytes, at random but seeded, both ways; keeps the board's window memory out of it."""

    def __init__(self, inner: QemuTransport, rate: float, seed: int) -> None:
        self._inner = inner
        self._rate = rate
        self._random = random.Random(seed)
        self.harmed = 0

    def _disturb(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            if self._random.random() >= self._rate:
                out.append(byte)
                continue
            self.harmed += 1
            kind = self._random.randrange(4)
            if kind == 0:
                out.append(byte ^ 1 << self._random.randrange(8))
            elif kind == 1:
                out += bytes([byte, byte])
            elif kind == 2:
                out += bytes([byte, 0])
        return bytes(out)

    def write(self, data: bytes) -> None:
        self._inner.write(self._disturb(data))

    def read(self, timeout: float) -> bytes:
        return self._disturb(self._inner.read(timeout))

    def store(self, data: bytes) -> bool:
        return False

    def close(self) -> None:
        self._inner.close()


@pytest.mark.parametrize("board_id", ["mps2-an386", "microbit"])
def test_noise_on_the_line_never_gives_a_wrong_result(network: Build, board_id: str) -> None:
    """About one frame in four is harmed: all is repeated until it arrives whole."""
    board = load_board(board_id)
    elf = network(board_id, observe=True).elf
    samples = [random.Random(i).randbytes(512) for i in range(12)]
    with open_qemu(elf, board, 20) as clean:
        size = clean.hello().input_bytes[0]
        samples = [s[:size] for s in samples]
        expected = [clean.infer([s]).outputs for s in samples]
        layers = clean.layers([samples[0]])
    inner = QemuTransport(elf, board, 120)
    noisy = NoisyTransport(inner, 2e-3, seed=5)
    try:
        session = Session(noisy, timeout=120, answer_timeout=0.05)
        assert [session.infer([s]).outputs for s in samples] == expected
        assert [layer.output for layer in session.layers([samples[0]])] == [layer.output for layer in layers]
    finally:
        inner.close()
        inner.release()
    assert noisy.harmed > 10
    assert session.retries > 3


SCRIPT = """
import sys
from pathlib import Path
from tinyq.emulation.run import run_samples
from tinyq.hardware.boards import load_board
hang = b"h" + bytes(15)
print("started", flush=True)
try:
    run_samples(Path(sys.argv[1]), load_board("mps2-an386"), [(hang,), (hang,)], jobs=2, timeout=60)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_emulator_outlives_us(stub: Build, how: signal.Signals) -> None:
    """On Ctrl-C we end them; if we are killed ourselves, the kernel does."""
    elf = stub("mps2-an386").elf
    child = subprocess.Popen([sys.executable, "-c", SCRIPT, str(elf)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    running = _wait_for(elf, lambda found: len(found) == 2)
    assert len(running) == 2
    child.send_signal(how)
    assert child.wait(10) == (130 if how is signal.SIGINT else -how)
    child.stdout.close()
    assert not _wait_for(elf, lambda found: not found)


def _wait_for(elf: Path, wanted: Callable[[set[int]], bool]) -> set[int]:
    """Process ids of the emulators that run a firmware, as soon as they are as wanted."""
    end = time.monotonic() + 10
    while True:
        found = running_with(str(elf), "qemu-system-arm")
        if wanted(found) or time.monotonic() > end:
            return found
        time.sleep(0.05)
