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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyq.emulation.blocks import Executed
from tinyq.emulation.qemu import QemuTransport
from tinyq.emulation.session import Session
from tinyq.errors import FailedError
from tinyq.firmware.elf import Symbols, code_span
from tinyq.hardware.boards import Board

METHOD = "executed blocks in QEMU's log"
_INVOKE, _OBSERVER = "model_invoke_observed", "on_layer_done"
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
    spans = {name: symbols.span(name) for name in (_INVOKE, _OBSERVER)}
    low, high = code_span(elf)
    ranges = f"0x{low:x}..0x{high - 1:x},0x{spans[_OBSERVER][0]:x}+0x2"
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
        session = Session(transport, timeout=timeout, counts_instructions=False, symbol_at=symbols.name_at)
        layers = len(session.layers(inputs))
    finally:
        transport.close()
        log.join()
        transport.release()
    if log.failure:
        raise FailedError(f"QEMU's log of executed blocks is not as expected ({log.failure}).", _REBUILD)
    found = _Splitter(symbols, log.blocks, spans).layers(np.frombuffer(log.entered, np.int32))
    if len(found) != layers:
        raise FailedError(f"The log of executed blocks shows {len(found)} layers instead of {layers}.", _REBUILD)
    return found


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

    def run(self) -> None:
        rest = b""
        with os.fdopen(self._source, "rb", buffering=0) as stream:
            while data := stream.read(_CHUNK):
                whole, newline, rest = (rest + data).rpartition(b"\n")
                if not self.failure:  # else only empty the pipe, so that QEMU can end
                    self._take(whole + newline)

    def _take(self, text: bytes) -> None:
        if b"IN:" not in text and _STOPPED not in text and not self._listed:
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
            self._listed = []
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
                self._listed = []
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
    """Cuts a sequence of blocks at the ends of layers."""

    symbols: Symbols
    blocks: Sequence[tuple[int, ...]]
    spans: dict[str, tuple[int, int]]

    def layers(self, entered: NDArray[np.int32]) -> list[list[Executed]]:
        first = np.array([block[0] for block in self.blocks] or [0], np.int64)
        starts = first[entered]
        begins = np.flatnonzero(starts == self.spans[_INVOKE][0])
        if not begins.size:
            return []
        position, found = int(begins[0]), []
        for mark in np.flatnonzero(starts == self.spans[_OBSERVER][0]).tolist():
            if mark > position:
                found.append(self._counted(entered[position:mark], int(starts[mark])))
                position = self._resumed(starts, mark)
        return found

    def _resumed(self, starts: NDArray[np.int64], mark: int) -> int:
        """Where the caller of the observer goes on: what the observer calls in between is not the model's."""
        caller = self.symbols.span_at(int(starts[mark - 1]))
        inside = (starts[mark + 1 :] >= caller[0]) & (starts[mark + 1 :] < caller[1])
        return mark + 1 + int(np.argmax(inside)) if inside.any() else len(starts)

    def _counted(self, entered: NDArray[np.int32], follower: int) -> list[Executed]:
        """The blocks of one layer; ``follower`` is the address that comes after the last one."""
        first = np.array([block[0] for block in self.blocks], np.int64)
        end = np.array([block[-1] for block in self.blocks], np.int64)
        left = np.append(first[entered[1:]], follower) != end[entered]
        size = len(self.blocks)
        times, leaves = np.bincount(entered, minlength=size), np.bincount(entered[left], minlength=size)
        return [Executed(self.blocks[i][:-1], int(times[i]), int(leaves[i])) for i in np.flatnonzero(times).tolist()]
