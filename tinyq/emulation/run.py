"""Run samples on several emulated targets at once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from tinyq.emulation.device import Device, Hello, Inference
from tinyq.emulation.registry import Emulator, emulator
from tinyq.errors import FailedError
from tinyq.hardware.boards import Board

_emulator = emulator


@dataclass(frozen=True)
class RunResult:
    """What the target said.

    Attributes:
        hello: What ran there.
        inferences: One for each sample, in their order.
        stack_bytes: Most bytes of stack that were ever in use on any of the targets.
    """

    hello: Hello
    inferences: tuple[Inference, ...]
    stack_bytes: int


def run_samples(
    elf: Path,
    board: Board,
    samples: Sequence[tuple[bytes, ...]],
    *,
    emulator: str | None = None,
    jobs: int = 2,
    timeout: float = 60.0,
    progress: Callable[[int], None] | None = None,
) -> RunResult:
    """Run one inference for each sample.

    Args:
        elf: The firmware.
        board: The board that it was built for.
        samples: For each sample the bytes of each input.
        emulator: Name of the emulator; None for the first that is installed and can run the board.
        jobs: How many of them to run at once.
        timeout: Seconds of wall-clock time that one request, such as an inference, may take.
        progress: Called with the number of finished samples, from the threads that finish them, one at a time.

    Raises:
        BadInputError: There is no such emulator, or it cannot run the board.
        MissingToolError: The emulator is not installed.
        FailedError: A target faulted, hung or could not be reached.
    """
    run = _Run(samples, progress)
    opener = _emulator(emulator, board)
    workers = max(1, min(jobs, len(samples)))
    with ThreadPoolExecutor(workers) as pool:
        try:
            futures = [pool.submit(run.work, opener, elf, board, timeout) for _ in range(workers)]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            # also on Ctrl-C: end the emulators, so that the threads that wait for them end
            run.stop()
            raise
    return run.result()


class _Run:
    """What the workers share."""

    def __init__(self, samples: Sequence[tuple[bytes, ...]], progress: Callable[[int], None] | None) -> None:
        self._samples = samples
        self._progress = progress
        self._lock = threading.Lock()
        self._next = iter(range(len(samples)))
        self._inferences: dict[int, Inference] = {}
        self._hellos: list[Hello] = []
        self._stacks: list[int] = []
        self._devices: list[Device] = []
        self._stopped = False

    def work(self, opener: Emulator, elf: Path, board: Board, timeout: float) -> None:
        """Take samples until there are none left."""
        with opener.open(elf, board, timeout) as device:
            with self._lock:
                self._devices.append(device)
                stopped = self._stopped
            if stopped:
                return
            hello = device.hello()
            for index in self._indices():
                inference = device.infer(self._samples[index])
                with self._lock:
                    self._inferences[index] = inference
                    if self._progress is not None:
                        self._progress(len(self._inferences))
            stack = device.stack_bytes()
            with self._lock:
                self._hellos.append(hello)
                self._stacks.append(stack)

    def stop(self) -> None:
        """End all targets."""
        with self._lock:
            self._stopped = True
            devices = list(self._devices)
        for device in devices:
            with contextlib.suppress(OSError):
                device.close()

    def result(self) -> RunResult:
        """What was gathered, in the order of the samples."""
        if any(hello != self._hellos[0] for hello in self._hellos):
            raise FailedError("The emulated targets differ from each other.", "Run the test again.")
        inferences = tuple(self._inferences[i] for i in range(len(self._samples)))
        return RunResult(self._hellos[0], inferences, max(self._stacks))

    def _indices(self) -> Iterator[int]:
        while True:
            with self._lock:
                index = None if self._stopped else next(self._next, None)
            if index is None:
                return
            yield index
