"""Run a quantized model by the portable C engine, compiled for this machine.

It is the reference where TFLM's host interpreter does not exist. The engine's portable kernels are tested bit for bit
against TFLM where it does.
"""

from __future__ import annotations

import ctypes
import math
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import engine
from tinyq.codegen.generate import generate
from tinyq.data.shapes import is_sequence, sample_shape
from tinyq.errors import FailedError, MissingToolError
from tinyq.firmware.toolchain import find_program
from tinyq.firmware.toolchains.zig import find_zig
from tinyq.graph import Graph, read_graph

_COMPILERS = ("cc", "gcc", "clang")
_TIMEOUT = 300.0


def run_chunks(chunks: Iterator[tuple[NDArray[Any], ...]], tflite: bytes) -> Iterator[list[NDArray[Any]]]:
    """Outputs ``[N, ...]`` for each chunk of inputs ``[N, ...]``; to be run in a child process.

    Raises:
        MissingToolError: There is no C compiler.
        UnsupportedError: The engine lacks an operator.
    """
    graph = read_graph(tflite)
    with tempfile.TemporaryDirectory(prefix="tinyq-host-") as folder:
        library = ctypes.CDLL(str(build_library(graph, Path(folder))))
        for name in ("model_input", "model_output"):
            getattr(library, name).restype = ctypes.c_void_p
        if library.model_init() != 0:
            raise FailedError("The model could not be set up on the host.", "Generate the code again.")
        for chunk in chunks:
            yield _run(library, graph, chunk)


def build_library(graph: Graph, folder: Path) -> Path:
    """Generate a model's portable C and compile it, with the engine, to a shared library for this machine.

    Raises:
        MissingToolError: There is no C compiler.
        FailedError: It does not compile.
    """
    code = generate(graph, core="host")
    sources = engine.sources()
    for name, text in code.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name in code.engine_files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(sources[name].read_text("utf-8"), encoding="utf-8")
    files = [name for name in (*code.files, *code.engine_files) if name.endswith(".c")]
    library = folder / "model.so"
    command = [*_compiler(), "-std=c11", "-O2", "-fPIC", "-shared", "-I.", *files, "-o", library.name]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FailedError(f"The host's C compiler failed ({error}).", "Check that it works.") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise FailedError(f"The model does not compile for the host: {lines[0] if lines else 'no message'}", "")
    return library


def _compiler() -> list[str]:
    for name in _COMPILERS:
        if program := find_program(name):
            return [str(program)]
    zig = find_zig()
    if zig is None:
        raise MissingToolError(
            "There is neither TFLM's host interpreter nor a C compiler on this machine.",
            "Install one with: pip install 'tinyq[embedded]'.",
        )
    return [str(zig), "cc"]


def _run(library: Any, graph: Graph, chunk: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Outputs of samples, each of which starts without a memory and may be a sequence ``[steps, ...]``."""
    sequences = is_sequence(chunk[0], graph.tensors[graph.inputs[0]])
    counts = chunk[0].shape[: 1 + sequences]
    outputs = []
    for index in graph.outputs:
        tensor = graph.tensors[index]
        outputs.append(np.empty((*counts, *sample_shape(tensor)), tensor.dtype.numpy))
    for place in np.ndindex(*counts):
        if not any(place[1:]):
            library.model_reset()
        for position, array in enumerate(chunk):
            data = np.ascontiguousarray(array[place])
            ctypes.memmove(library.model_input(position), data.ctypes.data, data.nbytes)
        if status := library.model_invoke():
            raise FailedError(f"The model failed on the host (error {status}).", "Generate the code again.")
        for position, array in enumerate(outputs):
            to = array.ctypes.data + int(np.ravel_multi_index(place, counts)) * (array.nbytes // math.prod(counts))
            ctypes.memmove(to, library.model_output(position), array.nbytes // math.prod(counts))
    return outputs
