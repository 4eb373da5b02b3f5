"""DEPTHWISE_CONV_2D of int8 with 3x3 filters for cores without the DSP extension: a plane for each channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks, paired, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import (
    Call,
    Constant,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Scratch,
    Target,
    register,
)
from tinyq.codegen.ops import depthwise_conv
from tinyq.codegen.ops.depthwise_conv import options_of
from tinyq.codegen.weights_s8 import INT8


def filters_of(node: Node) -> NDArray[np.int8]:
    """``[channels, 9]``"""
    filters = node.input(1).data
    assert filters is not None  # noqa: S101 - checked by depthwise_conv.objection()
    return np.ascontiguousarray(filters.reshape(9, -1).T)


def shape_objection(node: Node) -> str:
    """Whether filters and strides are others than these kernels know."""
    o = options_of(node)
    return (
        checks.require(node.input(1).shape[1:3] == (3, 3), "its filters are not 3x3")
        or checks.require((o.dilation_h, o.dilation_w) == (1, 1), "its filters are dilated")
        or checks.require((o.stride_h, o.stride_w) in ((1, 1), (2, 2)), "its strides are neither 1 nor 2")
        or checks.require(o.depth_multiplier == 1, "it has several outputs per input channel")
    )


class DepthwiseConvPlane:
    """``tq_depthwise_conv_plane_s8``."""

    kinds = ("DEPTHWISE_CONV_2D",)
    variant = "3x3, planes"

    def objection(self, node: Node, target: Target) -> str:
        return depthwise_conv.objection(INT8, node) or shape_objection(node) or paired.objection(node, target)

    def cost(self, node: Node, target: Target) -> float:
        batches, *_, channels = node.output.shape
        return 65.0 * node.output.elements + batches * channels * (100 + 6.0 * self._scratch_bytes(node))

    def emit(self, node: Node, target: Target) -> Emission:
        o, rows = options_of(node), filters_of(node)
        members, constants = paired.output(node, o.activation, weights.folded_bias(node, rows))
        params = Params(
            "tq_depthwise_conv_plane_s8_params",
            {
                "shape": weights.shape_members(node, o, *depthwise_conv.windows(node)),
                "input_zero_point": zero_point_of(node.input(0)),
                "plane_width": plane_width(node.output.shape[2], o.stride_w),
                **members,
            },
        )
        return Emission(
            calls=(Call("tq_depthwise_conv_plane_s8", (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_depthwise_conv_plane_s8.h",),
            params=params,
            constants=(Constant("weights", rows, "weights [channel][row][column]"), *constants),
            scratch_bytes=self._scratch_bytes(node),
        )

    def _scratch_bytes(self, node: Node) -> int:
        _, height, width, _ = node.output.shape
        return scratch_bytes(height, width, options_of(node).stride_h)


def plane_width(output_width: int, stride: int) -> int:
    """Columns that a filter reaches from an even number of positions."""
    return (output_width + output_width % 2 - 1) * stride + 3


def scratch_bytes(output_height: int, output_width: int, stride: int) -> int:
    """TQ_DEPTHWISE_CONV_PLANE_S8_SCRATCH_BYTES."""
    return ((output_height - 1) * stride + 3) * plane_width(output_width, stride)


register(DepthwiseConvPlane())
