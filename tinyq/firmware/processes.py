"""Child processes that never outlive us."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from typing import Any


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own.

    A Ctrl-C at the terminal reaches only us, and we end the child. Should we be killed, the kernel ends it, where
    util-linux is installed.
    """
    setpriv = shutil.which("setpriv")
    guard = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
    return subprocess.Popen([*guard, *command], process_group=0, **options)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and all of its process group, and wait for it."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()
