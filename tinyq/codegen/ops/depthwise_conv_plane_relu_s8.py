"""DEPTHWISE_CONV_2D of int8 with 3x3 filters for cores without the DSP extension: codes by one multiplication."""

from __future__ import annotations

from tinyq.codegen import paired, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.checks import require
from tinyq.codegen.kernel import (
    Call,
    Constant,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Ref,
    Scratch,
    Target,
    register,
)
from tinyq.codegen.ops import depthwise_conv
from tinyq.codegen.ops.depthwise_conv import options_of
from tinyq.codegen.ops.depthwise_conv_plane_s8 import filters_of, shape_objection
from tinyq.codegen.scale_once import SCALES, ScaleOnce, scale_once
from tinyq.codegen.weights_s8 import INT8


def _scaled(node: Node) -> ScaleOnce | None:
    rows = filters_of(node)
    return scale_once(node, options_of(node).activation, rows, weights.folded_bias(node, rows), (-128, 127))


class DepthwiseConvPlaneRelu:
    """``tq_depthwise_conv_plane_relu_s8``."""

    kinds = ("DEPTHWISE_CONV_2D",)
    variant = "3x3, planes, one rounding"

    def objection(self, node: Node, target: Target) -> str:
        return (
            paired.core_objection(target)
            or depthwise_conv.objection(INT8, node)
            or shape_objection(node)
            or require(_scaled(node) is not None, "one multiplication does not make all of its codes")
        )

    def cost(self, node: Node, target: Target) -> float:
        batches, *_, channels = node.output.shape
        cycles = 42.0 if options_of(node).stride_h == 1 else 58.0
        return cycles * node.output.elements + batches * channels * (100 + 6.0 * self._scratch_bytes(node))

    def emit(self, node: Node, target: Target) -> Emission:
        o, scaled = options_of(node), _scaled(node)
        assert scaled is not None  # noqa: S101 - checked by objection()
        params = Params(
            "tq_depthwise_conv_plane_relu_s8_params",
            {
                "shape": weights.shape_members(node, o, *depthwise_conv.windows(node)),
                "input_zero_point": zero_point_of(node.input(0)),
                "weights": Ref("weights"),
                "scales": Ref("scales"),
            },
        )
        return Emission(
            calls=(Call("tq_depthwise_conv_plane_relu_s8", (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_depthwise_conv_plane_relu_s8.h",),
            params=params,
            constants=(
                Constant("weights", scaled.rows, "weights [channel][row][column]"),
                Constant("scales", scaled.scales, SCALES),
            ),
            scratch_bytes=self._scratch_bytes(node),
        )

    def _scratch_bytes(self, node: Node) -> int:
        _, height, width, _ = node.output.shape
        return scratch_bytes(height, width, options_of(node).stride_h)


def scratch_bytes(output_height: int, output_width: int, stride: int) -> int:
    """TQ_DEPTHWISE_CONV_PLANE_RELU_S8_SCRATCH_BYTES."""
    return ((output_height - 1) * stride + 3) * ((output_width - 1) * stride + 3)


register(DepthwiseConvPlaneRelu())
