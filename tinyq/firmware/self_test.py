"""The self-test of a firmware project: samples and the reference's outputs inside the program, and who asserts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen.literals import c_type
from tinyq.codegen.render import render

MOST_SAMPLES = 16
_MOST_BYTES = 64 << 10  # in the source; the program's own limit is the board's memory
_PROGRAM_BYTES = 4 << 10  # what the program around the samples may take more than the harness
_LARGEST_LABEL = (1 << 16) - 1
_FOLDER = "self_test"
_SECONDS_PER_MEGA_MAC = 2.0  # of the machine's time, at 25 million instructions a second: a generous limit


@dataclass(frozen=True)
class SelfTest:
    """Samples in their order, and what is expected of them.

    Attributes:
        inputs: For each input of the model codes ``[N, ...]``.
        outputs: For each output the reference's codes ``[N, ...]``.
        labels: Class of each sample, ``[N]``; None where the model or the data know no classes.
        origin: Where the samples come from, in words.
        macs: Multiply-accumulates of an inference, for the time limit.
    """

    inputs: tuple[NDArray[Any], ...]
    outputs: tuple[NDArray[Any], ...]
    labels: NDArray[np.int64] | None
    origin: str
    macs: int = 0

    def __len__(self) -> int:
        return len(self.inputs[0])

    @property
    def correct(self) -> int:
        """Samples whose class has the first of the highest outputs."""
        if self.labels is None:
            return 0
        return int(np.count_nonzero(self.outputs[0].reshape(len(self), -1).argmax(axis=1) == self.labels))


def samples_that_fit(sample_bytes: int, free_bytes: int) -> int:
    """How many samples a program carries, at most 16; 0 if there is no room for any.

    Args:
        sample_bytes: Bytes of a sample's inputs and outputs.
        free_bytes: Bytes that the model leaves of the memory for code.
    """
    room = min(_MOST_BYTES, free_bytes - _PROGRAM_BYTES)
    few = max(room // max(sample_bytes, 1), int(sample_bytes <= free_bytes - _PROGRAM_BYTES))
    return max(0, min(MOST_SAMPLES, few))


def classes_of(output: NDArray[Any], labels: NDArray[Any] | None) -> int:
    """Scores of a sample ``[N, ...]``, if labels say which of them should be the highest; else 0."""
    if labels is None or labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels):
        return 0
    count = int(np.prod(output.shape[1:]))
    known = labels.min() >= 0 and labels.max() < count <= _LARGEST_LABEL
    return count if known and count > 1 else 0


def self_test_files(test: SelfTest) -> dict[str, str]:
    """The files of the self-test by their path in the project, but for the board's own."""
    values = self_test_values(test)
    values |= {"inputs": _bytes(test.inputs), "outputs": _bytes(test.outputs)}
    values |= {"score_type": c_type(test.outputs[0]), "labels": test.labels.tolist() if test.labels is not None else []}
    return {
        "src/self_test.c": render(f"{_FOLDER}/src/self_test.c", {}),
        "model/self_test.h": render(f"{_FOLDER}/model/self_test.h.jinja", values),
        "model/self_test.c": render(f"{_FOLDER}/model/self_test.c.jinja", values),
    }


def self_test_values(test: SelfTest) -> dict[str, Any]:
    """What templates need to know of the self-test."""
    seconds = 10 + int(_SECONDS_PER_MEGA_MAC * len(test) * test.macs / 1e6)
    return {
        "count": len(test),
        "input_bytes": sum(x[0].nbytes for x in test.inputs),
        "output_bytes": sum(x[0].nbytes for x in test.outputs),
        "classes": classes_of(test.outputs[0], test.labels),
        "correct": test.correct,
        "origin": test.origin,
        "seconds": seconds,
    }


def _bytes(arrays: tuple[NDArray[Any], ...]) -> list[list[int]]:
    """For each sample the bytes of all its arrays, little-endian as on the target."""
    parts = [x.astype(x.dtype.newbyteorder("<")) for x in arrays]
    return [[byte for part in parts for byte in part[n].tobytes()] for n in range(len(arrays[0]))]
