"""DEPTHWISE_CONV_2D, any shape."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import checks, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.shapes import Window, window
from tinyq.graph import macs
from tinyq.graph.options import DepthwiseConvOptions


def options_of(node: Node) -> DepthwiseConvOptions:
    """The operator's options."""
    assert isinstance(node.op.options, DepthwiseConvOptions)  # noqa: S101 - the reader gives it these
    return node.op.options


def windows(node: Node) -> tuple[Window, Window]:
    """Height and width."""
    o = options_of(node)
    _, height, width, _ = node.input(0).shape
    _, filter_height, filter_width, _ = node.input(1).shape
    return (
        window(o.padding, height, filter_height, o.stride_h, o.dilation_h),
        window(o.padding, width, filter_width, o.stride_w, o.dilation_w),
    )


def objection(node: Node) -> str:
    """What speaks against a DEPTHWISE_CONV_2D, whatever the kernel."""
    return (
        checks.arity(node, range(2, 4))
        or checks.rank(node.input(0), 4)
        or checks.rank(node.input(1), 4)
        or _shape_objection(node)
        or weights.objection(node, options_of(node).activation, node.input(1).shape[3])
        or weights.factors_objection(weights.factors(node))
    )


def _shape_objection(node: Node) -> str:
    o = options_of(node)
    if min(o.stride_h, o.stride_w, o.dilation_h, o.dilation_w, *node.input(1).shape) < 1:
        return "its strides, dilations and weights' sizes must be positive"
    channels, (first, *_, outputs) = node.input(0).shape[3], node.input(1).shape
    if first != 1 or outputs != channels * o.depth_multiplier:
        return f"{channels} channels times depth multiplier {o.depth_multiplier} do not make {outputs} filters"
    height, width = windows(node)
    return checks.shape(node.output, (node.input(0).shape[0], height.outputs, width.outputs, outputs))


class DepthwiseConv:
    """``tq_depthwise_conv_s8``."""

    kinds = ("DEPTHWISE_CONV_2D",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return objection(node)

    def cost(self, node: Node, target: Target) -> float:
        return 6.0 * macs(node.graph, node.op) + 60 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        o, (height, width) = options_of(node), windows(node)
        source, filters, output = node.input(0), node.input(1), node.output
        assert filters.data is not None  # noqa: S101 - checked by objection()
        scaling = weights.requantization(weights.factors(node))
        bias = weights.bias_of(node, filters.shape[3]).astype(np.int32)
        params = Params(
            "tq_depthwise_conv_s8_params",
            {
                "batches": source.shape[0],
                "input_height": source.shape[1],
                "input_width": source.shape[2],
                "input_channels": source.shape[3],
                "output_height": output.shape[1],
                "output_width": output.shape[2],
                "depth_multiplier": o.depth_multiplier,
                "filter_height": filters.shape[1],
                "filter_width": filters.shape[2],
                "stride_height": o.stride_h,
                "stride_width": o.stride_w,
                "dilation_height": o.dilation_h,
                "dilation_width": o.dilation_w,
                "padding_top": height.padding,
                "padding_left": width.padding,
                "input_zero_point": zero_point_of(source),
                **weights.channel_members(node, o.activation, scaling),
            },
        )
        return Emission(
            calls=(Call("tq_depthwise_conv_s8", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_depthwise_conv_s8.h",),
            params=params,
            constants=weights.channel_constants(filters.data, "[row][column][channel]", bias, scaling),
        )


register(DepthwiseConv())
