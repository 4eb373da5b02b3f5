"""int8 activations and int8 weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Constant, Node, Ref, Value
from tinyq.graph import DType


class Int8:
    """int32 biases, and sums of 32 bits."""

    suffix = "s8"
    activations = DType.INT8

    def objection(self, node: Node, channels: int) -> str:
        return (
            checks.meant_for((node.input(0), DType.INT8))
            or self._weights_objection(node)
            or checks.dtypes((node.output, DType.INT8))
            or bias_objection(node)
            or sums_objection(node, channels)
        )

    def _weights_objection(self, node: Node) -> str:
        if node.input(1).dtype is DType.INT4:
            return checks.meant_for((node.input(1), DType.INT8))
        return checks.dtypes((node.input(1), DType.INT8))

    def input_members(self, node: Node) -> Mapping[str, Value]:
        return {"input_zero_point": zero_point_of(node.input(0))}

    def packed(self, rows: NDArray[np.int8]) -> NDArray[Any]:
        return rows

    def output(self, node: Node, bias: NDArray[np.int64]) -> tuple[dict[str, Value], tuple[Constant, ...]]:
        scaling = weights.requantization(node)
        members: dict[str, Value] = {
            "bias": Ref("bias"),
            "multiplier": Ref("multiplier"),
            "shift": Ref("shift"),
            "multiplier_step": scaling.step,
        }
        return members, (
            Constant("bias", weights.wrapped(bias), "biases with what zero points add"),
            Constant("multiplier", scaling.multipliers, "output = sum * multiplier * 2^(shift - 31)"),
            Constant("shift", scaling.shifts),
        )


def bias_objection(node: Node) -> str:
    """Whether biases, if there are any, are int32."""
    bias = node.optional_input(2)
    return "" if bias is None else checks.dtypes((bias, DType.INT32))


def sums_objection(node: Node, channels: int) -> str:
    """Sums of products of 8-bit codes, before the bias, must fit 32 bits at every step."""
    return checks.require(weights.largest_magnitude(node, channels) * 255 < 2**31, "its sums can exceed 32 bits")


INT8 = Int8()
