"""How evenly the channels of a layer share its range, and how far its tails reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq.analysis.subject import weighted
from tinyq.graph import Graph
from tinyq.quantization.op_rules import RULES
from tinyq.quantization.statistics import Statistics, TensorStatistics

_CORE = 0.9999
_DEAD = 1e-6  # of the widest channel; what becomes of such weights shows in no output


@dataclass(frozen=True)
class Channels:
    """The channels of one weighted layer.

    Attributes:
        weights: ``[channels]``, largest magnitude of each output channel's weights.
        dead: Channels whose weights are zero, or as good as zero beside the widest channel's.
        ratio: Largest over smallest of ``weights``, dead channels apart.
        evenness: Mean over the channels of the output of their range, relative to the tensor's: what Nagel et al. 2019
            (arXiv 1906.04721, section 4.1) call the precision of a channel; 1 where all are equally wide.
        tail: Range of the output over the range of the middle 99.99 % of its values.
        core: Width of the latter.
    """

    weights: NDArray[np.float64]
    dead: int
    ratio: float
    evenness: float
    tail: float
    core: float


def channels(graph: Graph, statistics: Statistics) -> dict[int, Channels]:
    """Operator index -> its channels, of all operators with constant weights.

    Args:
        graph: A float graph.
        statistics: What was seen of it.
    """
    found = {}
    for index in weighted(graph):
        op = graph.ops[index]
        data = graph.tensors[op.inputs[1]].data
        seen = statistics.get(op.outputs[0])
        if data is None or not data.size or seen is None:
            continue
        axis = RULES[op.kind].weights_axis
        extents = np.abs(np.moveaxis(data, axis, 0).reshape(data.shape[axis], -1)).max(axis=1).astype(np.float64)
        alive = extents[extents > _DEAD * extents.max()]
        ratio = float(alive.max() / alive.min()) if alive.size else 1.0
        core = _core(seen)
        tail = (seen.maximum - seen.minimum) / core if core > 0 else 1.0
        found[index] = Channels(extents, extents.size - alive.size, ratio, _evenness(seen), float(tail), core)
    return found


def _evenness(seen: TensorStatistics) -> float:
    widths = np.maximum(seen.channel_maxima, 0) - np.minimum(seen.channel_minima, 0)
    widest = float(widths.max(initial=0.0))
    return float(widths.mean() / widest) if widest > 0 else 1.0


def _core(seen: TensorStatistics) -> float:
    """Width of the range of the middle values, to a bin."""
    total = seen.histogram.sum()
    if not total:
        return 0.0
    share = np.cumsum(seen.histogram) / total
    cut = (1 - _CORE) / 2
    low, high = int(np.searchsorted(share, cut, side="right")), int(np.searchsorted(share, 1 - cut, side="left"))
    return float(seen.edges[min(high + 1, seen.histogram.size)] - seen.edges[min(low, seen.histogram.size - 1)])
