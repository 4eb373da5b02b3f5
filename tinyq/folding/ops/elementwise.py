"""ADD and MUL, with broadcasting, and functions of one operand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import numpy as np

from tinyq.codegen.arithmetic import activation_range, quantize_multiplier, scale_code, zero_point_of
from tinyq.codegen.kernel import Node
from tinyq.codegen.ops.add import HEADROOM_BITS, operand_factors
from tinyq.codegen.ops.mul import factor_of
from tinyq.folding.ranges import Integers, Range, channels_of
from tinyq.folding.rule import Linked, Ranges, register
from tinyq.graph.options import AddOptions, MulOptions

_LARGEST_VALUE = 2**31 - 2**16


class Binary(Linked, ABC):
    """An operand with one channel only is read for all of them."""

    def links(self, node: Node) -> Mapping[int, Integers]:
        channels = channels_of(node.output)
        return {
            i: np.arange(channels) if channels_of(node.input(i)) == channels else np.zeros(channels, np.int64)
            for i in range(2)
        }

    def outputs(self, node: Node, inputs: Ranges) -> Range:
        options = node.op.options
        assert isinstance(options, AddOptions | MulOptions)  # noqa: S101 - the reader gives these operators them
        least, greatest = activation_range(options.activation, node.output)
        found = Range.between(least, greatest, channels_of(node.output))
        operands = [self._operand(node, i, inputs).take(link) for i, link in self.links(node).items()]
        compute = self._function(node)
        for channel in range(channels_of(node.output)):
            (a, b), (c, d) = ((int(r.low[channel]), int(r.high[channel])) for r in operands)
            # both functions are monotone in each operand, so their extremes are at the corners
            corners = [compute(x, y) for x in (a, b) for y in (c, d)]
            if all(abs(value) < _LARGEST_VALUE for value in corners):
                found.low[channel] = min(max(min(corners), least), greatest)
                found.high[channel] = min(max(*corners, least), greatest)
        return found

    def _operand(self, node: Node, position: int, inputs: Ranges) -> Range:
        tensor = node.input(position)
        if tensor.data is None:
            return inputs[position]
        rows = tensor.data.reshape(-1, channels_of(tensor)).astype(np.int64)
        return Range(rows.min(axis=0), rows.max(axis=0))

    @abstractmethod
    def _function(self, node: Node) -> Callable[[int, int], int]:
        """The code of a result, before it is limited."""


class Add(Binary):
    """ADD."""

    kinds = ("ADD",)

    def _function(self, node: Node) -> Callable[[int, int], int]:
        first, second, total = (quantize_multiplier(f) for f in operand_factors(node))
        zeros = zero_point_of(node.input(0)), zero_point_of(node.input(1))
        unit, zero_point = 1 << HEADROOM_BITS[node.output.dtype], zero_point_of(node.output)

        def compute(a: int, b: int) -> int:
            scaled = scale_code((a - zeros[0]) * unit, *first) + scale_code((b - zeros[1]) * unit, *second)
            return scale_code(scaled, *total) + zero_point

        return compute


class Mul(Binary):
    """MUL."""

    kinds = ("MUL",)

    def applies(self, node: Node) -> bool:
        return quantize_multiplier(factor_of(node))[1] <= 0  # else products may overflow, and nothing be monotone

    def _function(self, node: Node) -> Callable[[int, int], int]:
        multiplier, shift = quantize_multiplier(factor_of(node))
        zeros, zero_point = (zero_point_of(node.input(0)), zero_point_of(node.input(1))), zero_point_of(node.output)

        def compute(a: int, b: int) -> int:
            return scale_code((a - zeros[0]) * (b - zeros[1]), multiplier, shift) + zero_point

        return compute


class Unary(Linked):
    """Functions of single codes: unread channels go, values are not followed."""

    kinds = (
        "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU", "LOGISTIC", "TANH", "HARD_SWISH", "ELU", "GELU",
        "ABS", "NEG", "EXP", "LOG", "SQRT", "RSQRT", "SQUARE", "QUANTIZE", "DEQUANTIZE",
    )  # fmt: skip

    def applies(self, node: Node) -> bool:
        return len(node.op.inputs) == 1 and node.input(0).shape == node.output.shape


register(Add())
register(Mul())
register(Unary())
