"""Find the channels that can go, and rewrite the graph without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen.kernel import Node
from tinyq.folding.ranges import Integers, Mask, Range, channels_of
from tinyq.folding.rule import Edit, Rule, rule_for
from tinyq.graph import Graph, Op

GRANULARITY = 4
"""Kernels handle channels in groups of four: words of four int8 codes, blocks of two or four rows."""


@dataclass(frozen=True)
class Channels:
    """What became of the channels of one tensor, which lie along its last axis.

    Attributes:
        total: How many there were.
        kept: The ones that are left, ascending.
        constants: Code by channel, of those that were dropped because they have no other; the rest nobody reads.
    """

    total: int
    kept: tuple[int, ...]
    constants: Mapping[int, int]

    @property
    def known(self) -> Mask:
        """Channels whose original codes follow from what is left, bool ``[total]``."""
        found = np.zeros(self.total, np.bool_)
        found[[*self.kept, *self.constants]] = True
        return found

    def expanded(self, codes: NDArray[Any]) -> NDArray[Any]:
        """Codes ``[..., kept]`` in their original places ``[..., total]``; 0 where ``known`` is false."""
        found = np.zeros((*codes.shape[:-1], self.total), codes.dtype)
        found[..., list(self.kept)] = codes
        found[..., list(self.constants)] = list(self.constants.values())
        return found


@dataclass(frozen=True)
class Folding:
    """A graph without the channels that do not matter.

    Attributes:
        graph: It has the original's tensors and operators under the same indices, some of them narrower; constants
            may have been added at the end.
        channels: By tensor index, for the activations that lost channels.
    """

    graph: Graph
    channels: Mapping[int, Channels]


def fold(graph: Graph, granularity: int = GRANULARITY) -> Folding:
    """Drop channels that cannot vary, adding what they contribute to the biases of their readers, and unread ones.

    The outputs of the new graph equal those of the old one bit for bit, in TFLM's arithmetic. What a constant channel
    contributes must be the same at all positions: at borders, where a window sees padding instead, it has to be zero.

    Args:
        graph: A quantized graph; around operators without a rule, and float ones, nothing changes.
        granularity: The channels that are left of a tensor are a multiple of this, or all there were.
    """
    rules = tuple(rule_for(Node(graph, i)) for i in range(len(graph.ops)))
    ranges = _ranges(graph, rules)
    kept = _kept(graph, rules, ranges, granularity)
    narrower = {t: np.flatnonzero(mask) for t, mask in kept.items() if not mask.all()}
    if not narrower:
        return Folding(graph, MappingProxyType({}))
    channels = {
        t: Channels(
            kept[t].size,
            tuple(left.tolist()),
            MappingProxyType({int(c): int(ranges[t].low[c]) for c in np.flatnonzero(ranges[t].is_constant & ~kept[t])}),
        )
        for t, left in narrower.items()
    }
    return Folding(_rewritten(graph, rules, ranges, kept), MappingProxyType(channels))


def _activations(graph: Graph, op: Op) -> dict[int, int]:
    """Tensor by position of an operator's inputs that are there and not constant."""
    return {i: t for i, t in enumerate(op.inputs) if t >= 0 and not graph.tensors[t].is_constant}


def _ranges(graph: Graph, rules: tuple[Rule | None, ...]) -> dict[int, Range]:
    """The codes that each activation can hold, from the inputs on."""
    found: dict[int, Range] = {}

    def of(tensor: int) -> Range:
        return found[tensor] if tensor in found else found.setdefault(tensor, Range.whole(graph.tensors[tensor]))

    for index, (op, rule) in enumerate(zip(graph.ops, rules, strict=True)):
        inputs = {i: of(t) for i, t in _activations(graph, op).items()}
        if rule is not None:
            found[op.outputs[0]] = rule.outputs(Node(graph, index), inputs)
        for tensor in op.outputs:
            of(tensor)
    return found


def _kept(
    graph: Graph, rules: tuple[Rule | None, ...], ranges: Mapping[int, Range], granularity: int
) -> dict[int, Mask]:
    """Channels that must stay, by activation: the least sets that satisfy every operator."""
    kept = {t: np.zeros(channels_of(graph.tensors[t]), np.bool_) for t in ranges}
    fixed = {*graph.inputs, *graph.outputs, *(t for t in kept if graph.tensors[t].is_variable)}
    for op, rule in zip(graph.ops, rules, strict=True):
        if rule is None:
            fixed |= {*op.inputs, *op.outputs}
    for tensor in fixed & kept.keys():
        kept[tensor][:] = True

    changed = True
    while changed:
        changed = _settle(graph, rules, ranges, kept)
        for mask in kept.values():
            changed |= _round_up(mask, granularity)
    return kept


def _settle(graph: Graph, rules: tuple[Rule | None, ...], ranges: Mapping[int, Range], kept: dict[int, Mask]) -> bool:
    """One pass backwards and one forwards; whether a channel was added."""
    before = sum(int(mask.sum()) for mask in kept.values())
    steps = [(i, op, rule) for i, (op, rule) in enumerate(zip(graph.ops, rules, strict=True)) if rule is not None]
    for index, op, rule in reversed(steps):
        activations = _activations(graph, op)
        inputs = {i: ranges[t] for i, t in activations.items()}
        for position, mask in rule.reads(Node(graph, index), inputs, kept[op.outputs[0]]).items():
            kept[activations[position]] |= mask
    for index, op, rule in steps:
        masks = {i: kept[t] for i, t in _activations(graph, op).items()}
        kept[op.outputs[0]] |= rule.brings(Node(graph, index), masks)
    return sum(int(mask.sum()) for mask in kept.values()) > before


def _round_up(mask: Mask, granularity: int) -> bool:
    """Add dropped channels until there is a multiple; whether any were needed."""
    count = int(mask.sum())
    wanted = min(max(-(-count // granularity), 1) * granularity, mask.size)
    if wanted > count:
        mask[np.flatnonzero(~mask)[: wanted - count]] = True
    return wanted > count


def _rewritten(
    graph: Graph, rules: tuple[Rule | None, ...], ranges: Mapping[int, Range], kept: Mapping[int, Mask]
) -> Graph:
    left: dict[int, Integers] = {t: np.flatnonzero(mask) for t, mask in kept.items()}
    edit = Edit(graph, left, list(graph.tensors))
    ops = []
    for index, (op, rule) in enumerate(zip(graph.ops, rules, strict=True)):
        activations = _activations(graph, op)
        touched = any(not kept[t].all() for t in (*activations.values(), *op.outputs))
        if rule is None or not touched:
            ops.append(op)
            continue
        inputs = {i: ranges[t] for i, t in activations.items()}
        ops.append(rule.rewrite(Node(graph, index), inputs, edit))
    for tensor, channels in left.items():
        if channels.size < kept[tensor].size:
            old = graph.tensors[tensor]
            edit.tensors[tensor] = replace(old, shape=(*old.shape[:-1], int(channels.size)))
    return replace(graph, tensors=tuple(edit.tensors), ops=tuple(ops))
