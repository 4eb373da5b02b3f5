"""Pooling, MEAN and PAD: windows over positions of one channel."""

from __future__ import annotations

import math

import numpy as np

from tinyq.codegen.arithmetic import activation_range, scale_code, zero_point_of
from tinyq.codegen.kernel import Node
from tinyq.codegen.ops.mean import axes_of, scaling_of
from tinyq.codegen.ops.pad import paddings_of, value_of
from tinyq.codegen.ops.pool import options_of
from tinyq.folding.ranges import Range
from tinyq.folding.rule import Linked, Ranges, register

_LARGEST_VALUE = 2**31 - 2**16


class Pool(Linked):
    """The mean or maximum of codes lies among them; padding does not count."""

    kinds = ("AVERAGE_POOL_2D", "MAX_POOL_2D")

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        return inputs[0].clamped(*activation_range(options_of(node).activation, node.output))


class Mean(Linked):
    """MEAN over positions."""

    kinds = ("MEAN",)

    def applies(self, node: Node) -> bool:
        steep = scaling_of(node)[1] > 0  # sums may overflow
        return len(node.input(0).shape) - 1 not in axes_of(node) and not steep

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        count = math.prod(node.input(0).shape[a] for a in axes_of(node))
        whole = Range.whole(node.output)
        zero_point = zero_point_of(node.input(0))
        ends = []
        for codes in (inputs[0].low, inputs[0].high):
            found = [scale_code(count * (int(c) - zero_point), *scaling_of(node)) for c in codes]
            if any(abs(value) > _LARGEST_VALUE for value in found):
                return whole
            ends.append(np.array(found, np.int64) + zero_point_of(node.output))
        return Range(ends[0], ends[1]).clamped(int(whole.low[0]), int(whole.high[0]))


class Pad(Linked):
    """PAD of positions."""

    kinds = ("PAD", "PADV2")

    def applies(self, node: Node) -> bool:
        return len(node.output.shape) > 0 and paddings_of(node)[-1] == (0, 0)

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        padded = any(any(pair) for pair in paddings_of(node))
        return inputs[0].including(value_of(node)) if padded else inputs[0]


register(Pool())
register(Mean())
register(Pad())
