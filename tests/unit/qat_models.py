"""A small model, planned for training, for tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tests.graphs.floats import classifier
from tinyq.api.judge import make_judge
from tinyq.graph import Graph, write_graph
from tinyq.qat.plan import Plan, plan
from tinyq.quantization.pipeline import Choices, run
from tinyq.quantization.recipe import Recipe, SchemePart, resolve


def samples(graph: Graph, count: int = 24, seed: int = 0) -> NDArray[np.float32]:
    shape = graph.tensors[graph.inputs[0]].shape[1:]
    return np.random.default_rng(seed).normal(size=(count, *shape)).astype(np.float32)


def planned(bits: int, *, per_channel: bool = True, judged: bool = False, activations: str = "int8") -> Plan:
    graph = classifier()
    part = SchemePart(
        weight_bits=8 if bits == 8 else 4,
        per_channel=per_channel,
        activations=activations,  # type: ignore[arg-type]
        weight_range="minmax" if bits == 8 else "mse",
    )
    x = samples(graph)
    judge = None
    choices = Choices(transforms=(), refinements=())
    if judged:
        judge = _judge(graph, x)
        choices = Choices(refinements=("adaround", "bias-correction"), transforms=())
    done = run(graph, (x,), resolve(Recipe(scheme=part), graph), choices, judge)
    return plan(done.float_graph, done.planned, done.graph, bits)


def _judge(graph: Graph, x: NDArray[np.float32]) -> Callable[[Graph], float]:
    return make_judge(write_graph(graph), (x,)).error
