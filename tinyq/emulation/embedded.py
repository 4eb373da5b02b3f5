"""The embedded emulator: a machine on the Unicorn engine, which is a plain Python package, in a child process.

Parent and child talk over a socket in messages: kind (1 byte), length (4), payload.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pickle
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from typing import IO

from tinyq.emulation.blocks import Executed
from tinyq.emulation.device import Device
from tinyq.emulation.machine import Machine, unsupported
from tinyq.emulation.session import Session
from tinyq.errors import BadInputError, FailedError, MissingToolError, TinyqError
from tinyq.firmware import processes
from tinyq.firmware.elf import Symbols, code_span
from tinyq.hardware.boards import Board

INSTALL = "Install it with: pip install 'tinyq[embedded]'."
_HEADER = struct.Struct("<BI")
_LAST_WORDS_SECONDS = 2.0


class _Kind(IntEnum):
    SERIAL = 1
    WINDOW = 2
    EXECUTED = 3
    FAILED = 4


@contextlib.contextmanager
def open_embedded(elf: Path, board: Board, timeout: float = 60.0) -> Iterator[Device]:
    """Run a firmware under Unicorn for the time of a ``with`` block.

    Args:
        elf: The firmware.
        board: The board that it was built for.
        timeout: Seconds of wall-clock time for one request, such as an inference.

    Raises:
        MissingToolError: The package unicorn is not installed.
        BadInputError: Unicorn lacks the board's core, or there is no model of its UART.
    """
    transport = EmbeddedTransport(elf, board, timeout)
    try:
        yield Session(transport, timeout=timeout, symbol_at=Symbols(elf).name_at)
    finally:
        transport.close()
        transport.release()


def trace_layers(elf: Path, board: Board, inputs: Sequence[bytes], timeout: float = 60.0) -> list[list[Executed]]:
    """Run one inference of a firmware that observes its layers, and say what each layer executed.

    Args:
        elf: The firmware.
        board: The board that it was built for; it must have a counter.
        inputs: Bytes of each input.
        timeout: Seconds of wall-clock time for one layer.

    Returns:
        For each layer, as the observer counts them, the executed blocks of the model's code.

    Raises:
        MissingToolError: The package unicorn is not installed.
        BadInputError: The board cannot be run, or has no counter.
        FailedError: The target faulted or hung.
    """
    if board.counter.type == "none":
        raise BadInputError(f"The board {board.id} has no counter.", "Choose another board.")
    low, high = code_span(elf)
    transport = EmbeddedTransport(elf, board, timeout, follow=True)
    try:
        session = Session(transport, timeout=timeout, counts_instructions=False, symbol_at=Symbols(elf).name_at)
        layers = session.layers(inputs)
        spans = transport.executed()
    finally:
        transport.close()
        transport.release()
    return [[e for e in span if low <= e.addresses[0] < high] for span in spans[len(spans) - len(layers) :]]


class EmbeddedTransport:
    """The child process, and the socket that carries the bytes of its serial port."""

    def __init__(self, elf: Path, board: Board, timeout: float, *, follow: bool = False) -> None:
        reason = unsupported(board)
        if reason:
            raise BadInputError(
                f"The embedded emulator cannot run the board {board.id}: {reason}.", "Choose another emulator or board."
            )
        if importlib.util.find_spec("unicorn") is None:
            raise MissingToolError("The package unicorn is not installed.", INSTALL)
        self._timeout = timeout
        self._serial = bytearray()
        self._replies: list[bytes] = []
        self._window_bytes = region.bytes if (region := board.region("window")) is not None else 0
        self._socket, theirs = socket.socketpair()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in release
        try:
            self._process = processes.start(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            )
        except BaseException:
            self.release()
            raise
        finally:
            theirs.close()
        self._send(_Kind.SERIAL, pickle.dumps((str(elf.resolve()), board, follow)))

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    def write(self, data: bytes) -> None:
        """Send bytes to the serial port."""
        self._send(_Kind.SERIAL, data)

    def read(self, timeout: float) -> bytes:
        """Bytes from the serial port, none after ``timeout`` seconds."""
        end = time.monotonic() + timeout
        while not self._serial:
            if not self._receive(end):
                return b""
        data = bytes(self._serial)
        self._serial.clear()
        return data

    def store(self, data: bytes) -> bool:
        """Write into the board's window memory."""
        if len(data) > self._window_bytes:
            return False
        self._send(_Kind.WINDOW, data)
        return True

    def executed(self) -> list[list[Executed]]:
        """See :attr:`tinyq.emulation.machine.Machine.executed`; needs ``follow``."""
        self._send(_Kind.EXECUTED, b"")
        end = time.monotonic() + self._timeout
        while not self._replies:
            if not self._receive(end):
                raise FailedError("The embedded emulator does not answer.", "Allow it more time.")
        return list(pickle.loads(self._replies.pop(0)))

    def close(self) -> None:
        """End the child. From another thread too: a read that waits then fails."""
        processes.stop(self._process)

    def release(self) -> None:
        """Free what is left; only after :meth:`close`."""
        self._socket.close()
        self._errors.close()

    def _send(self, kind: _Kind, payload: bytes) -> None:
        self._socket.settimeout(self._timeout)
        try:
            self._socket.sendall(_HEADER.pack(kind, len(payload)) + payload)
        except TimeoutError:
            raise FailedError(
                "The target takes no more input.", "It hangs, or needs longer: allow more time."
            ) from None
        except OSError:
            raise self._death() from None

    def _receive(self, end: float) -> bool:
        """Take in one message; False if none came in time."""
        self._socket.settimeout(max(1e-3, end - time.monotonic()))
        try:
            first = self._socket.recv(1)
        except TimeoutError:
            return False
        except OSError:
            raise self._death() from None
        # the rest of a message that has begun is under way
        self._socket.settimeout(self._timeout)
        message = _receive(self._socket, first) if first else None
        if message is None:
            raise self._death()
        kind, payload = message
        if kind == _Kind.SERIAL:
            self._serial += payload
        elif kind == _Kind.EXECUTED:
            self._replies.append(payload)
        else:
            raise pickle.loads(payload)
        return True

    def _death(self) -> FailedError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_WORDS_SECONDS)
        said = ""
        if not self._errors.closed:
            self._errors.seek(0)
            lines = self._errors.read().decode(errors="replace").strip().splitlines()
            said = f"It said: {lines[-1]}" if lines else ""
        return FailedError(f"The embedded emulator ended (exit code {self._process.poll()}).", said)


def _receive(connection: socket.socket, first: bytes = b"") -> tuple[int, bytes] | None:
    """One message, of which the first bytes may have been read; None at the end of the stream."""
    header = _exactly(connection, _HEADER.size, first)
    if header is None:
        return None
    kind, length = _HEADER.unpack(header)
    payload = _exactly(connection, length)
    return None if payload is None else (kind, payload)


def _exactly(connection: socket.socket, size: int, first: bytes = b"") -> bytes | None:
    content = bytearray(first)
    while len(content) < size:
        try:
            piece = connection.recv(min(size - len(content), 1 << 20))
        except OSError:
            return None
        if not piece:
            return None
        content += piece
    return bytes(content)


def _serve(connection: socket.socket) -> None:
    """The child: runs the machine whenever there is something for it, until the parent goes."""
    try:
        message = _receive(connection)
        if message is None:
            return
        elf, board, follow = pickle.loads(message[1])
        machine = Machine(Path(elf), board, follow=follow)
        window = board.region("window")
        while True:
            machine.run()
            _reply(connection, _Kind.SERIAL, bytes(machine.line.sent))
            machine.line.sent.clear()
            # the machine waits for input; a part of the window or a question is none
            while not machine.line.received:
                message = _receive(connection)
                if message is None:
                    return
                kind, payload = message
                if kind == _Kind.SERIAL:
                    machine.line.received += payload
                elif kind == _Kind.WINDOW:
                    machine.store(window.origin, payload)
                else:
                    _reply(connection, _Kind.EXECUTED, pickle.dumps(machine.executed))
    except TinyqError as error:
        _reply(connection, _Kind.FAILED, pickle.dumps(error))
    except BrokenPipeError:
        return


def _reply(connection: socket.socket, kind: _Kind, payload: bytes) -> None:
    if payload:
        connection.sendall(_HEADER.pack(kind, len(payload)) + payload)


class EmbeddedEmulator:
    """The entry in the registry of emulators."""

    name = "embedded"
    title = "The embedded emulator"
    rank = 1

    def available(self) -> bool:
        """Whether Unicorn is installed."""
        return importlib.util.find_spec("unicorn") is not None

    def supports(self, board: Board) -> bool:
        """Whether Unicorn has the core, and there are models of the board's UART and counter."""
        return not unsupported(board)

    def machine_for(self, board: Board) -> Board:
        """The board itself: it is emulated with its own addresses."""
        return board

    def open(self, elf: Path, board: Board, timeout: float) -> contextlib.AbstractContextManager[Device]:
        """See :func:`open_embedded`."""
        return open_embedded(elf, board, timeout)

    def trace(self, elf: Path, board: Board, inputs: Sequence[bytes], timeout: float) -> list[list[Executed]]:
        """See :func:`trace_layers`."""
        return trace_layers(elf, board, inputs, timeout)


EMULATOR = EmbeddedEmulator()

if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
