"""Which of two quantized models is better, decided on samples that ranges were not taken from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data import to_codes, to_values
from tinyq.evaluation import run_float, run_tflm
from tinyq.graph import Graph, write_graph

HELD_OUT_SHARE = 0.25
_MOST_SAMPLES = 64


@dataclass(frozen=True)
class Judge:
    """Holds the float model's outputs on held-out samples.

    Attributes:
        inputs: For each input real values ``[N, ...]``.
        outputs: For each output what the float model gives, ``[N, ...]``.
    """

    inputs: tuple[NDArray[Any], ...]
    outputs: tuple[NDArray[Any], ...]

    def error(self, graph: Graph) -> float:
        """Mean squared error of a quantized model's outputs under TFLM, relative to the float outputs' variance.

        The outputs of several heads weigh alike.
        """
        codes = [
            to_codes(x, graph.tensors[i], integers_are_codes=False)
            for x, i in zip(self.inputs, graph.inputs, strict=True)
        ]
        found = run_tflm(write_graph(graph), codes)
        errors = []
        for got, index, wanted in zip(found, graph.outputs, self.outputs, strict=True):
            difference = to_values(got, graph.tensors[index]).astype(np.float64) - wanted
            errors.append(float(np.square(difference).mean()) / max(float(wanted.var()), 1e-12))
        return float(np.mean(errors))


def split_for_judging(indices: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Calibration samples in two: those that ranges are taken from, and those that judge.

    A single sample has to do both.
    """
    if len(indices) == 1:
        return indices, indices
    held_out = max(1, min(_MOST_SAMPLES, int(len(indices) * HELD_OUT_SHARE)))
    return indices[held_out:], indices[:held_out]


def make_judge(float_tflite: bytes, inputs: Sequence[NDArray[Any]]) -> Judge:
    """Run the float model on the held-out samples."""
    values = tuple(np.asarray(x, np.float32) for x in inputs)
    return Judge(values, tuple(run_float(float_tflite, values)))
