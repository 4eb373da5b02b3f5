"""Operators that TFLM, or its integer kernels, lack, put in terms of operators that it has. One file each.

A module of this package that defines ``REWRITES`` adds to the registry; nothing else needs to be edited. Unlike
transforms these are no choice: without them the model could not be quantized, or not run at all.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from tinyq.graph import Graph, Op
from tinyq.quantization.rewrites.draft import Draft

Rewrite = Callable[[Draft, Op], bool]
"""Write operators that compute the same into a draft, and say so; False leaves the operator as it is."""

_WITHOUT_TRACE = ("CALL_ONCE", "ASSIGN_VARIABLE")


@cache
def rewrites() -> Mapping[str, Rewrite]:
    """All rewrites by the kind of operator that they replace."""
    found: dict[str, Rewrite] = {}
    for module in pkgutil.iter_modules(__path__):
        found.update(getattr(importlib.import_module(f"{__name__}.{module.name}"), "REWRITES", {}))
    return found


def rewrite(graph: Graph) -> Graph:
    """A float graph of operators that have integer kernels, as far as rewrites reach.

    Tensors keep their indices; new ones are appended. Operators that nobody needs any more are left out.

    Args:
        graph: A float graph; the result computes the same function, but for what a rewrite says of itself.
    """
    known = rewrites()
    if not any(op.kind in known for op in graph.ops):
        return graph
    draft = Draft(graph)
    for op in graph.ops:
        if op.kind not in known or not known[op.kind](draft, op):
            draft.ops.append(op)
    changed = draft.finished()
    return graph if changed.ops == graph.ops else without_unread(changed)


def without_unread(graph: Graph) -> Graph:
    """The graph without operators whose outputs nobody reads."""
    needed = set(graph.outputs)
    kept: list[Op] = []
    for op in reversed(graph.ops):
        if op.kind in _WITHOUT_TRACE or needed.intersection(op.outputs):
            kept.append(op)
            needed.update(op.inputs)
    return replace(graph, ops=tuple(reversed(kept)))
