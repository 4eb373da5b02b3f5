"""CONV_2D of int8 for cores without the DSP extension: two pixels at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks, paired, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Scratch, Target, register
from tinyq.codegen.ops import conv
from tinyq.codegen.raster import window_lead
from tinyq.codegen.weights_s8 import INT8


def rows_of(node: Node) -> NDArray[np.int8]:
    """Weights ``[channels, depth]``."""
    filters = node.input(1).data
    assert filters is not None  # noqa: S101 - checked by conv.objection()
    return filters.reshape(filters.shape[0], -1)


class ConvPaired:
    """``tq_conv_paired_s8``."""

    kinds = ("CONV_2D",)
    variant = "two pixels per word"

    def objection(self, node: Node, target: Target) -> str:
        return (
            conv.objection(INT8, node)
            or checks.require(node.input(1).shape[3] == node.input(0).shape[3], "it has groups")
            or paired.depth_objection(rows_of(node).shape[1])
            or paired.objection(node, target)
        )

    def cost(self, node: Node, target: Target) -> float:
        channels, depth = map(int, rows_of(node).shape)
        pairs = -(-node.output.elements // channels // 2)
        return paired.cycles(pairs, depth, channels) + gathering_cycles(node, pairs)

    def emit(self, node: Node, target: Target) -> Emission:
        o, rows = conv.options_of(node), rows_of(node)
        members, constants = paired.linear(node, o.activation, rows)
        params = Params(
            "tq_conv_paired_s8_params",
            {
                "shape": weights.shape_members(node, o, *conv.windows(node)),
                "input_zero_point": zero_point_of(node.input(0)),
                "channels": members,
            },
        )
        return Emission(
            calls=(Call("tq_conv_paired_s8", (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_conv_paired_s8.h",),
            params=params,
            constants=constants,
            scratch_bytes=scratch_bytes(rows.shape[1]),
            # both pixels are gathered before one is written
            leads={0: window_lead(node, conv.windows(node), (o.stride_h, o.stride_w), by_channel=False)},
        )


def gathering_cycles(node: Node, pairs: int) -> float:
    """Of words made from pairs of pixels."""
    return pairs * (120 + 12.0 * int(rows_of(node).shape[1]))


def scratch_bytes(depth: int) -> int:
    """TQ_CONV_PAIRED_S8_SCRATCH_BYTES."""
    return 4 * (paired.words_of(depth) + 2)


register(ConvPaired())
