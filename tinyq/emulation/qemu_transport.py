"""A QEMU process, its serial port on a socket of ours, and the memory that both see."""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tinyq.errors import BadInputError, FailedError, MissingToolError
from tinyq.firmware import processes
from tinyq.hardware.boards import Board, Qemu

PROGRAM = "qemu-system-arm"
_STDERR_CHARACTERS = 300
_FIRST_NAP, _LONGEST_NAP = 0.01, 0.5


class QemuTransport:
    """A QEMU process and the socket to its first serial port.

    Args:
        elf: The firmware.
        board: The board that it was built for.
        timeout: Seconds that the target may take to accept input.
        options: Further options of QEMU.
        inherited: File descriptors that these refer to.
        counts: Whether virtual time follows executed instructions; without, QEMU is faster.
    """

    def __init__(
        self,
        elf: Path,
        board: Board,
        timeout: float,
        *,
        options: Sequence[str] = (),
        inherited: Sequence[int] = (),
        counts: bool = True,
    ) -> None:
        if board.qemu is None or not board.qemu.machine:
            raise BadInputError(f"QEMU cannot run the board {board.id}.", "Choose another emulator or board.")
        program = shutil.which(PROGRAM)
        if program is None:
            raise MissingToolError(
                f"The emulator {PROGRAM} is not installed.",
                "On Debian or Ubuntu: apt install qemu-system-arm. Without apt or root: pip install 'tinyq[embedded]'.",
            )
        self._name = board.id
        self._window: mmap.mmap | None = None
        self._socket, theirs = socket.socketpair()
        self._monitor, monitor = socket.socketpair()
        self._monitor.setblocking(False)
        self._timeout = timeout
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in release
        memory = _memory(board, board.qemu)
        command = [
            program, "-M", board.qemu.machine + (",memory-backend=window" if memory is not None else ""),
            "-nodefaults", "-no-user-config", "-display", "none",
            *(("-icount", f"shift={board.qemu.icount_shift}") if counts else ()),
            "-chardev", f"socket,id=uart,fd={theirs.fileno()}", "-serial", "chardev:uart",
            "-chardev", f"socket,id=monitor,fd={monitor.fileno()}", "-mon", "chardev=monitor,mode=readline",
            "-kernel", str(elf), *options,
        ]  # fmt: skip
        inherited = [*inherited, theirs.fileno(), monitor.fileno()]
        if memory is not None:
            backend = f"memory-backend-file,id=window,size={board.qemu.ram_bytes},share=on"
            command += ["-object", f"{backend},mem-path=/proc/self/fd/{memory}"]
            inherited.append(memory)
        try:
            if memory is not None:
                region = board.region("window")
                self._window = mmap.mmap(memory, region.bytes if region is not None else 0)
            self._process = processes.start(
                command,
                pass_fds=inherited,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
            )
        except BaseException:
            self.release()
            raise
        finally:
            theirs.close()
            monitor.close()
            if memory is not None:
                os.close(memory)

    @property
    def pid(self) -> int:
        """Process id of QEMU."""
        return self._process.pid

    def write(self, data: bytes) -> None:
        """Send bytes to the serial port."""
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
        end = time.monotonic() + timeout
        nap = _FIRST_NAP
        while True:
            self._socket.settimeout(max(1e-3, min(nap, end - time.monotonic())))
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                if time.monotonic() >= end:
                    return b""
                self._wake()
                nap = min(2 * nap, _LONGEST_NAP)
                continue
            except OSError:
                raise self._death() from None
            if not data:
                raise self._death()
            return data

    def _wake(self) -> None:
        """Make QEMU look for input.

        Its main loop stops to watch a serial port that cannot take input, as before the firmware switched it on, and
        then sleeps until something else happens: a line on the monitor is something.
        """
        with contextlib.suppress(OSError):
            self._monitor.send(b"\n")
            self._monitor.recv(1 << 16)

    def reset(self) -> None:
        """Reset the machine, as its reset button would, whatever it is at."""
        self._monitor.send(b"system_reset\n")

    def store(self, data: bytes) -> bool:
        """Write into the machine's memory that the program does not use."""
        if self._window is None:
            return False
        self._window[: len(data)] = data
        return True

    def close(self) -> None:
        """End QEMU. From another thread too: a read that waits then fails."""
        processes.stop(self._process)

    def release(self) -> None:
        """Free what QEMU needed; only after :meth:`close`."""
        self._socket.close()
        self._monitor.close()
        if not self._errors.closed:
            self._errors.close()
        if self._window is not None:
            self._window.close()
            self._window = None

    def _death(self) -> FailedError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)
        said = ""
        if not self._errors.closed:
            self._errors.seek(0)
            text = self._errors.read().decode(errors="replace")
            lines = [line for line in text.splitlines() if line.strip() and ": warning:" not in line]
            said = lines[0][:_STDERR_CHARACTERS] if lines else ""
        how = f"exit code {self._process.poll()}"
        return FailedError(
            f"QEMU ended while it ran the board {self._name} ({how}).",
            f"It said: {said}" if said else "Run it by hand on the ELF to see more.",
        )


def _memory(board: Board, qemu: Qemu) -> int | None:
    """A file descriptor of memory that QEMU and we share, where the board has a window and the system can."""
    if board.region("window") is None or not qemu.ram_bytes or not hasattr(os, "memfd_create"):
        return None
    descriptor = os.memfd_create("window")
    os.truncate(descriptor, qemu.ram_bytes)
    return descriptor
