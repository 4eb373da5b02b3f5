"""Calibration data for a model that comes without any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq import isolation
from tinyq.errors import BadInputError
from tinyq.frontend.differentiable import reached
from tinyq.frontend.distill import Bounds, distill
from tinyq.frontend.extra import ENVIRONMENT, require
from tinyq.frontend.load import LoadedModel
from tinyq.graph import DType, Graph, total_macs
from tinyq.graph.batch_norm import BatchNorm

SAMPLES = 32  # fewer samples and more steps fit better in the same time
_STEPS, _FEWEST_STEPS = 240, 60
_BLOCK = 10
_MACS = 100e9  # of all steps' forward runs; half a minute or so on two cores

_GUESSED = (
    "The inputs are noise, as nothing is known of the training data: ranges of activations are guesses. "
    "Give representative samples before you rely on them."
)


@dataclass(frozen=True)
class Synthetic:
    """Made-up inputs, to be used like representative data.

    Attributes:
        inputs: One float32 array ``[samples, ...]`` per model input.
        mismatch: Mean squared difference between the activations' statistics and those remembered, in units of each
            channel's standard deviation; None if nothing was remembered.
        notes: What the user should know, one sentence each.
    """

    inputs: tuple[NDArray[np.float32], ...]
    mismatch: float | None
    notes: tuple[str, ...]


def synthesize(
    loaded: LoadedModel,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    bounds: Sequence[Bounds] | None = None,
    guess: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Synthetic:
    """Make up inputs on which a float model's activations look as its batch normalizations remember them.

    Args:
        loaded: A float model.
        samples: How many.
        seed: Same seed, same inputs.
        bounds: Least and greatest value of each input, where it is known.
        guess: Fall back to noise if the model has no batch normalizations, instead of refusing.
        progress: Called with the steps done and the steps there are.

    Raises:
        BadInputError: The model is quantized, takes other than float inputs, or keeps nothing of its training data.
        MissingToolError: TensorFlow is not installed.
    """
    graph = loaded.graph
    _check(loaded)
    limits = tuple(bounds) if bounds is not None else (None,) * len(graph.inputs)
    known = reached(graph)
    norms = tuple(n for n in loaded.batch_norms if n.tensor in known)
    if not norms:
        if not guess:
            raise BadInputError(*_nothing_known(loaded))
        return Synthetic(_noise(graph, samples, seed, limits), None, (_GUESSED,))
    require("tflite")
    steps = int(np.clip(_MACS / (samples * max(1, total_macs(graph))), _FEWEST_STEPS, _STEPS)) // _BLOCK * _BLOCK
    answers = isolation.stream(
        distill, [_BLOCK] * (steps // _BLOCK), graph, norms, limits, samples, steps, seed,
        memory_bytes=None, env=ENVIRONMENT,
    )  # fmt: skip
    if progress:
        progress(0, steps)
    mismatch, inputs = 0.0, tuple[NDArray[np.float32], ...]()
    for done, answer in enumerate(answers, 1):
        mismatch, inputs = answer
        if progress:
            progress(done * _BLOCK, steps)
    return Synthetic(inputs, mismatch, _notes(loaded, norms, samples, mismatch))


def _check(loaded: LoadedModel) -> None:
    if loaded.kind != "float":
        raise BadInputError("The model is quantized already.", "Give the float model that it was made from.")
    for t in loaded.graph.inputs:
        tensor = loaded.graph.tensors[t]
        if tensor.dtype is not DType.FLOAT32:
            raise BadInputError(
                f"Input {tensor.name!r} is {tensor.dtype.value}; only float inputs can be made up.",
                "Give representative samples.",
            )


def _nothing_known(loaded: LoadedModel) -> tuple[str, str]:
    """What is wrong, and how to mend it."""
    if loaded.origin == "tflite":
        return (
            "A .tflite does not keep what batch normalizations remember of the training data.",
            "Give representative samples, or the Keras model that the file was made from.",
        )
    return "The model has no batch normalizations that remember the training data.", "Give representative samples."


def _noise(graph: Graph, samples: int, seed: int, bounds: Sequence[Bounds]) -> tuple[NDArray[np.float32], ...]:
    random = np.random.default_rng(seed)
    found = []
    for t, bound in zip(graph.inputs, bounds, strict=True):
        shape = (samples, *graph.tensors[t].shape[1:])
        values = random.normal(size=shape) if bound is None else random.uniform(*bound, shape)
        found.append(values.astype(np.float32))
    return tuple(found)


def _notes(loaded: LoadedModel, norms: Sequence[BatchNorm], samples: int, mismatch: float) -> tuple[str, ...]:
    off = 100.0 * float(np.sqrt(mismatch / 2.0))
    notes = [
        f"Made up {samples} inputs; on them the statistics of {len(norms)} batch normalizations are off by {off:.0f} % "
        "of a standard deviation. Representative samples are better, if there are any."
    ]
    lost = len(loaded.batch_norms) - len(norms)
    if lost:
        notes.append(f"{lost} more batch normalizations stand behind operators that have no gradient here.")
    graph = loaded.graph
    for t in graph.inputs:
        if not any(n.tensor in _dependent(graph, t) for n in norms):
            notes.append(f"No batch normalization sees the input {graph.tensors[t].name!r}: its range is a guess.")
    return tuple(notes)


def _dependent(graph: Graph, tensor: int) -> set[int]:
    """A tensor and all that is computed from it."""
    found = {tensor}
    for op in graph.ops:
        if not found.isdisjoint(op.inputs):
            found.update(op.outputs)
    return found
