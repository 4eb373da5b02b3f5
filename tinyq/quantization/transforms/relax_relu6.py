"""ReLU6 into ReLU: its upper bound stands in the way of equalization, and the range of the output keeps it anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import Graph, Op
from tinyq.graph.options import NoOptions
from tinyq.quantization.statistics import Statistics

_SIX = 6.0


@dataclass(frozen=True)
class Relaxed:
    """A graph, and the activations (tensor indices) whose ReLU6 became a ReLU."""

    graph: Graph
    tensors: tuple[int, ...]


def relax_relu6(graph: Graph, maxima: Mapping[int, NDArray[Any]] | None = None) -> Relaxed:
    """Replace ReLU6, fused or standalone, by ReLU (Nagel et al. 2019, arXiv 1906.04721, section 5.1.1).

    Args:
        graph: A float graph.
        maxima: Greatest value seen of each channel, by tensor index, ``[channels]``: only activations that never came
            to 6 are relaxed, which changes nothing on those data. None relaxes all, which changes the function: keep
            the result only if it is as good on held-out data.
    """
    relaxed: list[int] = []
    ops = []
    for op in graph.ops:
        changed = _without_six(op)
        if changed is not op and (maxima is None or _stays_below(maxima.get(op.outputs[0]))):
            relaxed.extend(op.outputs)
            ops.append(changed)
        else:
            ops.append(op)
    return Relaxed(replace(graph, ops=tuple(ops)), tuple(relaxed))


def _stays_below(seen: NDArray[Any] | None) -> bool:
    return seen is not None and np.size(seen) > 0 and float(np.max(seen)) < _SIX


def _without_six(op: Op) -> Op:
    if op.kind == "RELU6":
        return replace(op, kind="RELU", options=NoOptions())
    if getattr(op.options, "activation", "NONE") == "RELU6":
        return replace(op, options=replace(op.options, activation="RELU"))  # type: ignore[call-arg]
    return op


def _all(graph: Graph, statistics: Statistics) -> Graph:
    return relax_relu6(graph).graph


TRANSFORMS = {"relax-relu6": _all}
