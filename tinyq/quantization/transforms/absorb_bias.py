"""Bias absorption: move what an activation never falls below into the bias of the next layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Tensor
from tinyq.graph.batch_norm import BatchNorm
from tinyq.quantization.statistics import Statistics
from tinyq.quantization.transforms.chains import Pair, pairs, reads_padding, sum_of_inputs

# a normal distribution is below this many standard deviations under its mean once in 741 times
_DEVIATIONS = 3.0
_SHIFTABLE = ("MAX_POOL_2D", "AVERAGE_POOL_2D", "RESHAPE", "MEAN", "RELU")


def absorb_bias(graph: Graph, minima: Mapping[int, NDArray[Any]]) -> Graph:
    """Lower activations that are always high (Nagel et al. 2019, arXiv 1906.04721, section 4.1.3).

    Equalization can leave a channel with a large bias, which widens the range of the whole activation. With c the least
    value of a channel behind the activation, the writer's bias is lowered by c and the reader's raised by its weights
    times c. As ReLU(x) - c = ReLU(x - c) where x >= c, nothing changes on data that stay above the minima. Pairs are
    left alone where the reader sees padding, which is zero before and after, or where a bias is missing.

    Args:
        graph: A float graph.
        minima: Least value of each channel of the activations that layers write, by tensor index, ``[channels]``: as
            seen on data, or from :func:`minima_of_batch_norms`.
    """
    for pair in pairs(graph, ("NONE", "RELU")):
        seen = minima.get(pair.tensors[0])
        if seen is None or np.size(seen) != pair.channels or not _shifts(graph, pair):
            continue
        shift = np.maximum(0.0, np.asarray(seen, np.float64))
        writer, reader = graph.ops[pair.first], graph.ops[pair.second]
        if np.any(shift) and writer.input(2) >= 0:
            graph = _add_to_bias(graph, pair.first, -shift)
            graph = _add_to_bias(graph, pair.second, sum_of_inputs(graph, reader, shift))
    return graph


def minima_of_batch_norms(batch_norms: Sequence[BatchNorm]) -> dict[int, NDArray[np.float64]]:
    """What activations behind batch normalizations hardly ever fall below: mean - 3 standard deviations."""
    return {n.tensor: n.output_mean - _DEVIATIONS * n.output_std for n in batch_norms}


def _shifts(graph: Graph, pair: Pair) -> bool:
    """Whether a constant passes from the writer to the reader as it is."""
    between = [graph.ops[graph.producers[t]] for t in pair.tensors[1:]]
    reader = graph.ops[pair.second]
    return all(op.kind in _SHIFTABLE for op in between) and not reads_padding(graph, reader)


def _add_to_bias(graph: Graph, index: int, amount: NDArray[np.float64]) -> Graph:
    op = graph.ops[index]
    bias = op.input(2)
    if bias >= 0:
        old = graph.tensors[bias]
        assert old.data is not None  # noqa: S101 - pairs() admits constants alone
        summed = (old.data.astype(np.float64) + amount.reshape(old.data.shape)).astype(np.float32)
        return graph.replace_tensors({bias: replace(old, data=summed)})
    data = amount.astype(np.float32)
    name = f"{graph.tensors[op.outputs[0]].name}/bias"
    added = Tensor(name, data.shape, DType.FLOAT32, data=data)
    inputs = (*op.inputs[:2], len(graph.tensors), *op.inputs[3:])
    ops = tuple(replace(o, inputs=inputs) if i == index else o for i, o in enumerate(graph.ops))
    return replace(graph, tensors=(*graph.tensors, added), ops=ops)


def _from_statistics(graph: Graph, statistics: Statistics) -> Graph:
    return absorb_bias(graph, {t: s.channel_minima for t, s in statistics.items()})


TRANSFORMS = {"absorb-bias": _from_statistics}
