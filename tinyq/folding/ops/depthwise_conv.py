"""DEPTHWISE_CONV_2D."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Node
from tinyq.codegen.ops.depthwise_conv import options_of, windows
from tinyq.folding import weighted
from tinyq.folding.geometry import padded_taps
from tinyq.folding.ranges import Integers, Range
from tinyq.folding.rule import Edit, Linked, Ranges, register
from tinyq.graph import Op


class DepthwiseConv(Linked):
    """Each output channel has one input channel, each input channel ``depth_multiplier`` outputs."""

    kinds = ("DEPTHWISE_CONV_2D",)

    def applies(self, node: Node) -> bool:
        bias = node.optional_input(2)
        return bias is None or bias.shape[-1:] == node.output.shape[-1:]

    def links(self, node: Node) -> Mapping[int, Integers]:
        return {0: np.arange(node.output.shape[3]) // options_of(node).depth_multiplier}

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        o = options_of(node)
        padded = padded_taps(node, o, windows(node))
        weights = weighted.weights_of(node).reshape(-1, node.output.shape[3])
        low, high = weighted.product_range(weights, inputs[0].take(self.links(node)[0]), zero_point_of(node.input(0)))
        low[padded], high[padded] = np.minimum(low[padded], 0), np.maximum(high[padded], 0)
        return weighted.codes(node, o.activation, low.sum(axis=0), high.sum(axis=0))

    def rewrite(self, node: Node, inputs: Ranges, edit: Edit) -> Op:
        kept = edit.kept[node.op.outputs[0]]
        new = [node.op.inputs[0], edit.taken(node.op.inputs[1], (3, kept))]
        if node.op.input(2) >= 0:
            new.append(weighted.with_bias(node, edit, np.zeros(node.output.shape[3], np.int64), kept))
        return replace(node.op, inputs=tuple(new))


register(DepthwiseConv())
