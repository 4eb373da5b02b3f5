"""What a report shows in pictures: ranges, the arena, and what changed class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data import to_values
from tinyq.footprint.planner import MemoryPlan
from tinyq.graph import Graph, layer_name
from tinyq.quantization.statistics import Statistics
from tinyq.reporting.run_models import (
    ActivationReport,
    BufferReport,
    ChangedSample,
    ConfusionReport,
    PlanReport,
)

_BINS = 64
_MOST_CLASSES = 64
_MOST_CHANGED = 20

Arrays = Sequence[NDArray[Any]]


def activation_reports(graph: Graph, statistics: Statistics) -> tuple[ActivationReport, ...]:
    """What was seen of each activation, and the range that it was given.

    Args:
        graph: The quantized graph.
        statistics: Of the float graph, whose tensors are the first of ``graph``.
    """
    found = []
    produced = {t: layer_name(graph, op) for op in graph.ops for t in op.outputs}
    for index in [*graph.inputs, *produced]:
        seen, tensor = statistics.get(index), graph.tensors[index]
        if seen is None or tensor.quantization is None or tensor.quantization.is_per_channel:
            continue
        scale, zero_point = tensor.quantization.scalar
        limits = np.iinfo(tensor.dtype.numpy)
        found.append(
            ActivationReport(
                layer=produced.get(index, tensor.name),
                tensor=tensor.name,
                dtype=tensor.dtype.value,
                low=scale * (int(limits.min) - zero_point),
                high=scale * (int(limits.max) - zero_point),
                seen_low=seen.minimum,
                seen_high=seen.maximum,
                counts=tuple(int(n) for n in np.add.reduceat(seen.histogram, _edges(seen.histogram.size))),
            )
        )
    return tuple(found)


def _edges(bins: int) -> NDArray[np.int64]:
    """Where coarser bins begin."""
    return np.unique(np.arange(min(_BINS, bins)) * bins // min(_BINS, bins))


def plan_report(plan: MemoryPlan, graph: Graph) -> PlanReport:
    """The arena, with the names of layers in place of numbers.

    Args:
        plan: Buffers named "tensor N", "tensor N + tensor M" if they share one, or "scratch of op N"; one step per
            operator.
        graph: What it was made for.
    """
    steps = tuple(layer_name(graph, op) for op in graph.ops)
    names = {f"tensor {t}": graph.tensors[t].name for t in graph.inputs}
    for step, op in enumerate(graph.ops):
        names |= {f"tensor {t}": steps[step] for t in op.outputs} | {f"scratch of op {step}": f"{steps[step]}: scratch"}
    buffers = tuple(
        BufferReport(
            name=" + ".join(names.get(t, t) for t in b.name.split(" + ")),
            offset=offset,
            bytes=b.size,
            first=b.first,
            last=b.last,
        )
        for b, offset in zip(plan.buffers, plan.offsets, strict=True)
    )
    return PlanReport(
        size=plan.size, lower_bound=plan.lower_bound, peak_step=plan.peak_step, steps=steps, buffers=buffers
    )


def confusion_report(
    graph: Graph, float_: Arrays | None, target: Arrays, labels: NDArray[Any] | None, indices: NDArray[np.int64]
) -> ConfusionReport | None:
    """Classes of the float model against the target's; None where the first output holds no classes.

    Args:
        graph: The quantized model.
        float_: Outputs of the float model ``[N, ...]``, if it was run.
        target: Codes from the target ``[N, ...]``.
        labels: Classes ``[N]``, or something else, or None.
        indices: Positions of the samples in the data, ``[N]``.
    """
    if float_ is None or float_[0].ndim != 2 or not 2 <= float_[0].shape[1] <= _MOST_CLASSES:
        return None
    if labels is None or labels.dtype.kind not in "ui" or labels.ndim != 1:
        return None
    classes = float_[0].shape[1]
    before = float_[0].argmax(axis=1)
    after = to_values(target[0], graph.tensors[graph.outputs[0]]).argmax(axis=1)
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (before, after), 1)
    changed = np.flatnonzero(before != after)
    return ConfusionReport(
        counts=tuple(tuple(int(n) for n in row) for row in counts),
        agree=int((before == after).sum()),
        total=len(before),
        changed=tuple(
            ChangedSample.model_validate(
                {"index": int(indices[n]), "label": int(labels[n]), "float": int(before[n]), "target": int(after[n])}
            )
            for n in changed[:_MOST_CHANGED]
        ),
    )
