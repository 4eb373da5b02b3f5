"""The networks of :mod:`tests.graphs.networks`, quantized as users do it, with inputs for them."""

from __future__ import annotations

import numpy as np

from tests.engine.harness import Case, random_codes
from tests.graphs import recurrent
from tests.graphs.networks import NETWORKS
from tinyq.data import to_codes
from tinyq.graph import DType, Graph, write_graph
from tinyq.quantization.calibrators import calibrators
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.scheme import LayerScheme
from tinyq.quantization.statistics import observe

INT8, INT16 = LayerScheme(), LayerScheme("int16")
WIDE = ("ResNet", "DS-CNN", "TCN", "GRU", "transformer", "autoencoder")
"""Those of whose operators TFLM has int16 kernels, all of them."""
STEPS = 50


def quantized(name: str, scheme: LayerScheme, samples: int) -> Case:
    """A network by its name, and inputs that go a little beyond what calibration has seen."""
    graph = NETWORKS[name]()
    rng = np.random.default_rng(len(name))
    shapes = [graph.tensors[t].shape for t in graph.inputs]
    seen = tuple(rng.normal(0, 1, (16, *shape[1:])).astype(np.float32) for shape in shapes)
    planned = plan(graph, scheme, DType(scheme.activations))
    found = quantize(planned, calibrate(observe(write_graph(graph), graph, seen), calibrators()["minmax"], planned))
    fresh = [1.2 * rng.normal(0, 1, (samples, *shape[1:])).astype(np.float32) for shape in shapes]
    codes = [to_codes(x, found.tensors[t]) for x, t in zip(fresh, found.inputs, strict=True)]
    return Case(found, [[x[i][None] for x in codes] for i in range(samples)])


def streaming() -> list[Case]:
    """Models with a state, each with a series of inputs."""
    rng = np.random.default_rng(4)
    graphs: list[Graph] = [
        recurrent.streaming_keywords(rng),
        recurrent.lstm(rng, DType.INT8),
        recurrent.lstm(rng, DType.INT16),
    ]
    return [Case(g, [random_codes(g, rng) for _ in range(STEPS)]) for g in graphs]
