"""CONV_2D with small filters for the vector extension: gathers the inputs of four pixels where they are read."""

from __future__ import annotations

from tinyq.codegen import weights, weights_mve
from tinyq.codegen.checks import require
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Scratch, Target, register
from tinyq.codegen.ops import conv
from tinyq.codegen.ops.conv_1x1_mve import channels_of
from tinyq.codegen.ops.conv_mve import row_bytes, shape_objection
from tinyq.codegen.weights_s8 import INT8

_PITCH = 56  # TQ_PATCH_PITCH
_LARGEST = _PITCH - 15  # TQ_SMALL_FILTER_BYTES


class SmallConvMve:
    """``tq_conv_small_s8_mve``: without dilation or groups."""

    kinds = ("CONV_2D",)
    variant = "MVE, small filters"

    def objection(self, node: Node, target: Target) -> str:
        return (
            weights_mve.core_objection(target)
            or conv.objection(INT8, node)
            or shape_objection(node)
            or _size_objection(node)
            or weights_mve.channels_objection(channels_of(node))
        )

    def cost(self, node: Node, target: Target) -> float:
        _, height, width, channels = node.output.shape
        _, filter_height, filter_width, depth = node.input(1).shape
        gathering = height * width * (10 + 5.0 * filter_height) + height * (80 + filter_height * row_bytes(node) / 2)
        return weights_mve.dot_cycles(height * width, channels, filter_height * filter_width * depth) + gathering

    def emit(self, node: Node, target: Target) -> Emission:
        o, channels = conv.options_of(node), channels_of(node)
        assert channels is not None  # noqa: S101 - checked by objection()
        members, constants = weights_mve.dot(node, o.activation, channels)
        params = Params(
            "tq_conv_small_s8_mve_params",
            {
                "shape": weights.shape_members(node, o, *conv.windows(node)),
                **INT8.input_members(node),
                "row_bytes": row_bytes(node),
                "dot": members,
            },
        )
        return Emission(
            calls=(Call(f"tq_conv_small_s8_mve{channels.suffix}", (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_conv_small_s8_mve.h",),
            params=params,
            constants=constants,
            scratch_bytes=scratch_bytes(len(channels.rows), node.input(1).shape[1], row_bytes(node)),
        )


def scratch_bytes(channels: int, filter_height: int, row_bytes: int) -> int:
    """TQ_CONV_SMALL_S8_MVE_SCRATCH_BYTES."""
    return 4 * _PITCH + (channels + 3) // 4 * 16 + filter_height * row_bytes + 16


def _size_objection(node: Node) -> str:
    _, height, width, depth = node.input(1).shape
    return require(width * depth <= 16 and height * width * depth <= _LARGEST, "its filters are too large")


register(SmallConvMve())
