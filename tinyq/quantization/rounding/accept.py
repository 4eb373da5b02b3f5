"""Keep a refinement only where held-out data say that it helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinyq.graph import Graph
from tinyq.quantization.rounding.progress import Progress, silent

Judge = Callable[[Graph], float]
"""How bad a quantized graph is on samples that no refinement was fitted to; less is better. An error of its outputs
against the float model's needs no labels; with labels it may be the share of wrong answers."""

Step = tuple[str, Callable[[Graph], Graph]]
"""A refinement's name, and the refinement."""


@dataclass(frozen=True)
class Refinement:
    """What became of a refinement.

    Attributes:
        name: Of the refinement.
        before, after: The judge's verdict without it and with it.
        kept: Whether it was kept.
    """

    name: str
    before: float
    after: float
    kept: bool


def accept(name: str, before: Graph, after: Graph, judge: Judge) -> tuple[Graph, Refinement]:
    """The better of two graphs; the first, if they are equally good or the second cannot be judged (NaN)."""
    return _accept(name, before, after, judge(before), judge(after))


def refine(
    graph: Graph, steps: Sequence[Step], judge: Judge, progress: Progress = silent
) -> tuple[Graph, tuple[Refinement, ...]]:
    """Apply refinements in turn, each to what was kept of those before it.

    Args:
        graph: A quantized graph.
        steps: What to try, in this order.
        judge: Decides on each.
        progress: Told the number of steps done.

    Returns:
        The best graph, and what became of each step.
    """
    if not steps:
        return graph, ()
    error, records = judge(graph), []
    for number, (name, step) in enumerate(steps):
        progress("refinement", number, len(steps))
        candidate = step(graph)
        graph, record = _accept(name, graph, candidate, error, judge(candidate))
        error = record.after if record.kept else error
        records.append(record)
    progress("refinement", len(steps), len(steps))
    return graph, tuple(records)


def _accept(name: str, before: Graph, after: Graph, old: float, new: float) -> tuple[Graph, Refinement]:
    better = new < old
    return (after if better else before), Refinement(name, old, new, better)
