"""Run a model on the host: LiteRT for float models, TFLM's interpreter as the reference for quantized ones.

Both run in a child process, as their C++ may crash on files that it does not expect; samples go there and outputs come
back a part at a time.
"""

from __future__ import annotations

import importlib.util
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tinyq import isolation
from tinyq.errors import BadInputError, FailedError, UnsupportedError
from tinyq.graph import read_graph

Progress = Callable[[int], None]

_CHUNK_BYTES = 4 << 20
_CHUNK_SAMPLES = 64
# untouched pages of an arena cost nothing, so the first one is large enough for any microcontroller's model
_FIRST_ARENA = 64 << 20
_LARGEST_ARENA = 1 << 30
_ARENA_GROWTH = 4
_TOO_SMALL = re.compile(r"Failed to (?:allocate|resize)|missing: \d+")


def run_float(tflite: bytes, inputs: Sequence[NDArray[Any]], *, progress: Progress | None = None) -> list[NDArray[Any]]:
    """Outputs of a float model under LiteRT, with its XNNPACK kernels; close to the truth, not a bit-exact reference.

    A model that keeps something between inferences starts anew with each sample. A sample may be a sequence then: one
    more dimension, behind that of the samples, has the inputs and outputs of its inferences one after the other.

    Args:
        tflite: A model with a batch of one.
        inputs: For each input an array ``[N, ...]`` of real values; may be mapped from a file.
        progress: Called with the number of samples done so far.

    Returns:
        For each output an array ``[N, ...]`` of the output's type.

    Raises:
        BadInputError: The model is damaged, or the interpreter died on it.
    """
    return _collect(isolation.stream(_litert, _chunks(inputs), tflite), len(inputs[0]), progress)


def reference() -> str:
    """What :func:`run_tflm` runs on this machine, in words."""
    return "TFLM's host interpreter" if has_tflm() else "the portable C engine on this host, as there is no TFLM here"


def has_tflm() -> bool:
    """Whether TFLM's host interpreter is installed; its wheel exists for Linux on x86-64 only."""
    return importlib.util.find_spec("tflite_micro") is not None


def run_tflm(tflite: bytes, codes: Sequence[NDArray[Any]], *, progress: Progress | None = None) -> list[NDArray[Any]]:
    """Outputs of a model under TFLM's host interpreter: what every engine and target must equal bit for bit.

    States and sequences are as in :func:`run_float`.

    Where that does not exist, the portable C engine compiled for this machine stands in for it; see :func:`reference`.

    Args:
        tflite: A model with a batch of one.
        codes: For each input an array ``[N, ...]`` of the input's type.
        progress: Called with the number of samples done so far.

    Returns:
        For each output an array ``[N, ...]`` of the output's type.

    Raises:
        MissingToolError: The package tflite-micro is not installed, and there is no C compiler either.
        UnsupportedError: TFLM lacks an operator of the model; names it.
        BadInputError: TFLM cannot prepare or run the model.
    """
    if not has_tflm():
        from tinyq.evaluation.host_engine import run_chunks

        return _collect(isolation.stream(run_chunks, _chunks(codes), tflite), len(codes[0]), progress)
    arena = _FIRST_ARENA
    while True:
        try:
            return _collect(isolation.stream(_tflm, _chunks(codes), tflite, arena), len(codes[0]), progress)
        except _ArenaTooSmallError as error:
            if arena >= _LARGEST_ARENA:
                raise BadInputError(
                    f"TFLM cannot prepare the model within {arena >> 20} MiB. {error.hint}", "Check that it is sound."
                ) from error
            arena *= _ARENA_GROWTH


class _ArenaTooSmallError(FailedError):
    """The interpreter ran out of arena."""


def _chunks(inputs: Sequence[NDArray[Any]]) -> Iterator[tuple[NDArray[Any], ...]]:
    size = len(inputs[0])
    sample_bytes = sum(x[:1].nbytes for x in inputs)
    step = max(1, min(_CHUNK_SAMPLES, _CHUNK_BYTES // max(1, sample_bytes)))
    for start in range(0, size, step):
        # a copy, as a mapped array would be pickled with its file's path
        yield tuple(np.array(x[start : start + step]) for x in inputs)


def _collect(parts: Iterator[list[NDArray[Any]]], size: int, progress: Progress | None) -> list[NDArray[Any]]:
    """Join the outputs of all parts, which stay the only thing that is held for all samples."""
    outputs: list[NDArray[Any]] = []
    done = 0
    for part in parts:
        if not outputs:
            outputs = [np.empty((size, *array.shape[1:]), array.dtype) for array in part]
        count = len(part[0])
        for whole, array in zip(outputs, part, strict=True):
            whole[done : done + count] = array
        done += count
        if progress is not None:
            progress(done)
    return outputs


def _litert(chunks: Iterator[tuple[NDArray[Any], ...]], tflite: bytes) -> Iterator[list[NDArray[Any]]]:
    """The child's side of :func:`run_float`."""
    from ai_edge_litert.interpreter import Interpreter

    def start() -> Any:
        with _refusing():
            made = Interpreter(model_content=tflite, num_threads=_threads())
            made.allocate_tensors()
        return made

    interpreter, memory = start(), _memory(tflite)
    entries, results = interpreter.get_input_details(), interpreter.get_output_details()

    def infer(inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        for array, entry in zip(inputs, entries, strict=True):
            interpreter.set_tensor(entry["index"], array.astype(entry["dtype"], copy=False))
        with _refusing():
            interpreter.invoke()
        return [interpreter.get_tensor(r["index"]) for r in results]

    shapes = [tuple(entry["shape"]) for entry in entries]
    for chunk in chunks:
        outputs: list[NDArray[Any]] = []
        for position in range(len(chunk[0])):
            if memory == "resources":
                interpreter = start()
            elif memory == "variables":
                interpreter.reset_all_variables()
            _store(outputs, _sequence(infer, chunk, shapes, position), position, len(chunk[0]))
        yield outputs


@contextmanager
def _refusing() -> Iterator[None]:
    """What LiteRT objects to becomes an error for users."""
    try:
        yield
    except (ValueError, RuntimeError) as error:
        raise BadInputError(
            f"LiteRT cannot run the model ({str(error).strip()}).", "Check that the file is sound."
        ) from error


def _tflm(chunks: Iterator[tuple[NDArray[Any], ...]], tflite: bytes, arena: int) -> Iterator[list[NDArray[Any]]]:
    """The child's side of :func:`run_tflm`."""
    from tflite_micro.python.tflite_micro import runtime

    with _stderr() as said:

        def start() -> Any:
            try:
                return runtime.Interpreter.from_bytes(tflite, arena_size=arena)
            except RuntimeError as error:
                raise _tflm_error(tflite, said(), error) from error

        interpreter, memory = start(), _memory(tflite)
        shapes = [tuple(interpreter.get_input_details(i)["shape"]) for i in range(_inputs(tflite))]
        count = _outputs(tflite)

        def infer(inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
            for index, array in enumerate(inputs):
                interpreter.set_input(array, index)
            try:
                interpreter.invoke()
            except RuntimeError as error:
                raise _tflm_error(tflite, said(), error) from error
            return [interpreter.get_output(i) for i in range(count)]

        for chunk in chunks:
            outputs: list[NDArray[Any]] = []
            for position in range(len(chunk[0])):
                if memory == "resources":
                    interpreter = start()
                elif memory == "variables":
                    interpreter.reset()
                _store(outputs, _sequence(infer, chunk, shapes, position), position, len(chunk[0]))
            yield outputs


def _memory(tflite: bytes) -> Literal["none", "variables", "resources"]:
    """What a model keeps between inferences: tensors, which interpreters can reset; or resources, which start as the
    model says only with a new interpreter.
    """
    graph = read_graph(tflite)
    if not graph.keeps_state:
        return "none"
    return "resources" if any(op.kind == "VAR_HANDLE" for op in graph.ops) else "variables"


def _sequence(
    infer: Callable[[Sequence[NDArray[Any]]], list[NDArray[Any]]],
    chunk: Sequence[NDArray[Any]],
    shapes: Sequence[tuple[int, ...]],
    position: int,
) -> list[NDArray[Any]]:
    """Outputs of one sample without the batch of one: of one inference, or of each of a sequence ``[steps, ...]``."""
    plain = len(shapes[0][1:] if shapes[0][:1] == (1,) else shapes[0])
    if not chunk or chunk[0].ndim != plain + 2:
        return [_alone(x) for x in infer([x[position].reshape(s) for x, s in zip(chunk, shapes, strict=True)])]
    steps = [
        [_alone(x).copy() for x in infer([x[position, n].reshape(s) for x, s in zip(chunk, shapes, strict=True)])]
        for n in range(chunk[0].shape[1])
    ]
    return [np.stack(outputs) for outputs in zip(*steps, strict=True)]


def _alone(result: NDArray[Any]) -> NDArray[Any]:
    return result[0] if result.shape[:1] == (1,) else result


def _store(outputs: list[NDArray[Any]], results: list[NDArray[Any]], position: int, size: int) -> None:
    """Put the outputs of one sample in their place."""
    for index, sample in enumerate(results):
        if index == len(outputs):
            outputs.append(np.empty((size, *sample.shape), sample.dtype))
        outputs[index][position] = sample


def _tflm_error(tflite: bytes, noise: str, error: Exception) -> Exception:
    missing = re.search(r"Didn't find op for builtin opcode '(\w+)'|registration from op code (\w+)", noise)
    if missing:
        name = missing.group(1) or missing.group(2)
        if name == "CUSTOM":  # TFLM keeps the name of a custom operator to itself
            custom = sorted({op.kind for op in read_graph(tflite).ops if op.kind.startswith("CUSTOM:")})
            name = " or ".join(kind.removeprefix("CUSTOM:") for kind in custom)
        return UnsupportedError(
            f"TFLM has no operator {name}, which the model uses.", "Replace the layer that it comes from."
        )
    lines = [line.strip() for line in noise.splitlines() if line.strip()]
    said = "It said: " + " | ".join(lines[-3:]) if lines else ""
    if _TOO_SMALL.search(noise):
        return _ArenaTooSmallError(str(error), said)
    return UnsupportedError(f"TFLM cannot run the model ({error}).", said)


@contextmanager
def _stderr() -> Iterator[Callable[[], str]]:
    """Catch what C++ writes to standard error; yields a function that returns it."""
    saved = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)

        def said() -> str:
            log.seek(0)
            return log.read().decode(errors="replace")

        try:
            yield said
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _inputs(tflite: bytes) -> int:
    from ai_edge_litert import schema_py_generated as schema

    return int(schema.Model.GetRootAs(tflite, 0).Subgraphs(0).InputsLength())


def _outputs(tflite: bytes) -> int:
    from ai_edge_litert import schema_py_generated as schema

    return int(schema.Model.GetRootAs(tflite, 0).Subgraphs(0).OutputsLength())


def _threads() -> int:
    return min(2, os.cpu_count() or 1)
