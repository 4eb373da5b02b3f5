"""Small float models with data, on which quantization fails in a known way."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.graphs.floats import Builder
from tinyq.analysis.measure import Yardstick, yardstick
from tinyq.analysis.original import Original
from tinyq.analysis.runs import run_graph
from tinyq.graph import Graph
from tinyq.quantization.transforms.chains import pairs, scale_inputs, scale_outputs


@cache
def network(seed: int = 0) -> Graph:
    """8x8x2 -> conv, depthwise, pointwise, pool, dense over 5 classes that are about equally frequent."""
    b = Builder(seed)
    x = b.activation((1, 8, 8, 2), "image")
    y = b.conv(
        b.depthwise(b.conv(x, 12, name="model/first/Relu"), name="model/second/Relu"), 12, 1, name="model/third/Relu"
    )
    graph = b.graph([x], [b.dense(b.flatten(b.pool(y)), 5, name="model/logits/BiasAdd")])
    bias = graph.ops[-1].inputs[2]
    mean = run_graph(graph, samples(graph))[0].mean(axis=0)
    old = graph.tensors[bias]
    return graph.replace_tensors({bias: replace(old, data=old.data - mean)})


@cache
def unbalanced(seed: int = 0, decades: float = 1.5) -> Graph:
    """The same function with output channels scaled by 10^U(-decades, decades), undone in the next layer."""
    graph, rng = network(), np.random.default_rng(seed)
    for pair in pairs(graph):
        factors = 10 ** rng.uniform(-decades, decades, pair.channels)
        changed = {
            **scale_outputs(graph, graph.ops[pair.first], factors),
            **scale_inputs(graph, graph.ops[pair.second], 1 / factors),
        }
        graph = graph.replace_tensors({i: replace(graph.tensors[i], data=data) for i, data in changed.items()})
    return graph


def samples(graph: Graph, count: int = 120, seed: int = 1, heavy: bool = False) -> tuple[NDArray[Any], ...]:
    """Normally distributed inputs, ``[count, ...]`` each; with ``heavy`` one sample in ten is ten times as wide."""
    rng = np.random.default_rng(seed)
    wide = np.where(rng.random(count) < 0.1, 10.0, 1.0) if heavy else np.ones(count)
    found = []
    for i in graph.inputs:
        shape = graph.tensors[i].shape[1:]
        found.append((rng.normal(0, 1, (count, *shape)) * wide.reshape(-1, *[1] * len(shape))).astype(np.float32))
    return tuple(found)


def prepared(graph: Graph, heavy: bool = False) -> tuple[Original, Yardstick]:
    """The model, and a yardstick of other samples whose labels are what the float model says; made once."""
    if (id(graph), heavy) not in _PREPARED:
        other = samples(graph, 100, 2, heavy)
        reference = run_graph(graph, other)
        labels = reference[0].argmax(axis=-1)
        made = Original(graph, samples(graph, heavy=heavy)), yardstick(graph, other, reference, labels)
        _PREPARED[id(graph), heavy] = made
    return _PREPARED[id(graph), heavy]


_PREPARED: dict[tuple[int, bool], tuple[Original, Yardstick]] = {}
