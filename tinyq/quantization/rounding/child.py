"""Long work on samples in a child process that tells how far it is."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq import isolation
from tinyq.graph import Graph
from tinyq.quantization.rounding.progress import Progress

Inputs = Sequence[NDArray[Any]]
Told = tuple[str, int, int]
Work = Callable[..., Generator[Told, None, Graph]]
"""Called with the inputs and further arguments; yields what to tell the progress, and returns a graph."""

_CHUNK_BYTES = 4 << 20
# threads that wait for each other cost more than they save in products this small, above all on a busy machine
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1")


def in_child(work: Work, inputs: Inputs, *args: Any, progress: Progress) -> Graph:
    """What ``work(inputs, *args)`` returns, done in a child process, which is killed if this one is interrupted.

    Args:
        work: A module-level generator function.
        inputs: For each input of the model ``[samples, ...]``; may be mapped from a file. The child holds a copy.
        args: Picklable.
        progress: Told what ``work`` yields.

    Raises:
        BadInputError: The child died, of an interpreter that crashed or of memory.
    """
    shapes = tuple((x.shape, x.dtype.str) for x in inputs)
    with closing(isolation.stream(_child, _messages(inputs), shapes, work, args, env=_ONE_THREAD)) as answers:
        for answer in answers:
            if isinstance(answer, Graph):
                return answer
            if answer is not None:
                progress(*answer)
    raise AssertionError("the child answers as long as it is asked")


def _messages(inputs: Inputs) -> Iterator[list[NDArray[Any]] | None]:
    """The inputs in parts, then requests for the next answer."""
    step = max(1, _CHUNK_BYTES // max(1, sum(x[:1].nbytes for x in inputs)))
    for start in range(0, len(inputs[0]), step):
        # a copy, as a mapped array would be pickled with its file's path
        yield [np.array(x[start : start + step]) for x in inputs]
    while True:
        yield None


def _child(
    messages: Iterator[list[NDArray[Any]] | None], shapes: Sequence[tuple[Any, str]], work: Work, args: tuple[Any, ...]
) -> Iterator[Told | Graph | None]:
    """The child's side: one answer to each message."""
    inputs: list[NDArray[Any]] = [np.empty(shape, np.dtype(kind)) for shape, kind in shapes]
    done = 0
    for chunk in messages:
        if chunk is None:
            break
        for whole, part in zip(inputs, chunk, strict=True):
            whole[done : done + len(part)] = part
        done += len(chunk[0])
        yield None
    steps = work(inputs, *args)
    while True:
        try:
            told = next(steps)
        except StopIteration as end:
            yield end.value
            return
        yield told
        next(messages, None)
