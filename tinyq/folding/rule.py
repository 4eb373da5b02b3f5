"""What folding knows of operators: a rule for each kind, found in the modules of :mod:`tinyq.folding.ops`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Protocol, TypeAlias

import numpy as np

from tinyq.codegen.kernel import HOST, Node, Target, kernels_for
from tinyq.folding.ranges import Integers, Mask, Range, channels_of
from tinyq.graph import DType, Graph, Op, Quantization, Tensor

Ranges: TypeAlias = Mapping[int, Range]
"""By position of the inputs that are not constant."""
Masks: TypeAlias = Mapping[int, Mask]
"""Which channels are kept, by position of the inputs that are not constant."""


class Rule(Protocol):
    """How channels pass through an operator. All methods get operators only that :func:`rule_for` found sound."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The operators it is for."""

    def applies(self, node: Node) -> bool:
        """Whether it knows this one; else nothing is removed around it."""

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        """The codes that each channel of the output can take."""

    def reads(self, node: Node, inputs: Ranges, kept: Mask) -> Masks:
        """Channels of the inputs that the kept channels of the output cannot do without."""

    def brings(self, node: Node, kept: Masks) -> Mask:
        """Channels of the output that must be there if those of the inputs are."""

    def rewrite(self, node: Node, inputs: Ranges, edit: Edit) -> Op:
        """The operator on what is kept."""


@dataclass
class Edit:
    """A graph that is being rewritten.

    Attributes:
        graph: The original.
        kept: Channels that are kept, ascending, by activation tensor.
        tensors: The tensors of the new graph; the original ones keep their indices.
    """

    graph: Graph
    kept: Mapping[int, Integers]
    tensors: list[Tensor] = field(default_factory=list)

    def taken(self, index: int, *places: tuple[int, Integers]) -> int:
        """A constant with only some places along some axes.

        Args:
            index: The constant.
            places: (axis, what is left of it).
        """
        tensor = self.graph.tensors[index]
        assert tensor.data is not None  # noqa: S101 - only called for constants
        data, quantization = tensor.data, tensor.quantization
        for axis, left in places:
            data = np.take(data, left, axis)
            if quantization is not None and quantization.is_per_channel and quantization.axis == axis % data.ndim:
                zero_point = quantization.zero_point
                quantization = Quantization(
                    quantization.scale[left], zero_point[left] if zero_point.size > 1 else zero_point, quantization.axis
                )
        return self.changed(index, replace(tensor, shape=data.shape, data=data, quantization=quantization))

    def changed(self, index: int, tensor: Tensor) -> int:
        """Put a constant in the place of another one, or beside it if others read that."""
        if len(self.graph.consumers.get(index, ())) > 1:
            return self.added(tensor)
        self.tensors[index] = tensor
        return index

    def added(self, tensor: Tensor) -> int:
        """Append a tensor."""
        self.tensors.append(tensor)
        return len(self.tensors) - 1


class Linked:
    """Base of rules for operators that compute each output channel from one channel of each input."""

    kinds: tuple[str, ...] = ()

    def applies(self, node: Node) -> bool:
        return True

    def links(self, node: Node) -> Mapping[int, Integers]:
        """By input position: for each channel of the output the channel of the input that it comes from, or -1."""
        return {0: np.arange(channels_of(node.output))}

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        """Nothing is known unless a subclass knows it."""
        return Range.whole(node.output)

    def reads(self, node: Node, inputs: Ranges, kept: Mask) -> Masks:
        found = {}
        for position, link in self.links(node).items():
            if not node.input(position).is_constant:
                mask = np.zeros(channels_of(node.input(position)), np.bool_)
                mask[link[kept & (link >= 0)]] = True
                found[position] = mask
        return found

    def brings(self, node: Node, kept: Masks) -> Mask:
        found = np.zeros(channels_of(node.output), np.bool_)
        for position, link in self.links(node).items():
            if position in kept:
                found |= kept[position][link] & (link >= 0)
        return found

    def rewrite(self, node: Node, inputs: Ranges, edit: Edit) -> Op:
        kept = edit.kept[node.op.outputs[0]]
        new = list(node.op.inputs)
        for position, link in self.links(node).items():
            tensor = node.input(position)
            if tensor.is_constant and channels_of(tensor) > 1:
                left = link[kept]
                new[position] = edit.taken(new[position], (len(tensor.shape) - 1, left[left >= 0]))
        return replace(node.op, inputs=tuple(new))


_RULES: list[Rule] = []


_CODES = (DType.INT8, DType.INT16)


def register(rule: Rule) -> None:
    """Add a rule."""
    _RULES.append(rule)


def rule_for(node: Node) -> Rule | None:
    """The rule for an operator; None if there is none, it works on other values than codes, or it is not sound."""
    _discover()
    if len(node.op.outputs) != 1:
        return None
    if any(t.dtype not in _CODES for t in (*node.inputs, node.output) if not t.is_constant):
        return None
    rule = next((r for r in _RULES if node.op.kind in r.kinds), None)
    if rule is None or not _is_sound(node) or not rule.applies(node):
        return None
    return rule


def _is_sound(node: Node) -> bool:
    """Whether the engine's portable kernels can do it: then its tensors' shapes and types go together."""
    host = Target.of(HOST)
    return any(not kernel.objection(node, host) for kernel in kernels_for(node.op.kind))


@cache
def _discover() -> None:
    import tinyq.folding.ops as package

    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        importlib.import_module(f"{package.__name__}.{module.name}")
