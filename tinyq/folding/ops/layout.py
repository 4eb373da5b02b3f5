"""RESHAPE and CONCATENATION: the same codes in other places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyq.codegen.kernel import Node
from tinyq.codegen.ops.concatenation import axis_of
from tinyq.folding.ranges import Integers, Range, channels_of
from tinyq.folding.rule import Edit, Linked, Ranges, register
from tinyq.graph import Op
from tinyq.graph.options import ReshapeOptions


class Reshape(Linked):
    """Channels stay channels, or a row of the output holds the channels of several positions."""

    kinds = ("RESHAPE",)

    def applies(self, node: Node) -> bool:
        shape = node.optional_input(1)
        known = shape is None or shape.is_constant
        return known and not node.input(0).is_constant and channels_of(node.output) % channels_of(node.input(0)) == 0

    def links(self, node: Node) -> Mapping[int, Integers]:
        return {0: np.arange(channels_of(node.output)) % channels_of(node.input(0))}

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        return inputs[0].take(self.links(node)[0])

    def rewrite(self, node: Node, inputs: Ranges, edit: Edit) -> Op:
        output = (*node.output.shape[:-1], edit.kept[node.op.outputs[0]].size)
        new, options = list(node.op.inputs), node.op.options
        shape = node.optional_input(1)
        if shape is not None and shape.data is not None:
            data = np.array(output, shape.data.dtype)
            new[1] = edit.changed(new[1], replace(shape, shape=data.shape, data=data))
        if isinstance(options, ReshapeOptions) and options.new_shape:
            options = ReshapeOptions(output)
        return replace(node.op, inputs=tuple(new), options=options)


class Concatenation(Linked):
    """The inputs' channels one after another, or the same channels at other positions."""

    kinds = ("CONCATENATION",)

    def links(self, node: Node) -> Mapping[int, Integers]:
        channels = np.arange(channels_of(node.output))
        if axis_of(node) != len(node.output.shape) - 1:
            return dict.fromkeys(range(len(node.op.inputs)), channels)
        found, start = {}, 0
        for position in range(len(node.op.inputs)):
            size = channels_of(node.input(position))
            found[position] = np.where((channels >= start) & (channels < start + size), channels - start, -1)
            start += size
        return found

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        low = np.full(channels_of(node.output), np.iinfo(np.int64).max)
        high = np.full(channels_of(node.output), np.iinfo(np.int64).min)
        for position, link in self.links(node).items():
            source = inputs[position] if position in inputs else _range_of(node, position)
            here = link >= 0
            low[here] = np.minimum(low[here], source.low[link[here]])
            high[here] = np.maximum(high[here], source.high[link[here]])
        return Range(low, high)


def _range_of(node: Node, position: int) -> Range:
    """The codes of a constant."""
    tensor = node.input(position)
    assert tensor.data is not None  # noqa: S101 - only called for constants
    rows = tensor.data.reshape(-1, channels_of(tensor)).astype(np.int64)
    return Range(rows.min(axis=0), rows.max(axis=0))


register(Reshape())
register(Concatenation())
