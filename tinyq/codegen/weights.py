"""What convolutions and fully connected layers share: checks of weights and bias, and the members of their kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    activation_objection,
    activation_range,
    multiplier_objection,
    quantize_multiplier,
    scale_of,
    zero_point_of,
)
from tinyq.codegen.kernel import Constant, Node, Ref, Value
from tinyq.graph import DType, Tensor
from tinyq.graph.options import Activation


def objection(node: Node, activation: Activation, channels: int) -> str:
    """What speaks against int8 weights (input 1) and an optional bias (input 2)."""
    source, weights, bias, output = node.input(0), node.input(1), node.optional_input(2), node.output
    return (
        checks.dtypes((source, DType.INT8), (weights, DType.INT8), (output, DType.INT8))
        or checks.constant(weights, "weights")
        or checks.require(weights.elements > 0, "its weights are empty")
        or checks.quantized(source, output)
        or _weights_objection(weights, channels)
        or _bias_objection(bias, channels)
        or activation_objection(activation, output)
        or _sum_objection(weights, channels)
    )


def _weights_objection(weights: Tensor, channels: int) -> str:
    if weights.quantization is None:
        return "its weights have no quantization"
    scales = weights.quantization.scale
    return "" if scales.size in (1, channels) else f"its weights have {scales.size} scales for {channels} channels"


def _bias_objection(bias: Tensor | None, channels: int) -> str:
    if bias is None:
        return ""
    return (
        checks.dtypes((bias, DType.INT32))
        or checks.constant(bias, "biases")
        or checks.require(bias.elements == channels, f"it has {bias.elements} biases for {channels} channels")
    )


def _sum_objection(weights: Tensor, channels: int) -> str:
    """Sums of products of 8-bit codes, before the bias, must fit 32 bits at every step."""
    assert weights.data is not None  # noqa: S101 - checked before
    magnitudes = np.abs(weights.data.astype(np.int64))
    # channels are the first axis, but the last one of depthwise filters
    axes = tuple(range(1, magnitudes.ndim)) if weights.shape[0] == channels else tuple(range(magnitudes.ndim - 1))
    return checks.require(int(magnitudes.sum(axis=axes).max()) * 255 < 2**31, "its sums can exceed 32 bits")


@dataclass(frozen=True)
class Requantization:
    """Multipliers and shifts of the output channels: one each, or one for all."""

    multipliers: NDArray[np.int32]
    shifts: NDArray[np.int8]

    @property
    def step(self) -> int:
        """How far an index moves from channel to channel."""
        return 1 if self.multipliers.size > 1 else 0


def factors(node: Node) -> tuple[float, ...]:
    """input scale * weight scale / output scale of each weight scale, in double precision."""
    weights = node.input(1)
    assert weights.quantization is not None  # noqa: S101 - checked by objection()
    scale_in, scale_out = scale_of(node.input(0)), scale_of(node.output)
    return tuple(scale_in * float(s) / scale_out for s in weights.quantization.scale)


def factors_objection(found: tuple[float, ...]) -> str:
    """What speaks against some factors."""
    return checks.first(multiplier_objection(f) for f in found)


def requantization(found: tuple[float, ...]) -> Requantization:
    """Factors as the kernels take them."""
    pairs = [quantize_multiplier(f) for f in found]
    return Requantization(np.array([m for m, _ in pairs], np.int32), np.array([s for _, s in pairs], np.int8))


def bias_of(node: Node, channels: int) -> NDArray[np.int64]:
    """The biases, zeros where there are none."""
    bias = node.optional_input(2)
    if bias is None or bias.data is None:
        return np.zeros(channels, np.int64)
    return bias.data.reshape(-1).astype(np.int64)


def folded_bias(
    bias: NDArray[np.int64], weights: NDArray[np.int8], input_zero_point: int, weights_zero_point: int = 0
) -> NDArray[np.int32]:
    """Biases that hold the zero points, modulo 2^32, so that a kernel can use raw codes.

    sum((x - zx) * (w - zw)) + b = sum(x * w) - zw * sum(x) + [b - zx * sum(w - zw)]

    Right where padding, if there is any, is read as codes of the value ``input_zero_point``.

    Args:
        weights: ``[channels, depth]``.
    """
    sums = (weights.astype(np.int64) - weights_zero_point).sum(axis=1)
    return wrapped(bias - input_zero_point * sums)


def wrapped(values: NDArray[np.int64]) -> NDArray[np.int32]:
    """Modulo 2^32, as int32."""
    return (values & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def linear(
    node: Node, activation: Activation, weights: NDArray[np.int8], scaling: Requantization, weights_zero_point: int = 0
) -> tuple[dict[str, Value], tuple[Constant, ...]]:
    """Members and arrays of a ``tq_linear_s8_params``.

    Args:
        weights: ``[channels, depth]``.
    """
    channels, depth = weights.shape
    bias = folded_bias(bias_of(node, channels), weights, zero_point_of(node.input(0)), weights_zero_point)
    members: dict[str, Value] = {"depth": depth, **channel_members(node, activation, scaling)}
    return members, channel_constants(weights, "[channel][input]", bias, scaling, "biases with the input zero point")


def channel_members(node: Node, activation: Activation, scaling: Requantization) -> dict[str, Value]:
    """Members that say how sums become codes, the same in all kernels with weights."""
    low, high = activation_range(activation, node.output)
    return {
        "weights": Ref("weights"),
        "bias": Ref("bias"),
        "multiplier": Ref("multiplier"),
        "shift": Ref("shift"),
        "multiplier_step": scaling.step,
        "output_zero_point": zero_point_of(node.output),
        "output_min": low,
        "output_max": high,
    }


def channel_constants(
    weights: NDArray[np.int8],
    order: str,
    bias: NDArray[np.int32],
    scaling: Requantization,
    bias_comment: str = "biases",
) -> tuple[Constant, ...]:
    """The arrays that :func:`channel_members` refers to."""
    return (
        Constant("weights", weights, f"weights {order}"),
        Constant("bias", bias, bias_comment),
        Constant("multiplier", scaling.multipliers, "output = sum * multiplier * 2^(shift - 31)"),
        Constant("shift", scaling.shifts),
    )
