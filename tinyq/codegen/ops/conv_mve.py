"""CONV_2D for the M-profile vector extension: gathers the inputs of four pixels, times two channels at once."""

from __future__ import annotations

from tinyq.codegen import weights, weights_mve
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Scratch, Target, register
from tinyq.codegen.ops import conv
from tinyq.codegen.ops.conv_1x1_mve import channels_of
from tinyq.codegen.weights_s8 import INT8


class ConvMve:
    """``tq_conv_s8_mve``: filters of any size, without dilation or groups."""

    kinds = ("CONV_2D",)
    variant = "MVE"

    def objection(self, node: Node, target: Target) -> str:
        return (
            weights_mve.core_objection(target)
            or conv.objection(INT8, node)
            or shape_objection(node)
            or weights_mve.channels_objection(channels_of(node))
        )

    def cost(self, node: Node, target: Target) -> float:
        _, height, width, channels = node.output.shape
        _, filter_height, filter_width, depth = node.input(1).shape
        pixels, segment = height * width, -(-filter_width * depth // 16)
        gathering = pixels * (20 + filter_height * (10 + 4 * segment)) + height * filter_height * (
            80 + row_bytes(node) / 2
        )
        return weights_mve.dot_cycles(pixels, channels, filter_height * filter_width * depth) + gathering

    def emit(self, node: Node, target: Target) -> Emission:
        o, channels = conv.options_of(node), channels_of(node)
        assert channels is not None  # noqa: S101 - checked by objection()
        members, constants = weights_mve.dot(node, o.activation, channels)
        count, depth = channels.rows.shape
        params = Params(
            "tq_conv_s8_mve_params",
            {
                "shape": weights.shape_members(node, o, *conv.windows(node)),
                **INT8.input_members(node),
                "row_bytes": row_bytes(node),
                "dot": members,
            },
        )
        function = f"tq_conv_s8_mve{channels.suffix}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_conv_s8_mve.h",),
            params=params,
            constants=constants,
            scratch_bytes=scratch_bytes(depth, count, node.input(1).shape[1], row_bytes(node)),
        )


def shape_objection(node: Node) -> str:
    """Whether a CONV_2D has dilation or groups."""
    o = conv.options_of(node)
    if (o.dilation_h, o.dilation_w) != (1, 1):
        return "its filters are dilated"
    return "" if node.input(1).shape[3] == node.input(0).shape[3] else "it has groups"


def row_bytes(node: Node) -> int:
    """Bytes of a padded row of the input, as far as filters reach."""
    _, _, filter_width, depth = node.input(1).shape
    return ((node.output.shape[2] - 1) * conv.options_of(node).stride_w + filter_width) * depth


def scratch_bytes(depth: int, channels: int, filter_height: int, row_bytes: int) -> int:
    """TQ_CONV_S8_MVE_SCRATCH_BYTES."""
    return (depth + 15) // 16 * 80 + (channels + 3) // 4 * 16 + 16 + filter_height * row_bytes + 16


register(ConvMve())
