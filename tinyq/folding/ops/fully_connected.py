"""FULLY_CONNECTED."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Node
from tinyq.codegen.ops.fully_connected import options_of
from tinyq.folding import weighted
from tinyq.folding.ranges import Integers, Mask, Range, channels_of
from tinyq.folding.rule import Edit, Masks, Ranges, register
from tinyq.graph import Op


class FullyConnected:
    """Sums over all inputs, which are the channels of one or, flattened by the operator, of several positions."""

    kinds = ("FULLY_CONNECTED",)

    def applies(self, node: Node) -> bool:
        bias = node.optional_input(2)
        divides = node.input(1).shape[1] % channels_of(node.input(0)) == 0
        return divides and (bias is None or bias.shape[-1:] == node.output.shape[-1:])

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        low, high = weighted.product_range(self._weights(node), inputs[0], zero_point_of(node.input(0)))
        return weighted.codes(node, options_of(node).activation, low.sum(axis=(1, 2)), high.sum(axis=(1, 2)))

    def reads(self, node: Node, inputs: Ranges, kept: Mask) -> Masks:
        used = self._weights(node)[kept].any(axis=(0, 1))
        return {0: used & ~self._foldable(node, inputs[0])}

    def brings(self, node: Node, kept: Masks) -> Mask:
        found = np.zeros(channels_of(node.output), np.bool_)
        weights = node.input(1).quantization
        if weights is not None and weights.is_per_channel:
            found[:2] = True  # with one scale TFLM would look at the bias' scale, and take it for all channels
        return found

    def rewrite(self, node: Node, inputs: Ranges, edit: Edit) -> Op:
        rows, channels = edit.kept[node.op.outputs[0]], edit.kept[node.op.inputs[0]]
        width = channels_of(node.input(0))
        gone = np.setdiff1d(np.arange(width), channels)
        extra = self._contributions(node, inputs[0])[:, gone].sum(axis=1)
        columns = (np.arange(node.input(1).shape[1] // width)[:, None] * width + channels).reshape(-1)
        weights = edit.taken(node.op.inputs[1], (0, rows), (1, columns))
        bias = weighted.with_bias(node, edit, extra, rows)
        return replace(node.op, inputs=(node.op.inputs[0], weights, bias)[: max(len(node.op.inputs), 2 + (bias >= 0))])

    def _weights(self, node: Node) -> Integers:
        """Weights less their zero point, ``[outputs, positions, channels]``."""
        quantization = node.input(1).quantization
        assert quantization is not None  # noqa: S101 - rules are for quantized operators
        zero_point = 0 if quantization.is_per_channel else quantization.scalar[1]
        return weighted.weights_of(node, zero_point).reshape(node.input(1).shape[0], -1, channels_of(node.input(0)))

    def _contributions(self, node: Node, source: Range) -> Integers:
        """What constant channels add to the sums, ``[outputs, channels]``; of others 0."""
        value = np.where(source.is_constant, source.low - zero_point_of(node.input(0)), 0)
        return np.asarray(self._weights(node).sum(axis=1) * value)

    def _foldable(self, node: Node, source: Range) -> Mask:
        if weighted.fits_bias(node, self._contributions(node, source)):
            return source.is_constant
        return np.asarray(source.is_constant & (source.low == zero_point_of(node.input(0))))


register(FullyConnected())
