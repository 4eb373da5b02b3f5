"""Which instructions a model executes, layer by layer: QEMU's log of translated and executed blocks.

A firmware that observes its layers runs one inference; QEMU logs each block of instructions when it translates it
(``-d in_asm``) and each time it enters it (``-d exec,nochain``). The log is read while it is written; only the
model's code is logged, and the entry of the observer, which marks the ends of layers.
"""

from __future__ import annotations

import os
import re
import threading
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tinyq.emulation.blocks import Executed
from tinyq.emulation.qemu_transport import QemuTransport
from tinyq.emulation.session import Session
from tinyq.errors import FailedError
from tinyq.firmware.elf import Symbols, code_span
from tinyq.hardware.boards import Board

T = TypeVar("T")
_INVOKE, _CALLER = "model_invoke", "measure"
_OBSERVED, _OBSERVER = "model_invoke_observed", "on_layer_done"
_CHUNK = 1 << 20
_KEY = re.compile(rb"^Trace \d+: \S+ \[([^\]]+)\]", re.MULTILINE)
_LISTED = re.compile(rb"0x([0-9a-f]+):  ([0-9a-f]{4})(?: ([0-9a-f]{4}))?")
_FIRST_WIDE = 0xE800
"""First halfwords from here on have a second one."""
_STOPPED = b"Stopped execution"
_REBUILD = "Build the firmware again; if this stays, report it with the model."


def trace_layers(elf: Path, board: Board, inputs: Sequence[bytes], timeout: float = 60.0) -> list[list[Executed]]:
    """Run one inference and say what each layer executed.

    Args:
        elf: Firmware that observes layers.
        board: The board that it was built for.
        inputs: Bytes of each input.
        timeout: Seconds of wall-clock time for one layer.

    Returns:
        For each layer, as the observer counts them, the executed blocks.

    Raises:
        MissingToolError: QEMU is not installed.
        BadInputError: QEMU has no machine for the board.
        FailedError: The target faulted or hung, or the log could not be understood.
    """
    symbols = Symbols(elf)
    begin, observer = symbols.span(_OBSERVED)[0], symbols.span(_OBSERVER)[0]
    # of the observer the entry alone
    log, layers = _logged(elf, board, timeout, ((observer, observer + 2),), lambda s: len(s.layers(inputs)))
    starts, entered = log.sequence()
    found = _Splitter(symbols, log.blocks, starts, entered).layers(begin, observer)
    if len(found) != layers:
        raise FailedError(f"The log of executed blocks shows {len(found)} layers instead of {layers}.", _REBUILD)
    return found


def trace_inference(elf: Path, board: Board, inputs: Sequence[bytes], timeout: float = 60.0) -> list[Executed]:
    """Run one inference of a firmware as it ships and say what ``model_invoke`` executed.

    Args and errors are those of :func:`trace_layers`; the firmware needs not observe layers.
    """
    symbols = Symbols(elf)
    begin, caller = symbols.span(_INVOKE)[0], symbols.span(_CALLER)
    log, _ = _logged(elf, board, timeout, (caller,), lambda s: s.infer(inputs))
    starts, entered = log.sequence()
    first = np.flatnonzero(starts == begin)
    back = (starts >= caller[0]) & (starts < caller[1])
    if not first.size or not back[first[0] :].any():
        raise FailedError("The log of executed blocks shows no inference.", _REBUILD)
    end = int(first[0] + np.argmax(back[first[0] :]))
    return _Splitter(symbols, log.blocks, starts, entered).counted(int(first[0]), end)


def _logged(
    elf: Path, board: Board, timeout: float, also: Sequence[tuple[int, int]], action: Callable[[Session], T]
) -> tuple[_Log, T]:
    """Do something with a target while QEMU logs the blocks of the model's code, and of ``also``."""
    ranges = ",".join(f"0x{low:x}+0x{high - low:x}" for low, high in (code_span(elf), *also))
    source, sink = os.pipe()
    log = _Log(source)
    try:
        options = ("-d", "in_asm,exec,nochain", "-dfilter", ranges, "-D", f"/dev/fd/{sink}")
        transport = QemuTransport(elf, board, timeout, options=options, inherited=(sink,), counts=False)
    except BaseException:
        os.close(sink)
        os.close(source)
        raise
    os.close(sink)
    log.start()
    try:
        symbol_at = Symbols(elf).name_at
        result = action(Session(transport, timeout=timeout, counts_instructions=False, symbol_at=symbol_at))
    finally:
        transport.close()
        log.join()
        transport.release()
    if log.failure:
        raise FailedError(f"QEMU's log of executed blocks is not as expected ({log.failure}).", _REBUILD)
    return log, result


class _Log(threading.Thread):
    """Reads a log to its end.

    Attributes:
        blocks: Addresses of the instructions of each block, and the one after the last.
        entered: Indices of blocks in the order in which they were entered.
        failure: What was not understood; empty if all was.
    """

    def __init__(self, source: int) -> None:
        super().__init__(name="trace", daemon=True)
        self.blocks: list[tuple[int, ...]] = []
        self.entered = array("i")
        self.failure = ""
        self._source = source
        self._indices: dict[bytes, int] = {}
        self._start = 0
        self._listed: list[int] = []
        self._listing = False  # between the head of a listing and the block that it is of

    def sequence(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """First addresses, and indices, of the blocks in the order in which they were entered."""
        entered = np.frombuffer(self.entered, np.int32)
        firsts = np.array([block[0] for block in self.blocks] or [0], np.int64)
        return firsts[entered], entered

    def run(self) -> None:
        rest = b""
        with os.fdopen(self._source, "rb", buffering=0) as stream:
            while data := stream.read(_CHUNK):
                whole, newline, rest = (rest + data).rpartition(b"\n")
                if not self.failure:  # else only empty the pipe, so that QEMU can end
                    self._take(whole + newline)

    def _take(self, text: bytes) -> None:
        if b"IN:" not in text and _STOPPED not in text and not self._listing:
            keys = _KEY.findall(text)
            try:
                self.entered.extend([self._indices[key] for key in keys])
            except KeyError as error:
                self.failure = f"block {error.args[0]!r} was entered but never translated"
            return
        for line in text.splitlines():
            self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        if line.startswith(b"IN:"):
            self._listed, self._listing = [], True
        elif listed := _LISTED.match(line):
            # QEMU's disassembler does not know all instructions, but shows all halfwords
            if not self._listed:
                self._start = int(listed.group(1), 16)
            self._listed += [int(halfword, 16) for halfword in listed.groups()[1:] if halfword]
        elif line.startswith(_STOPPED):
            # the block was logged, but something asked QEMU to stop before it began
            if self.entered:
                self.entered.pop()
        elif found := _KEY.match(line):
            key = found.group(1)
            if self._listed and int(key.split(b"/")[1], 16) == self._start:
                self._indices[key] = len(self.blocks)
                self.blocks.append(_addresses(self._start, self._listed))
                self._listed, self._listing = [], False
            if key not in self._indices:
                self.failure = f"block {key!r} was entered but never translated"
            else:
                self.entered.append(self._indices[key])


def _addresses(start: int, halfwords: Sequence[int]) -> tuple[int, ...]:
    """Where instructions begin, and where the next one would."""
    found, position = [], 0
    while position < len(halfwords):
        found.append(start + 2 * position)
        position += 2 if halfwords[position] >= _FIRST_WIDE else 1
    return (*found, start + 2 * position)


@dataclass(frozen=True)
class _Splitter:
    """Cuts a sequence of blocks and counts what is in the pieces.

    Attributes:
        symbols: Of the firmware.
        blocks: As in :class:`_Log`.
        starts: First addresses of the blocks that were entered.
        entered: Their indices.
    """

    symbols: Symbols
    blocks: Sequence[tuple[int, ...]]
    starts: NDArray[np.int64]
    entered: NDArray[np.int32]

    def layers(self, begin: int, observer: int) -> list[list[Executed]]:
        """What was executed before each call of the observer, from the first entry of a function on."""
        begins = np.flatnonzero(self.starts == begin)
        if not begins.size:
            return []
        position, found = int(begins[0]), []
        for mark in np.flatnonzero(self.starts == observer).tolist():
            if mark > position:
                found.append(self.counted(position, mark))
                position = self._resumed(mark)
        return found

    def _resumed(self, mark: int) -> int:
        """Where the caller of the observer goes on: what the observer calls in between is not the model's."""
        low, high = self.symbols.span_at(int(self.starts[mark - 1]))
        inside = (self.starts[mark + 1 :] >= low) & (self.starts[mark + 1 :] < high)
        return mark + 1 + int(np.argmax(inside)) if inside.any() else len(self.starts)

    def counted(self, begin: int, end: int) -> list[Executed]:
        """The blocks at positions from ``begin`` to before ``end``, which must not be the sequence's end."""
        entered, following = self.entered[begin:end], self.starts[begin + 1 : end + 1]
        ends = np.array([block[-1] for block in self.blocks], np.int64)
        left = following != ends[entered]
        size = len(self.blocks)
        times, leaves = np.bincount(entered, minlength=size), np.bincount(entered[left], minlength=size)
        return [Executed(self.blocks[i][:-1], int(times[i]), int(leaves[i])) for i in np.flatnonzero(times).tolist()]
