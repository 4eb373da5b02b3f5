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
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, BinaryIO, TypeVar

from tinyq.errors import BadInputError, FailedError, TinyqError

T = TypeVar("T")

_STDERR_LINES = 3
_LAST_WORDS_SECONDS = 5.0
_LENGTH = struct.Struct("<Q")
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
    with _Child(subject, timeout, env) as child:
        child.send((list(sys.path), memory_bytes, False, function.__module__, function.__qualname__, args, kwargs))
        child.close_input()
        return child.receive()  # type: ignore[no-any-return]


def stream(
    function: Callable[..., Iterator[T]],
    items: Iterable[Any],
    *args: Any,
    subject: str = "the model",
    timeout: float = 600.0,
    memory_bytes: int | None = MEMORY_LIMIT_BYTES,
    env: dict[str, str] | None = None,
    **kwargs: Any,
) -> Generator[T, None, None]:
    """Feed items to one child process and yield its answer to each, so that neither side holds all of them.

    Args:
        function: A module-level generator function. It is called once, in the child, as
            ``function(iterator over the items, *args, **kwargs)`` and must yield once for each item that it takes.
        items: Picklable values; the next one is taken when the answer to the last has been consumed.
        timeout: Seconds of wall-clock time for each item.

    The other arguments and the errors are those of :func:`call`.
    """
    with _Child(subject, timeout, env) as child:
        child.send((list(sys.path), memory_bytes, True, function.__module__, function.__qualname__, args, kwargs))
        for item in items:
            child.send(item)
            yield child.receive()


class _Child:
    """A fresh interpreter that answers messages; whatever happens, it is gone when the context ends."""

    def __init__(self, subject: str, timeout: float, env: dict[str, str] | None) -> None:
        self._subject, self._timeout, self._env = subject, timeout, env

    def __enter__(self) -> _Child:
        # fds 1 and 2 stay free for libraries that print; the answers have a pipe of their own
        child_input, self._input = os.pipe()
        self._answers, child_answers = os.pipe()
        self._log = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tinyq.isolation", str(child_answers)],
                stdin=child_input,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[child_answers],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), **(self._env or {})},
            )
        finally:
            os.close(child_input)
            os.close(child_answers)
        os.set_blocking(self._input, False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self.close_input()
        os.close(self._answers)
        self._log.close()

    def close_input(self) -> None:
        if self._input >= 0:
            os.close(self._input)
        self._input = -1

    def send(self, value: Any) -> None:
        """Write one message; that the child is dead shows when its answer is awaited."""
        end = time.monotonic() + self._timeout
        payload = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
        with contextlib.suppress(BrokenPipeError):
            for part in (_LENGTH.pack(len(payload)), payload):
                view = memoryview(part)
                while view:
                    self._wait([], [self._input], end)
                    with contextlib.suppress(BlockingIOError):
                        view = view[os.write(self._input, view) :]

    def receive(self) -> Any:
        """The next answer, or the error that the child raised or died of."""
        end = time.monotonic() + self._timeout
        header = self._read(_LENGTH.size, end)
        answer = self._read(_LENGTH.unpack(header)[0], end) if header is not None else None
        if answer is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_WORDS_SECONDS)
            raise _death(self._process.returncode or 0, self._subject, self._noise())
        ok, value = pickle.loads(answer)
        if ok:
            return value
        if isinstance(value, TinyqError):
            raise value
        raise FailedError(f"Working on {self._subject} failed: {value}", _tail(self._noise()))

    def _read(self, size: int, end: float) -> bytearray | None:
        """Read so many bytes; None if the child closed its side before."""
        content = bytearray()
        while len(content) < size:
            self._wait([self._answers], [], end)
            chunk = os.read(self._answers, min(size - len(content), 1 << 20))
            if not chunk:
                return None
            content += chunk
        return content

    def _wait(self, readable: list[int], writable: list[int], end: float) -> None:
        ready, writers, _ = select.select(readable, writable, [], max(0.0, end - time.monotonic()))
        if not (ready or writers):
            raise BadInputError(
                f"Working on {self._subject} took longer than {self._timeout:.0f} s and was stopped.",
                "Check that the file is what it should be; a sound one of this size takes seconds.",
            )

    def _noise(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")


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
    """The child's side: read a request from standard input, then items if it streams; answer on ``answer_fd``."""
    path, memory_bytes, streams, module, name, args, kwargs = _next_message()
    sys.path[:] = path
    if memory_bytes is not None:
        with contextlib.suppress(ImportError, ValueError):
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    with os.fdopen(answer_fd, "wb") as out:
        try:
            target: Any = importlib.import_module(module)
            for part in name.split("."):
                target = getattr(target, part)
            results = target(_items(), *args, **kwargs) if streams else iter([target(*args, **kwargs)])
            for result in results:
                _answer(out, True, result)
        except TinyqError as error:
            _answer(out, False, error)
        except MemoryError:
            message = "Reading the file takes more memory than is allowed."
            _answer(out, False, BadInputError(message, "Check that the file is sound."))
        except Exception as error:  # the boundary: every failure becomes a message
            _answer(out, False, f"{type(error).__name__}: {error}")


def _items() -> Iterator[Any]:
    with contextlib.suppress(EOFError):
        while True:
            yield _next_message()


def _next_message() -> Any:
    header = sys.stdin.buffer.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    return pickle.loads(sys.stdin.buffer.read(_LENGTH.unpack(header)[0]))


def _answer(out: BinaryIO, ok: bool, value: Any) -> None:
    payload = pickle.dumps((ok, value), protocol=pickle.HIGHEST_PROTOCOL)
    out.write(_LENGTH.pack(len(payload)))
    out.write(payload)
    out.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _serve(int(sys.argv[1]))
