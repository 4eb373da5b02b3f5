"""DEPTHWISE_CONV_2D, any shape."""

from __future__ import annotations

from tinyq.codegen import checks, weights
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.raster import window_lead
from tinyq.codegen.shapes import Window, window
from tinyq.codegen.weights import Family
from tinyq.codegen.weights_s8 import INT8
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


def objection(family: Family, node: Node) -> str:
    """What speaks against a DEPTHWISE_CONV_2D, whatever the kernel."""
    return (
        checks.arity(node, range(2, 4))
        or checks.rank(node.input(0), 4)
        or checks.rank(node.input(1), 4)
        or shape_objection(node)
        or weights.objection(family, node, options_of(node).activation, node.input(1).shape[3])
    )


def shape_objection(node: Node) -> str:
    """What speaks against the shapes, whatever the types."""
    o = options_of(node)
    if min(o.stride_h, o.stride_w, o.dilation_h, o.dilation_w, *node.input(1).shape) < 1:
        return "its strides, dilations and weights' sizes must be positive"
    channels, (first, *_, outputs) = node.input(0).shape[3], node.input(1).shape
    if first != 1 or outputs != channels * o.depth_multiplier:
        return f"{channels} channels times depth multiplier {o.depth_multiplier} do not make {outputs} filters"
    height, width = windows(node)
    return checks.shape(node.output, (node.input(0).shape[0], height.outputs, width.outputs, outputs))


class DepthwiseConv:
    """``tq_depthwise_conv_*``."""

    kinds = ("DEPTHWISE_CONV_2D",)
    variant = "portable"

    def __init__(self, family: Family = INT8) -> None:
        self._family = family

    def objection(self, node: Node, target: Target) -> str:
        return objection(self._family, node)

    def cost(self, node: Node, target: Target) -> float:
        return 12.5 * macs(node.graph, node.op) + 63 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        o, family, filters = options_of(node), self._family, node.input(1)
        assert filters.data is not None  # noqa: S101 - checked by objection()
        channels = filters.shape[3]
        bias = weights.bias_of(node, channels)
        taps = filters.data.reshape(-1, channels)
        members, constants = weights.channels(family, node, o.activation, taps, "[row][column][channel]", bias)
        function = f"tq_depthwise_conv_{family.suffix}"
        params = Params(
            f"{function}_params",
            {
                "shape": weights.shape_members(node, o, *windows(node)),
                "depth_multiplier": o.depth_multiplier,
                **family.input_members(node),
                **members,
            },
        )
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output())),),
            headers=(f"{function}.h",),
            params=params,
            constants=constants,
            leads={0: self._lead(node)},
        )

    def _lead(self, node: Node) -> int:
        """Of several outputs per input channel the first is written while that channel is still read."""
        o, output = options_of(node), node.output
        lead = window_lead(node, windows(node), (o.stride_h, o.stride_w), by_channel=True)
        return lead + (output.nbytes // (output.elements // output.shape[3]) if o.depth_multiplier > 1 else 0)


register(DepthwiseConv(), "int8")
