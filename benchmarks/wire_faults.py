"""Faults on the wire: what becomes of samples when bytes are lost, doubled, harmed or added, and the target is reset.

Runs the same firmware under QEMU on a sound line and on bad ones, all bytes through the serial port in both
directions, and counts samples that were completed and given up, repeated requests, and results that were accepted
though they differ from those of the sound line. ``--write`` puts the table into docs/protocol.md.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.graphs.int8 import small_network
from tinyq.codegen import generate
from tinyq.emulation.device import Inference
from tinyq.emulation.qemu_transport import QemuTransport
from tinyq.emulation.session import Session
from tinyq.errors import FailedError
from tinyq.firmware.build import build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.hardware.boards import Board, load_board

BOARD = "mps2-an386"
INPUT_SIZE = 8
SAMPLES = 50
SEED = 11
TIMEOUT, ANSWER_TIMEOUT = 60.0, 0.1
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "protocol.md"
BEGIN, END = "<!-- wire faults: begin -->", "<!-- wire faults: end -->"

Disturb = Callable[[int, random.Random], bytes]


def _dropped(byte: int, rng: random.Random) -> bytes:
    return b""


def _duplicated(byte: int, rng: random.Random) -> bytes:
    return bytes([byte, byte])


def _corrupted(byte: int, rng: random.Random) -> bytes:
    return bytes([byte ^ 1 << rng.randrange(8)])


def _noise(byte: int, rng: random.Random) -> bytes:
    return bytes([byte]) + rng.randbytes(rng.randint(1, 8))


def _delimiter(byte: int, rng: random.Random) -> bytes:
    return bytes([byte, 0])


def _mixed(byte: int, rng: random.Random) -> bytes:
    return rng.choice((_dropped, _duplicated, _corrupted, _noise, _delimiter))(byte, rng)


@dataclass(frozen=True)
class Line:
    """A bad line.

    Attributes:
        name: For people.
        disturb: What becomes of a byte that is harmed.
        rate: Share of bytes that are harmed, each way.
        reset: Share of the writes to the target after which it is reset.
    """

    name: str
    disturb: Disturb = _mixed
    rate: float = 0.0
    reset: float = 0.0


RATES = (1e-4, 1e-3, 5e-3)
KINDS = {
    "dropped": _dropped,
    "duplicated": _duplicated,
    "one bit flipped": _corrupted,
    "1 to 8 random bytes added": _noise,
    "all of these and stray delimiters": _mixed,
}
LINES = (
    *(Line(name, kind, rate) for name, kind in KINDS.items() for rate in RATES),
    Line("target reset", reset=0.05),
    Line("target reset", reset=0.2),
    Line("all of these and stray delimiters, target reset", _mixed, 1e-3, 0.05),
)


class BadLine:
    """A transport that harms what passes, seeded; the board's window memory is kept out of it."""

    def __init__(self, inner: QemuTransport, line: Line, seed: int) -> None:
        self._inner = inner
        self._line = line
        self._rng = random.Random(seed)
        self.harmed = self.bytes = self.resets = 0

    def _pass(self, data: bytes) -> bytes:
        out = bytearray()
        self.bytes += len(data)
        for byte in data:
            if self._rng.random() < self._line.rate:
                self.harmed += 1
                out += self._line.disturb(byte, self._rng)
            else:
                out.append(byte)
        return bytes(out)

    def write(self, data: bytes) -> None:
        self._inner.write(self._pass(data))
        if self._rng.random() < self._line.reset:
            self.resets += 1
            # at any moment: while bytes arrive, while the model runs, or while it answers
            time.sleep(self._rng.random() * 0.01)
            self._inner.reset()

    def read(self, timeout: float) -> bytes:
        return self._pass(self._inner.read(timeout))

    def store(self, data: bytes) -> bool:
        return False

    def close(self) -> None:
        self._inner.close()


@dataclass(frozen=True)
class Outcome:
    """What became of the samples on one line."""

    line: Line
    completed: int
    given_up: int
    wrong: int
    miscounted: int
    retries: int
    harmed: int
    bytes: int
    resets: int


@contextmanager
def _qemu(elf: Path, board: Board) -> Iterator[QemuTransport]:
    transport = QemuTransport(elf, board, TIMEOUT)
    try:
        yield transport
    finally:
        transport.close()
        transport.release()


def clean_run(elf: Path, board: Board, samples: Sequence[bytes]) -> list[Inference]:
    """The results on a sound line."""
    with _qemu(elf, board) as transport:
        session = Session(transport, timeout=TIMEOUT)
        return [session.infer([sample]) for sample in samples]


def measure(elf: Path, board: Board, samples: Sequence[bytes], expected: Sequence[Inference], line: Line) -> Outcome:
    """Run all samples over one line and hold every accepted result against that of the sound line."""
    completed = given_up = wrong = miscounted = 0
    with _qemu(elf, board) as transport:
        bad = BadLine(transport, line, SEED)
        session = Session(bad, timeout=TIMEOUT, answer_timeout=ANSWER_TIMEOUT)
        for sample, right in zip(samples, expected, strict=True):
            try:
                found = session.infer([sample])
            except FailedError as error:
                print(f"{line.name}, {line.rate:g}: {error.message}", file=sys.stderr)
                given_up += 1
                continue
            completed += 1
            wrong += found.outputs != right.outputs
            miscounted += found.instructions != right.instructions
        return Outcome(line, completed, given_up, wrong, miscounted, session.retries, bad.harmed, bad.bytes, bad.resets)


def firmware(folder: Path, board: Board) -> Path:
    """The ELF of a small seeded network."""
    graph = small_network(size=INPUT_SIZE)
    code = generate(graph, core=board.core)
    emit_project(folder, graph=graph, code=code, deployed=deployed_model(graph), board=board)
    return build_project(folder, board=board).elf


def table(outcomes: Sequence[Outcome], input_bytes: int) -> str:
    """Markdown."""
    lines = [
        f"{SAMPLES} samples of {input_bytes} bytes each on `{BOARD}` under QEMU for every line. Rates are of bytes, "
        "each way; of resets, of frames sent, at a random moment within 10 ms. When requests are repeated depends on "
        "time: the counts of repetitions vary by a few from run to run.",
        "",
        "| fault | rate | bytes harmed | resets | requests repeated | completed | given up | wrong results accepted | "
        "wrong instruction counts |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for o in outcomes:
        rate = " + ".join(
            [f"{o.line.rate:g}"] * (o.line.rate > 0) + [f"{o.line.reset:g} of frames"] * (o.line.reset > 0)
        )
        lines.append(
            f"| {o.line.name} | {rate} | {o.harmed:,} of {o.bytes:,} | {o.resets} | {o.retries:,} | "
            f"{o.completed} of {SAMPLES} | {o.given_up} | {o.wrong} | {o.miscounted} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into docs/protocol.md")
    arguments = parser.parse_args()
    board = load_board(BOARD)
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as name:
        elf = firmware(Path(name), board)
        samples = [rng.randbytes(INPUT_SIZE * INPUT_SIZE * 3) for _ in range(SAMPLES)]
        expected = clean_run(elf, board, samples)
        outcomes = []
        for line in LINES:
            outcomes.append(measure(elf, board, samples, expected, line))
            print(outcomes[-1], file=sys.stderr, flush=True)
    text = table(outcomes, len(samples[0]))
    print(text)
    if arguments.write:
        document = DOCUMENT.read_text()
        before, rest = document.split(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}")
    return 1 if any(o.wrong for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
