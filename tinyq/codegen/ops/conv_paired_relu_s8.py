"""CONV_2D of int8 for cores without the DSP extension: two pixels at a time, codes by one multiplication."""

from __future__ import annotations

from tinyq.codegen import checks, paired, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Scratch, Target, register
from tinyq.codegen.ops import conv
from tinyq.codegen.ops.conv_paired_s8 import gathering_cycles, rows_of, scratch_bytes
from tinyq.codegen.raster import window_lead
from tinyq.codegen.scale_once import ScaleOnce, scale_once
from tinyq.codegen.weights_s8 import INT8


def _scaled(node: Node) -> ScaleOnce | None:
    rows = rows_of(node)
    return scale_once(node, conv.options_of(node).activation, rows, paired.bias_of(node, rows), (0, 255))


class ConvPairedRelu:
    """``tq_conv_paired_relu_s8``."""

    kinds = ("CONV_2D",)
    variant = "two pixels per word, one rounding"

    def objection(self, node: Node, target: Target) -> str:
        return (
            paired.core_objection(target)
            or conv.objection(INT8, node)
            or checks.require(node.input(1).shape[3] == node.input(0).shape[3], "it has groups")
            or paired.depth_objection(rows_of(node).shape[1])
            or checks.require(_scaled(node) is not None, "one multiplication does not make all of its codes")
        )

    def cost(self, node: Node, target: Target) -> float:
        channels, depth = map(int, rows_of(node).shape)
        pairs = -(-node.output.elements // channels // 2)
        return paired.relu_cycles(pairs, depth, channels) + gathering_cycles(node, pairs)

    def emit(self, node: Node, target: Target) -> Emission:
        o, scaled = conv.options_of(node), _scaled(node)
        assert scaled is not None  # noqa: S101 - checked by objection()
        members, constants = paired.relu(scaled)
        params = Params(
            "tq_conv_paired_relu_s8_params",
            {
                "shape": weights.shape_members(node, o, *conv.windows(node)),
                "input_zero_point": zero_point_of(node.input(0)),
                "channels": members,
            },
        )
        return Emission(
            calls=(Call("tq_conv_paired_relu_s8", (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_conv_paired_relu_s8.h",),
            params=params,
            constants=constants,
            scratch_bytes=scratch_bytes(scaled.rows.shape[1]),
            # both pixels are gathered before one is written
            leads={0: window_lead(node, conv.windows(node), (o.stride_h, o.stride_w), by_channel=False)},
        )


register(ConvPairedRelu())
