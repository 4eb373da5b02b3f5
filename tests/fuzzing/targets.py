"""What is fuzzed: each target takes any bytes, and may only end well or with an error that is meant for users.

The interpreters of others are no exception, but they run in a child process, which may die or be stopped: the command
then ends with an error for users (see :mod:`tinyq.isolation`), and the target says so.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, NoReturn

import numpy as np

from tinyq.api.inspection import describe
from tinyq.codegen import generate
from tinyq.data.arrays import read_npz
from tinyq.errors import TinyqError
from tinyq.evaluation.runners import _litert, _tflm
from tinyq.folding import fold
from tinyq.graph import read_graph, write_graph
from tinyq.quantization.recipe import read_recipe, resolve

Outcome = Literal["accepted", "refused", "died", "stopped"]
Target = Callable[[bytes], Outcome]
"""Says what became of the input; "died" and "stopped" are ends of a child. Exceptions but those for users are bugs."""

CHILD_SECONDS = 10
_ARENA = 16 << 20
_BUG = 99


def model(content: bytes) -> Outcome:
    """Read a ``.tflite``, describe it, write it again, fold it and generate its C; accepted if it can be read."""
    try:
        graph = read_graph(content)
    except TinyqError:
        return "refused"
    describe(graph, content, kind="", origin="", name="", notes=())
    with suppress(TinyqError):
        write_graph(graph)
    with suppress(TinyqError):
        generate(fold(graph).graph, core="host")
    return "accepted"


def recipe(content: bytes) -> Outcome:
    """Read a recipe and apply it to a model."""
    from tests.graphs.floats import classifier

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.yaml"
        path.write_bytes(content)
        try:
            resolve(read_recipe(path), classifier())
        except TinyqError:
            return "refused"
    return "accepted"


def archive(content: bytes) -> Outcome:
    """Read a ``.npz``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        path.write_bytes(content)
        try:
            read_npz(path)
        except TinyqError:
            return "refused"
    return "accepted"


def interpreters(content: bytes) -> Outcome:
    """Run a ``.tflite`` that can be read in TFLM and LiteRT, on zeros; accepted if one of them does."""
    try:
        graph = read_graph(content)
    except TinyqError:
        return "refused"
    tensors = [graph.tensors[index] for index in graph.inputs]
    if any(t.shape[:1] != (1,) or t.nbytes > _ARENA for t in tensors):  # as every command does
        return "refused"
    inputs = tuple(np.zeros(t.shape, t.dtype.numpy) for t in tensors)
    ends = {
        _ended(lambda: deque(_tflm(iter([inputs]), content, _ARENA), maxlen=0)),
        _ended(lambda: deque(_litert(iter([inputs]), content), maxlen=0)),
    }
    return next(end for end in ("stopped", "died", "accepted", "refused") if end in ends)


def _ended(run: Callable[[], object]) -> Outcome:
    """How a function ended in a forked child, which is cheaper than a fresh interpreter and as harmless."""
    child = os.fork()
    if child == 0:
        _serve(run)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        return "stopped" if -code in (signal.SIGALRM, signal.SIGXCPU) else "died"
    assert code != _BUG, "an exception that is not for users"
    return "accepted" if code == 0 else "refused"


def _serve(run: Callable[[], object]) -> NoReturn:
    """The child's side."""
    code = _BUG
    faulthandler.disable()  # that it may die is what it is for
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(CHILD_SECONDS)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        run()
        code = 0
    except (TinyqError, MemoryError):
        code = 2
    finally:
        os._exit(code)


KINDS: Mapping[str, str] = {"interpreters": "model"}
"""The kind of file that a target takes, where that is not its name."""
TARGETS: Mapping[str, Target] = {"interpreters": interpreters, "model": model, "recipe": recipe, "archive": archive}
