"""Sound inputs that mutations start from."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np

from tests.graphs.floats import classifier
from tinyq.graph import DType, write_graph
from tinyq.quantization.calibrators import calibrator
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.scheme import LayerScheme
from tinyq.quantization.statistics import observe


def seeds() -> Mapping[str, tuple[bytes, ...]]:
    """For each target some inputs that it accepts."""
    return {"model": _models(), "recipe": _RECIPES, "archive": _archives()}


def _models() -> tuple[bytes, ...]:
    graph = classifier()
    samples = (np.random.default_rng(0).normal(0, 1, (8, 8, 8, 1)).astype(np.float32),)
    statistics = observe(write_graph(graph), graph, samples)
    made = [write_graph(graph)]
    for scheme, io_type in (
        (LayerScheme(), DType.INT8),
        (LayerScheme(activations="int16"), DType.INT16),
        (LayerScheme(weight_bits=4), DType.INT8),
    ):
        planned = plan(graph, scheme, io_type)
        made.append(write_graph(quantize(planned, calibrate(statistics, calibrator("minmax"), planned))))
    return tuple(made)


_RECIPES = (
    b"scheme: w8a8\ncalibrator: mse\nlayers:\n  - select: {layer: second}\n    scheme: {weight_bits: 4}\n"
    b"  - select: {op: FULLY_CONNECTED}\n    scheme: 16x8\nranges:\n  second: [-1.5, 2.5]\n",
    b'{"scheme": "16x8", "io": "int16", "refine": ["adaround"], "layers": [{"select": {"index": 0}, '
    b'"scheme": {"activations": "float32"}}]}',
    b"scheme: {activations: int8, scales: power-of-two, symmetric: true}\ntransforms: []\n",
)


def _archives() -> tuple[bytes, ...]:
    found = []
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(file, x=np.ones((3, 4), np.float32), y=np.arange(3))
        found.append(file.getvalue())
    return tuple(found)
