"""CONV_2D."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Node
from tinyq.codegen.ops.conv import options_of, windows
from tinyq.folding import weighted
from tinyq.folding.geometry import padded_taps
from tinyq.folding.ranges import Integers, Mask, Range
from tinyq.folding.rule import Edit, Masks, Ranges, register
from tinyq.graph import Op


class Conv:
    """Sums over all input channels: constant ones go into the biases, those with zero weights just go."""

    kinds = ("CONV_2D",)

    def applies(self, node: Node) -> bool:
        grouped = node.input(0).shape[3] != node.input(1).shape[3]
        bias = node.optional_input(2)
        return not grouped and (bias is None or bias.shape[-1:] == node.output.shape[-1:])

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        weights = self._taps(node)
        low, high = weighted.product_range(weights, inputs[0], zero_point_of(node.input(0)))
        low, high = low.sum(axis=2), high.sum(axis=2)
        padded = padded_taps(node, options_of(node), windows(node))
        low[:, padded], high[:, padded] = np.minimum(low[:, padded], 0), np.maximum(high[:, padded], 0)
        return weighted.codes(node, options_of(node).activation, low.sum(axis=1), high.sum(axis=1))

    def reads(self, node: Node, inputs: Ranges, kept: Mask) -> Masks:
        used = self._taps(node)[kept].any(axis=(0, 1))
        return {0: used & ~self._foldable(node, inputs[0])}

    def brings(self, node: Node, kept: Masks) -> Mask:
        return np.zeros(node.output.shape[3], np.bool_)

    def rewrite(self, node: Node, inputs: Ranges, edit: Edit) -> Op:
        rows, columns = edit.kept[node.op.outputs[0]], edit.kept[node.op.inputs[0]]
        gone = np.setdiff1d(np.arange(node.input(0).shape[3]), columns)
        extra = self._contributions(node, inputs[0])[:, gone].sum(axis=1)
        weights = edit.taken(node.op.inputs[1], (0, rows), (3, columns))
        bias = weighted.with_bias(node, edit, extra, rows)
        return replace(node.op, inputs=(node.op.inputs[0], weights, bias)[: max(len(node.op.inputs), 2 + (bias >= 0))])

    def _taps(self, node: Node) -> Integers:
        """Weights ``[outputs, taps, inputs]``."""
        outputs, _, _, depth = node.input(1).shape
        return weighted.weights_of(node).reshape(outputs, -1, depth)

    def _contributions(self, node: Node, source: Range) -> Integers:
        """What constant channels add to every sum, ``[outputs, inputs]``; of others 0."""
        value = np.where(source.is_constant, source.low - zero_point_of(node.input(0)), 0)
        return np.asarray(self._taps(node).sum(axis=1) * value)

    def _foldable(self, node: Node, source: Range) -> Mask:
        """Channels that add the same to a sum wherever it is taken: also at the border, where padding adds nothing."""
        silent = source.is_constant & (source.low == zero_point_of(node.input(0)))
        if not weighted.fits_bias(node, self._contributions(node, source)):
            return np.asarray(silent)
        padded = padded_taps(node, options_of(node), windows(node))
        same_at_borders = ~self._taps(node)[:, padded].any(axis=(0, 1))
        return np.asarray(silent | (source.is_constant & same_at_borders))


register(Conv())
