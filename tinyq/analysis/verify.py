"""A quantized model under the reference, TFLM's host interpreter."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

from tinyq.analysis.measure import Measured, Yardstick
from tinyq.data import to_codes, to_values
from tinyq.evaluation import run_tflm
from tinyq.graph import Graph, write_graph


def under_tflm(graph: Graph, yardstick: Yardstick, samples: int) -> Measured | None:
    """Error and score on the first samples of a yardstick; None where the package tflite-micro is not installed.

    Raises:
        UnsupportedError: TFLM cannot run the model.
    """
    if importlib.util.find_spec("tflite_micro") is None:
        return None
    first = replace(
        yardstick,
        samples=tuple(x[:samples] for x in yardstick.samples),
        reference=tuple(x[:samples] for x in yardstick.reference),
        labels=None if yardstick.labels is None else yardstick.labels[:samples],
    )
    codes = [
        to_codes(x, graph.tensors[i], integers_are_codes=False)
        for x, i in zip(first.samples, graph.inputs, strict=True)
    ]
    held = run_tflm(write_graph(graph), codes)
    return first.measure([to_values(x, graph.tensors[i]) for x, i in zip(held, graph.outputs, strict=True)])
