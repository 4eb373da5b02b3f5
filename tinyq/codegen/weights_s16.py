"""int16 activations and int8 weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks, weights
from tinyq.codegen.arithmetic import quantize_multiplier, reduced_multiplier, zero_point_of
from tinyq.codegen.kernel import Constant, Node, Ref, Value
from tinyq.graph import DType

_LARGEST_CODE = 2**15
_MAX_SHIFT = 7  # of TFLM's scaling of 64-bit sums


class Int16:
    """int64 biases and 64-bit sums, or int32 biases and 32-bit sums, as ``tq_output_s16.h`` tells them apart."""

    suffix = "s16"
    activations = DType.INT16

    def objection(self, node: Node, channels: int) -> str:
        return (
            checks.meant_for((node.input(0), DType.INT16))
            or checks.dtypes((node.output, DType.INT16))
            or checks.require(
                node.input(1).dtype is not DType.INT4, "TFLM has no kernel for int16 inputs with int4 weights"
            )
            or checks.dtypes((node.input(1), DType.INT8))
            or self._zero_point_objection(node)
            or self._bias_objection(node)
            or self._sums_objection(node, channels)
        )

    def _zero_point_objection(self, node: Node) -> str:
        """TFLM's convolutions of int16 ignore zero points, which would be wrong wherever there are any."""
        both_zero = zero_point_of(node.input(0)) == zero_point_of(node.output) == 0
        return checks.require(both_zero or node.op.kind == "FULLY_CONNECTED", "its int16 tensors have zero points")

    def _bias_objection(self, node: Node) -> str:
        bias = node.optional_input(2)
        if bias is None or bias.dtype is DType.INT64:
            return ""
        if node.op.kind == "DEPTHWISE_CONV_2D":
            return checks.dtypes((bias, DType.INT64))
        return checks.require(bias.dtype is DType.INT32, f"its biases are {bias.dtype}, neither int64 nor int32")

    def _sums_objection(self, node: Node, channels: int) -> str:
        largest_input = _LARGEST_CODE + abs(zero_point_of(node.input(0)))
        largest = weights.largest_magnitude(node, channels) * largest_input
        narrow = has_narrow_sums(node) or node.op.kind == "DEPTHWISE_CONV_2D"
        if narrow and largest >= 2**31:
            return "its sums can exceed 32 bits"
        if has_narrow_sums(node):
            return ""
        largest += max(abs(int(b)) for b in weights.bias_of(node, channels))
        if largest >= 2**47:
            return "its sums can exceed 48 bits"
        steepest = max(quantize_multiplier(f)[1] for f in weights.factors(node))
        return checks.require(steepest <= _MAX_SHIFT, f"the scales of its tensors differ by more than 2^{_MAX_SHIFT}")

    def input_members(self, node: Node) -> Mapping[str, Value]:
        return {}

    def packed(self, rows: NDArray[np.int8]) -> NDArray[Any]:
        return rows

    def output(self, node: Node, bias: NDArray[np.int64]) -> tuple[dict[str, Value], tuple[Constant, ...]]:
        bias_name, bias_data = _narrowest(weights.wrapped(bias).astype(np.int64) if has_narrow_sums(node) else bias)
        scaling = weights.requantization(node)
        if has_narrow_sums(node):
            name, comment, multipliers = "multiplier_of_32", "2^(shift - 31)", scaling.multipliers
        else:
            reduced = [reduced_multiplier(int(m)) for m in scaling.multipliers]
            name, comment, multipliers = "multiplier", "2^(shift - 15)", np.array(reduced, np.int16)
        members: dict[str, Value] = {
            bias_name: Ref("bias"),
            name: Ref("multiplier"),
            "shift": Ref("shift"),
            "multiplier_step": scaling.step,
        }
        return members, (
            Constant("bias", bias_data, "biases with what zero points add"),
            Constant("multiplier", multipliers, f"output = sum * multiplier * {comment}"),
            Constant("shift", scaling.shifts),
        )


def has_narrow_sums(node: Node) -> bool:
    """Whether TFLM adds up in 32 bits."""
    bias = node.optional_input(2)
    return bias is not None and bias.dtype is DType.INT32


def _narrowest(bias: NDArray[np.int64]) -> tuple[str, NDArray[Any]]:
    """The member for biases, and the biases in the type that is wide enough for all of them."""
    limits = np.iinfo(np.int32)
    fits = bool(((bias >= limits.min) & (bias <= limits.max)).all())
    return ("bias", bias.astype(np.int32)) if fits else ("wide_bias", bias)


INT16 = Int16()
