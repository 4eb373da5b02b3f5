"""CONV_2D, any shape."""

from __future__ import annotations

from tinyq.codegen import checks, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import (
    Call,
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
from tinyq.codegen.shapes import Window, window
from tinyq.graph import macs
from tinyq.graph.options import ConvOptions


def options_of(node: Node) -> ConvOptions:
    """The operator's options."""
    assert isinstance(node.op.options, ConvOptions)  # noqa: S101 - the reader gives CONV_2D these
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
    """What speaks against a CONV_2D, whatever the kernel."""
    return (
        checks.arity(node, range(2, 4))
        or checks.rank(node.input(0), 4)
        or checks.rank(node.input(1), 4)
        or _shape_objection(node)
        or weights.objection(node, options_of(node).activation, node.input(1).shape[0])
        or weights.factors_objection(weights.factors(node))
    )


def _shape_objection(node: Node) -> str:
    o = options_of(node)
    if min(o.stride_h, o.stride_w, o.dilation_h, o.dilation_w, *node.input(1).shape) < 1:
        return "its strides, dilations and weights' sizes must be positive"
    channels, (outputs, *_, depth) = node.input(0).shape[3], node.input(1).shape
    if channels % depth or outputs % (channels // depth):
        return f"{channels} input channels and {outputs} output channels make no groups of depth {depth}"
    height, width = windows(node)
    return checks.shape(node.output, (node.input(0).shape[0], height.outputs, width.outputs, outputs))


class Conv:
    """``tq_conv_s8``: gathers the inputs under each filter position, so any geometry will do."""

    kinds = ("CONV_2D",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return objection(node)

    def cost(self, node: Node, target: Target) -> float:
        _, height, width, channels = node.output.shape
        patch = node.input(1).elements / channels
        return 2.75 * macs(node.graph, node.op) + height * width * (2 * patch + 20 * channels)

    def emit(self, node: Node, target: Target) -> Emission:
        o, (height, width) = options_of(node), windows(node)
        source, filters, output = node.input(0), node.input(1), node.output
        assert filters.data is not None  # noqa: S101 - checked by objection()
        channels, filter_height, filter_width, depth = filters.shape
        matrix = filters.data.reshape(channels, -1)
        members, constants = weights.linear(
            node, o.activation, matrix, weights.requantization(weights.factors(node))
        )  # fmt: skip
        params = Params(
            "tq_conv_s8_params",
            {
                "batches": source.shape[0],
                "input_height": source.shape[1],
                "input_width": source.shape[2],
                "input_channels": source.shape[3],
                "output_height": output.shape[1],
                "output_width": output.shape[2],
                "output_channels": output.shape[3],
                "filter_height": filter_height,
                "filter_width": filter_width,
                "stride_height": o.stride_h,
                "stride_width": o.stride_w,
                "dilation_height": o.dilation_h,
                "dilation_width": o.dilation_w,
                "padding_top": height.padding,
                "padding_left": width.padding,
                "groups": source.shape[3] // depth,
                "input_zero_point": zero_point_of(source),
                "linear": members,
            },
        )
        return Emission(
            calls=(Call("tq_conv_s8", (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_conv_s8.h",),
            params=params,
            constants=constants,
            scratch_bytes=scratch_bytes(filter_height, filter_width, source.shape[3], source.shape[3] // depth),
        )


def scratch_bytes(filter_height: int, filter_width: int, input_channels: int, groups: int) -> int:
    """TQ_CONV_S8_SCRATCH_BYTES."""
    return filter_height * filter_width * (input_channels // groups)


register(Conv())
