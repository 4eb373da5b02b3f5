"""Run a function in a child process that may crash, hang or grow without harm to this one.

Model files are untrusted, and the C++ interpreters behind LiteRT and TFLM can end in a segmentation fault on files that
they do not expect. The child is a fresh interpreter (``python -m tinyq.isolation``), so a caller's script needs no
``__main__`` guard and nothing that was imported here is inherited.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any, TypeVar

from tinyq.errors import BadInputError, FailedError, TinyqError

T = TypeVar("T")

_STDERR_LINES = 3
MEMORY_LIMIT_BYTES = 8 << 30


def call(
    function: Callable[..., T],
    *args: Any,
    subject: str = "the model",
    timeout: float = 600.0,
    memory_bytes: int | None = MEMORY_LIMIT_BYTES,
    env: dict[str, str] | None = None,
    **kwargs: Any,
) -> T:
    """Call a module-level function in a child process and return its result.

    Args:
        function: A function that can be imported by module and name.
        args, kwargs: Picklable arguments.
        subject: What is being worked on, for messages ("the model kws.tflite").
        timeout: Seconds of wall-clock time, after which the child is killed.
        memory_bytes: Address-space limit of the child, or None for none.
        env: Environment variables to add for the child.

    Raises:
        BadInputError: The child died (crash, memory) or ran out of time: its input is to blame.
        TinyqError: Whatever ``function`` raised of our own errors.
        FailedError: Any other exception of the child, with its text.
    """
    request = pickle.dumps((list(sys.path), memory_bytes, function.__module__, function.__qualname__, args, kwargs))
    # fds 0..2 stay free for libraries that print; the answer has a pipe of its own
    read_fd, write_fd = os.pipe()
    with tempfile.TemporaryFile() as log, tempfile.TemporaryFile() as request_file:
        request_file.write(request)
        request_file.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-m", "tinyq.isolation", str(write_fd)],
            stdin=request_file,
            stdout=log,
            stderr=log,
            pass_fds=[write_fd],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), **(env or {})},
        )
        os.close(write_fd)
        try:
            answer = _read_all(read_fd, timeout)
            if answer is None:
                raise BadInputError(
                    f"Working on {subject} took longer than {timeout:.0f} s and was stopped.",
                    "Check that the file is what it should be; a sound one of this size takes seconds.",
                )
            child.wait()
        finally:
            os.close(read_fd)
            if child.poll() is None:
                child.kill()
                child.wait()
        log.seek(0)
        noise = log.read().decode(errors="replace")
    if not answer:
        raise _death(child.returncode, subject, noise)
    ok, value = pickle.loads(answer)
    if ok:
        return value  # type: ignore[no-any-return]
    if isinstance(value, TinyqError):
        raise value
    raise FailedError(f"Working on {subject} failed: {value}", _tail(noise))


def _read_all(fd: int, timeout: float) -> bytes | None:
    """Read to the end of a pipe; None if that takes longer than ``timeout`` seconds."""
    import select
    import time

    end = time.monotonic() + timeout
    chunks: list[bytes] = []
    while True:
        ready, _, _ = select.select([fd], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return None
        chunk = os.read(fd, 1 << 20)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def _death(code: int, subject: str, noise: str) -> TinyqError:
    if code == -signal.SIGINT:
        raise KeyboardInterrupt
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return BadInputError(
        f"The interpreter died ({how}) on {subject}.",
        "The file is damaged or asks for something that the interpreter cannot do. " + _tail(noise),
    )


def _tail(noise: str) -> str:
    lines = [line.strip() for line in noise.splitlines() if line.strip()]
    return "It said: " + " | ".join(lines[-_STDERR_LINES:]) if lines else ""


def _serve(answer_fd: int) -> None:
    """The child's side: read one request from standard input, answer on ``answer_fd``."""
    path, memory_bytes, module, name, args, kwargs = pickle.load(sys.stdin.buffer)
    sys.path[:] = path
    if memory_bytes is not None:
        with contextlib.suppress(ImportError, ValueError):
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    answer: tuple[bool, Any]
    try:
        target: Any = importlib.import_module(module)
        for part in name.split("."):
            target = getattr(target, part)
        answer = (True, target(*args, **kwargs))
    except TinyqError as error:
        answer = (False, error)
    except MemoryError:
        answer = (False, BadInputError("The model needs more memory than allowed.", "Check that the file is sound."))
    except Exception as error:  # the boundary: every failure becomes a message
        answer = (False, f"{type(error).__name__}: {error}")
    with os.fdopen(answer_fd, "wb") as out:
        pickle.dump(answer, out, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _serve(int(sys.argv[1]))
