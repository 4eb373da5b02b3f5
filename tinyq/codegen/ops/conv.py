"""CONV_2D, any shape."""

from __future__ import annotations

from tinyq.codegen import checks, weights
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
from tinyq.codegen.raster import window_lead
from tinyq.codegen.shapes import Window, window
from tinyq.codegen.weights import Family
from tinyq.codegen.weights_s8 import INT8
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


def objection(family: Family, node: Node) -> str:
    """What speaks against a CONV_2D, whatever the kernel."""
    return (
        checks.arity(node, range(2, 4))
        or checks.rank(node.input(0), 4)
        or checks.rank(node.input(1), 4)
        or shape_objection(node)
        or weights.objection(family, node, options_of(node).activation, node.input(1).shape[0])
    )


def shape_objection(node: Node) -> str:
    """What speaks against the shapes, whatever the types."""
    o = options_of(node)
    if min(o.stride_h, o.stride_w, o.dilation_h, o.dilation_w, *node.input(1).shape) < 1:
        return "its strides, dilations and weights' sizes must be positive"
    channels, (outputs, *_, depth) = node.input(0).shape[3], node.input(1).shape
    if channels < depth or channels % depth or outputs % (channels // depth):
        return f"{channels} input channels and {outputs} output channels make no groups of depth {depth}"
    height, width = windows(node)
    return checks.shape(node.output, (node.input(0).shape[0], height.outputs, width.outputs, outputs))


class Conv:
    """``tq_conv_*``: gathers the inputs under each filter position, so any geometry will do."""

    kinds = ("CONV_2D",)
    variant = "portable"

    def __init__(self, family: Family = INT8) -> None:
        self._family = family

    def objection(self, node: Node, target: Target) -> str:
        return objection(self._family, node)

    def cost(self, node: Node, target: Target) -> float:
        _, height, width, channels = node.output.shape
        filters = node.input(1)
        patch, taps = filters.elements / channels, filters.shape[1] * filters.shape[2]
        return 5.25 * macs(node.graph, node.op) + height * width * (75 * taps + patch + 78 * channels)

    def emit(self, node: Node, target: Target) -> Emission:
        o, family = options_of(node), self._family
        source, filters = node.input(0), node.input(1)
        assert filters.data is not None  # noqa: S101 - checked by objection()
        _, filter_height, filter_width, depth = filters.shape
        groups = source.shape[3] // depth
        members, constants = weights.linear(family, node, o.activation, filters.data.reshape(filters.shape[0], -1))
        function = f"tq_conv_{family.suffix}"
        params = Params(
            f"{function}_params",
            {
                "shape": weights.shape_members(node, o, *windows(node)),
                "groups": groups,
                **family.input_members(node),
                "linear": members,
            },
        )
        patch = scratch_bytes(filter_height, filter_width, source.shape[3], groups)
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=(f"{function}.h",),
            params=params,
            constants=constants,
            scratch_bytes=patch * (family.activations.bits // 8),
            leads={0: self._lead(node, groups)},
        )

    def _lead(self, node: Node, groups: int) -> int:
        """What is under a filter is gathered before the pixel is written, but for one group after the other."""
        o = options_of(node)
        lead = window_lead(node, windows(node), (o.stride_h, o.stride_w), by_channel=groups > 1)
        return lead + (node.output.nbytes // (node.output.elements // node.output.shape[3]) if groups > 1 else 0)


def scratch_bytes(filter_height: int, filter_width: int, input_channels: int, groups: int) -> int:
    """TQ_CONV_S8_SCRATCH_BYTES; twice that is TQ_CONV_S16_SCRATCH_BYTES."""
    return filter_height * filter_width * (input_channels // groups)


register(Conv(), "int8")
