"""Cross-layer equalization: balance the ranges of channels between layers, without changing the float function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import Graph
from tinyq.quantization.statistics import Statistics
from tinyq.quantization.transforms.chains import (
    Pair,
    input_extent,
    output_extent,
    pairs,
    scale_inputs,
    scale_outputs,
)

_SWEEPS = 20
_CONVERGED = 1e-3
# beyond this a factor gains nothing in eight bits, and float32 begins to lose
_LARGEST_FACTOR = 1e4
# a channel this much narrower than the widest carries nothing; raising it would only widen what it meets
_DEAD = 1e-6
_SIX = 6.0
# how far a channel may be raised towards 6: data that were not seen may be somewhat larger
_FILLED = 0.8


def equalize(graph: Graph, movable: Mapping[int, NDArray[np.float64]] | None = None, sweeps: int = _SWEEPS) -> Graph:
    """Equalize all chains of conv, depthwise and dense layers (Nagel et al. 2019, arXiv 1906.04721, section 4.1).

    With r1 and r2 the weight ranges of a channel in the layer that writes and the layer that reads it, the writer is
    divided by s = sqrt(r1 / r2) and the reader multiplied by it, so that both come to sqrt(r1 r2). Sweeps over all
    pairs are repeated until the factors settle. A factor passes through ReLU, pooling, padding and reshaping unchanged.

    Args:
        graph: A float graph.
        movable: For tensors behind a ReLU6, by tensor index, the largest value seen of each channel, ``[channels]``.
            Channels that come to 6 are not scaled, others only as far as they stay well below. Without an entry a
            ReLU6 ends the chain.
        sweeps: At most so many.
    """
    movable = movable or {}
    found = [p for p in pairs(graph, ("NONE", "RELU", "RELU6")) if _passable(graph, p, movable)]
    seen = {t: np.array(v, np.float64) for t, v in movable.items()}
    for _ in range(sweeps):
        change = 0.0
        for pair in found:
            first, second = graph.ops[pair.first], graph.ops[pair.second]
            factors = _factors(output_extent(graph, first), input_extent(graph, second, pair.channels))
            limit = seen.get(pair.tensors[0]) if _is_relu6(graph, pair) else None
            if limit is not None:
                factors = _below_six(factors, limit)
                seen[pair.tensors[0]] = limit / factors
            arrays = {**scale_outputs(graph, first, 1 / factors), **scale_inputs(graph, second, factors)}
            graph = graph.replace_tensors({i: replace(graph.tensors[i], data=data) for i, data in arrays.items()})
            change = max(change, float(np.abs(np.log(factors)).max()))
        if change < _CONVERGED:
            break
    return graph


def _factors(r1: NDArray[np.float64], r2: NDArray[np.float64]) -> NDArray[np.float64]:
    """sqrt(r1 / r2), and 1 where a channel is dead on either side."""
    alive = (r1 > _DEAD * r1.max()) & (r2 > _DEAD * r2.max())
    ratio = np.divide(r1, r2, out=np.ones_like(r1), where=alive)
    return np.asarray(np.clip(np.sqrt(ratio), 1 / _LARGEST_FACTOR, _LARGEST_FACTOR))


def _below_six(factors: NDArray[np.float64], largest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factors by which a channel may be divided while its largest value stays below 6; 1 where it is not below now."""
    least = np.minimum(1.0, largest / (_FILLED * _SIX))
    return np.where(largest < _SIX, np.maximum(factors, least), 1.0)


def _is_relu6(graph: Graph, pair: Pair) -> bool:
    return getattr(graph.ops[pair.first].options, "activation", "NONE") == "RELU6"


def _passable(graph: Graph, pair: Pair, movable: Mapping[int, NDArray[np.float64]]) -> bool:
    return not _is_relu6(graph, pair) or pair.tensors[0] in movable


def _from_statistics(graph: Graph, statistics: Statistics) -> Graph:
    return equalize(graph, {t: s.channel_maxima.astype(np.float64) for t, s in statistics.items()})


TRANSFORMS = {"equalize": _from_statistics}
