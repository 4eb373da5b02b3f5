"""Renode as a target: a headless process of its own, with the serial port of the board on a TCP socket."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tinyq.codegen.render import render
from tinyq.emulation.device import Device
from tinyq.emulation.session import Session
from tinyq.errors import BadInputError, FailedError, MissingToolError, TinyqError
from tinyq.firmware import processes
from tinyq.firmware.elf import Symbols
from tinyq.hardware.boards import Board
from tinyq.hardware.cores import core

PROGRAM = "renode"
_OLDEST = (1, 14)
_LAST_WITHOUT_MVE = (1, 16, 1)
_START_SECONDS = 120.0
_VERSION_SECONDS = 60.0
_ANSWER_SECONDS = 10.0
_NAP_SECONDS = 0.05
_ATTEMPTS = 3
_SCRIPT_ERROR = re.compile(r"There was an error executing command.*|Parameters did not match.*|No such command.*")
_ERROR_CHARACTERS = 300
_HINT = (
    "Get a portable package from https://github.com/renode/renode/releases (Linux, macOS, Windows), unpack it, and put "
    "its folder on PATH; or use --emulator qemu or embedded."
)


@contextlib.contextmanager
def open_renode(elf: Path, board: Board, timeout: float = 60.0) -> Iterator[Device]:
    """Run a firmware under Renode for the time of a ``with`` block.

    Args:
        elf: The firmware.
        board: The board that it was built for.
        timeout: Seconds of wall-clock time for one request, such as an inference.

    Raises:
        MissingToolError: Renode is not installed, or too old.
        BadInputError: Renode has no platform for the board, or lacks instructions of its core.

    The device's first request raises FailedError if Renode did not start.
    """
    transport = RenodeTransport(_program(board), elf, board, timeout)
    try:
        # requests wait longer than elsewhere: Renode hands bytes over at the ends of its time slices
        yield Session(transport, timeout=timeout, answer_timeout=_ANSWER_SECONDS, symbol_at=Symbols(elf).name_at)
    finally:
        transport.close()
        transport.release()


class _PortTakenError(FailedError):
    """Another process got hold of the port."""


class RenodeTransport:
    """A Renode process and the socket to the serial port of its board.

    Renode takes seconds to start, in which the caller is not held: what is written first waits for it.
    """

    def __init__(self, program: str, elf: Path, board: Board, timeout: float) -> None:
        self._program = program
        self._board = board
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._closed = False
        self._folder = tempfile.TemporaryDirectory(prefix="tinyq-renode-")
        self._said: IO[bytes] = self._path("renode.log").open("a+b")
        try:
            # a name of ours, so that no other one reaches the monitor's command line
            shutil.copyfile(elf, self._path("firmware.elf"))
            for name, text in renode_files(board).items():
                self._path(name).write_text(text, encoding="utf-8", newline="\n")
            self._start()
        except BaseException:
            self._said.close()
            self._folder.cleanup()
            raise

    @property
    def pid(self) -> int:
        """Process id of Renode."""
        return self._process.pid

    def write(self, data: bytes) -> None:
        """Send bytes to the serial port, once Renode has opened it.

        Raises:
            FailedError: It ended, or its script failed, or it took too long.
        """
        if self._socket is None:
            self._socket = self._connect()
        self._socket.settimeout(self._timeout)
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise FailedError(
                "The target takes no more input.", "It hangs, or needs longer: allow more time."
            ) from None
        except OSError:
            raise self._death() from None

    def read(self, timeout: float) -> bytes:
        """Bytes from the serial port, none after ``timeout`` seconds."""
        assert self._socket is not None  # noqa: S101 - what is read answers what was written
        self._socket.settimeout(max(1e-3, timeout))
        try:
            data = self._socket.recv(1 << 16)
        except TimeoutError:
            if self._script_error():
                raise self._death() from None
            return b""
        except OSError:
            raise self._death() from None
        if not data:
            raise self._death()
        return data

    def store(self, data: bytes) -> bool:
        """Renode shares no memory with us."""
        return False

    def close(self) -> None:
        """End Renode. From another thread too: a read or write that waits then fails."""
        self._closed = True
        processes.stop(self._process)

    def release(self) -> None:
        """Free what Renode needed; only after :meth:`close`."""
        if self._socket is not None:
            self._socket.close()
        self._close_input()
        self._said.close()
        self._folder.cleanup()

    def _path(self, name: str) -> Path:
        return Path(self._folder.name) / name

    def _start(self) -> None:
        self._port = _free_port()
        self._said.truncate(0)
        commands = f"$port={self._port}; include @{_escaped(self._path(f'{self._board.id}.resc'))}"
        command = [
            self._program, "--disable-xwt", "--console", "--plain", "--hide-log",
            "--config", str(self._path("config")), "-e", f"$elf=@{_escaped(self._path('firmware.elf'))}; {commands}",
        ]  # fmt: skip
        # its monitor spins at the end of its input, so that stays open
        self._process = processes.start(
            command, cwd=self._folder.name, stdin=subprocess.PIPE, stdout=self._said, stderr=subprocess.STDOUT
        )

    def _connect(self) -> socket.socket:
        """Wait for Renode to open the serial port; start it again with another port if somebody took the first."""
        for _ in range(_ATTEMPTS - 1):
            with contextlib.suppress(_PortTakenError):
                return self._connect_once()
            processes.stop(self._process)
            self._close_input()
            self._start()
            if self._closed:
                processes.stop(self._process)
        return self._connect_once()

    def _connect_once(self) -> socket.socket:
        end = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", self._port), timeout=1.0)
            if self._process.poll() is not None or self._script_error():
                raise self._death()
            if time.monotonic() >= end:
                raise FailedError(
                    f"Renode did not start the board {self._board.id} within {_START_SECONDS:.0f} s.",
                    "Run its script, renode/*.resc in the project, by hand.",
                )
            time.sleep(_NAP_SECONDS)

    def _close_input(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _script_error(self) -> str:
        self._said.seek(0)
        found = _SCRIPT_ERROR.search(self._said.read().decode(errors="replace"))
        return found.group() if found else ""

    def _death(self) -> TinyqError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        if self._said.closed:
            return FailedError("Renode was ended.", "")
        self._said.seek(0)
        text = self._said.read().decode(errors="replace")
        error = _SCRIPT_ERROR.search(text)
        lines = [line for line in text[error.start() if error else 0 :].splitlines() if line.strip()]
        said = " | ".join(lines[:3] if error else lines[-3:])[:_ERROR_CHARACTERS]
        hint = f"It said: {said}" if said else "Run its script, renode/*.resc in the project, by hand."
        if re.search(r"address already in use", text, re.IGNORECASE):
            return _PortTakenError("The port for Renode's serial line is taken.", hint)
        return FailedError(f"Renode ended while it ran the board {self._board.id}.", hint)


def renode_files(board: Board) -> dict[str, str]:
    """Platform and script of a board by file name; empty if Renode cannot run it."""
    if board.renode is None:
        return {}
    values = {"board": board, "renode": board.renode}
    return {f"{board.id}.{kind}": render(f"renode/board.{kind}.jinja", values) for kind in ("repl", "resc")}


def version_of(program: str) -> tuple[int, ...]:
    """Version of a Renode.

    Raises:
        FailedError: It does not say one.
    """
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FailedError(f"{program} cannot be run ({error}).", _HINT) from error
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
    if found is None:
        raise FailedError(f"{program} does not tell its version.", _HINT)
    return tuple(int(part) for part in found.groups() if part is not None)


def _program(board: Board) -> str:
    """The program, after a look at whether it can run the board."""
    if board.renode is None or board.renode.refusal:
        why = board.renode.refusal if board.renode is not None else "its file names no platform"
        raise BadInputError(f"Renode cannot run the board {board.id}: {why}.", "Choose another emulator or board.")
    program = shutil.which(PROGRAM)
    if program is None:
        raise MissingToolError("The emulator renode is not installed.", _HINT)
    version = version_of(program)
    shown = ".".join(map(str, version))
    if version[:2] < _OLDEST:
        raise MissingToolError(f"Renode {shown} is too old; 1.14 is the first that can be used.", _HINT)
    if core(board.core).has_mve and version <= _LAST_WITHOUT_MVE:
        raise BadInputError(
            f"Renode {shown} lacks vector instructions (MVE) that firmware for a {core(board.core).title} uses.",
            "Convert the model for a board without them, such as mps3-an547-nomve, or use --emulator qemu.",
        )
    return program


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _escaped(path: Path) -> str:
    """A path as the monitor's command line takes it."""
    return str(path).replace(" ", "\\ ")


class RenodeEmulator:
    """The entry of Renode in the registry of emulators."""

    name = "renode"
    title = "Renode"
    rank = 2

    def available(self) -> bool:
        """Whether Renode is installed."""
        return shutil.which(PROGRAM) is not None

    def supports(self, board: Board) -> bool:
        """Whether there is a platform for the board that can run the firmware."""
        return board.renode is not None and not board.renode.refusal

    def machine_for(self, board: Board) -> Board:
        """The board itself: Renode has it, or a platform is generated."""
        return board

    def open(self, elf: Path, board: Board, timeout: float) -> contextlib.AbstractContextManager[Device]:
        """See :func:`open_renode`."""
        return open_renode(elf, board, timeout)


EMULATOR = RenodeEmulator()
