"""What convolutions and fully connected layers share: checks of weights and bias, and the members of their kernels.

The types that such an operator works on make a :class:`Family`. Each family has kernels of its own, and a module that
says what their weights, biases and multipliers look like; all else is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

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
from tinyq.codegen.shapes import Window
from tinyq.graph import DType, Tensor
from tinyq.graph.options import Activation, ConvOptions


class Family(Protocol):
    """Operators with weights whose tensors have certain types."""

    @property
    def suffix(self) -> str:
        """Of its kernels' names: "s8"."""

    @property
    def activations(self) -> DType:
        """Type of inputs and outputs."""

    def objection(self, node: Node, channels: int) -> str:
        """What speaks against the types of a node's tensors, against its biases, or against how large its sums get."""

    def input_members(self, node: Node) -> Mapping[str, Value]:
        """Members of a convolution that say what padding holds."""

    def packed(self, rows: NDArray[np.int8]) -> NDArray[Any]:
        """Weights ``[rows, columns]`` as they lie in flash."""

    def output(self, node: Node, bias: NDArray[np.int64]) -> tuple[dict[str, Value], tuple[Constant, ...]]:
        """Members and arrays that say how sums become codes, apart from zero point and limits.

        Args:
            bias: What is added to the sum of each channel.
        """


def objection(family: Family, node: Node, activation: Activation, channels: int) -> str:
    """What speaks against constant weights (input 1) and an optional bias (input 2)."""
    weights = node.input(1)
    return (
        checks.constant(weights, "weights")
        or checks.require(weights.elements > 0, "its weights are empty")
        or checks.quantized(node.input(0), node.output)
        or _weights_objection(weights, channels)
        or _bias_objection(node.optional_input(2), channels)
        or family.objection(node, channels)
        or activation_objection(activation, node.output)
        or checks.first(multiplier_objection(f) for f in factors(node))
    )


def _weights_objection(weights: Tensor, channels: int) -> str:
    if weights.quantization is None:
        return "its weights have no quantization"
    scales = weights.quantization.scale
    return "" if scales.size in (1, channels) else f"its weights have {scales.size} scales for {channels} channels"


def _bias_objection(bias: Tensor | None, channels: int) -> str:
    if bias is None:
        return ""
    return checks.constant(bias, "biases") or checks.require(
        bias.elements == channels, f"it has {bias.elements} biases for {channels} channels"
    )


def largest_magnitude(node: Node, channels: int) -> int:
    """The largest sum of the magnitudes of one channel's weights, less their zero point."""
    weights = node.input(1)
    assert weights.data is not None and weights.quantization is not None  # noqa: S101 - checked before
    zero_point = int(np.abs(weights.quantization.zero_point).max())
    magnitudes = np.abs(weights.data.astype(np.int64)) + zero_point
    # channels are the first axis, but the last one of depthwise filters
    axes = tuple(range(1, magnitudes.ndim)) if weights.shape[0] == channels else tuple(range(magnitudes.ndim - 1))
    return int(magnitudes.sum(axis=axes).max())


def factors(node: Node) -> tuple[float, ...]:
    """input scale * weight scale / output scale of each weight scale, in double precision."""
    weights = node.input(1)
    assert weights.quantization is not None  # noqa: S101 - checked by objection()
    scale_in, scale_out = scale_of(node.input(0)), scale_of(node.output)
    return tuple(scale_in * float(s) / scale_out for s in weights.quantization.scale)


@dataclass(frozen=True)
class Requantization:
    """Multipliers and shifts of the output channels: one each, or one for all."""

    multipliers: NDArray[np.int32]
    shifts: NDArray[np.int8]

    @property
    def step(self) -> int:
        """How far an index moves from channel to channel."""
        return 1 if self.multipliers.size > 1 else 0


def requantization(node: Node) -> Requantization:
    """The node's factors as 31-bit multipliers and shifts."""
    pairs = [quantize_multiplier(f) for f in factors(node)]
    return Requantization(np.array([m for m, _ in pairs], np.int32), np.array([s for _, s in pairs], np.int8))


def bias_of(node: Node, channels: int) -> NDArray[np.int64]:
    """The biases, zeros where there are none."""
    bias = node.optional_input(2)
    if bias is None or bias.data is None:
        return np.zeros(channels, np.int64)
    return bias.data.reshape(-1).astype(np.int64)


def folded_bias(node: Node, rows: NDArray[np.int8], zero_point: int = 0) -> NDArray[np.int64]:
    """Biases that hold the zero points, so that a kernel can use raw codes.

    sum((x - zx) * (w - zw)) + b = sum(x * w) - zw * sum(x) + [b - zx * sum(w - zw)]

    Right where padding, if there is any, is read as codes of the value of the input's zero point.

    Args:
        rows: Weights ``[channels, depth]``.
        zero_point: Of the weights.
    """
    bias = bias_of(node, rows.shape[0])
    bias -= zero_point_of(node.input(0)) * (rows.astype(np.int64) - zero_point).sum(axis=1)
    return bias


def wrapped(values: NDArray[np.int64]) -> NDArray[np.int32]:
    """Modulo 2^32, as int32."""
    return (values & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def linear(
    family: Family, node: Node, activation: Activation, rows: NDArray[np.int8], zero_point: int = 0
) -> tuple[dict[str, Value], tuple[Constant, ...]]:
    """Members and arrays of a ``tq_linear_*_params``.

    Args:
        rows: Weights ``[channels, depth]``.
        zero_point: Of the weights.
    """
    members, constants = channels(
        family, node, activation, rows, "[channel][input]", folded_bias(node, rows, zero_point)
    )
    return {"depth": rows.shape[1], **members}, constants


def channels(
    family: Family, node: Node, activation: Activation, rows: NDArray[np.int8], order: str, bias: NDArray[np.int64]
) -> tuple[dict[str, Value], tuple[Constant, ...]]:
    """The members ``weights`` and ``output`` that all kernels with weights have, and their arrays.

    Args:
        rows: Weights as a matrix, as the kernel reads them.
        order: What the matrix' axes are.
        bias: What the kernel adds to each channel's sum.
    """
    low, high = activation_range(activation, node.output)
    output, constants = family.output(node, bias)
    limits: dict[str, Value] = {"zero_point": zero_point_of(node.output), "min": low, "max": high}
    weights = Constant("weights", family.packed(rows), f"weights {order}")
    return {"weights": Ref("weights"), "output": {**output, **limits}}, (weights, *constants)


def shape_members(node: Node, options: ConvOptions, height: Window, width: Window) -> dict[str, Value]:
    """Members of a ``tq_conv_shape``."""
    source, filters, output = node.input(0).shape, node.input(1).shape, node.output.shape
    return {
        "batches": source[0],
        "input_height": source[1],
        "input_width": source[2],
        "input_channels": source[3],
        "output_height": output[1],
        "output_width": output[2],
        "output_channels": output[3],
        "filter_height": filters[1],
        "filter_width": filters[2],
        "stride_height": options.stride_h,
        "stride_width": options.stride_w,
        "dilation_height": options.dilation_h,
        "dilation_width": options.dilation_w,
        "padding_top": height.padding,
        "padding_left": width.padding,
    }
