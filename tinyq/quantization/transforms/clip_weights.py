"""Weight clipping: give up rare large weights for a finer step of all others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph
from tinyq.quantization.op_rules import RULES
from tinyq.quantization.statistics import Statistics

Limit = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Rows of weights ``[rows, weights]`` -> greatest magnitude to keep of each, ``[rows]``."""

_PERCENT = 99.9


def at_percentile(percent: float) -> Limit:
    """Keep this share of the weights, in percent of each row's magnitudes."""
    return lambda rows: np.asarray(np.percentile(np.abs(rows), percent, axis=1))


def at_sigma(deviations: float) -> Limit:
    """Keep what lies within so many standard deviations of zero."""
    return lambda rows: np.asarray(deviations * np.sqrt(np.square(rows).mean(axis=1)))


def clip_weights(graph: Graph, limit: Limit, per_channel: bool = False) -> Graph:
    """Clip the weights of every layer (Nagel et al. 2019, arXiv 1906.04721, section 5.1.2 has it as a baseline).

    The float function changes: keep the result only if it is better, quantized, on held-out data. Biases stay.

    Args:
        graph: A float graph.
        limit: Where to clip: :func:`at_percentile` or :func:`at_sigma`.
        per_channel: One limit for each output channel, as weights are quantized per channel; else one for each layer.
    """
    changed: dict[int, Any] = {}
    for op in graph.ops:
        rule = RULES.get(op.kind)
        index = op.input(rule.weights) if rule is not None and rule.weights is not None else -1
        tensor = graph.tensors[index] if index >= 0 else None
        if rule is None or tensor is None or tensor.data is None or tensor.dtype is not DType.FLOAT32:
            continue
        channels_first = np.moveaxis(tensor.data.astype(np.float64), rule.weights_axis, 0)
        rows = channels_first.reshape(channels_first.shape[0] if per_channel else 1, -1)
        bound = limit(rows)[:, None]
        clipped = np.clip(rows, -bound, bound).reshape(channels_first.shape)
        data = np.moveaxis(clipped, 0, rule.weights_axis).astype(np.float32)
        changed[index] = replace(tensor, data=np.ascontiguousarray(data))
    return graph.replace_tensors(changed)


def _clip(graph: Graph, statistics: Statistics) -> Graph:
    return clip_weights(graph, at_percentile(_PERCENT))


TRANSFORMS = {"clip-weights": _clip}
