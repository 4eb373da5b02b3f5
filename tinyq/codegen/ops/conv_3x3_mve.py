"""CONV_2D with 3x3 filters for the M-profile vector extension: four pixels share columns, two channels at once."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import weights, weights_mve
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
from tinyq.codegen.ops import conv
from tinyq.codegen.ops.conv_1x1_mve import channels_of
from tinyq.codegen.ops.conv_mve import shape_objection
from tinyq.codegen.weights_mve import VECTOR
from tinyq.codegen.weights_s8 import INT8


class Conv3x3Mve:
    """``tq_conv_3x3_s8_mve``: strides of 1, a multiple of 16 input channels."""

    kinds = ("CONV_2D",)
    variant = "MVE, 3x3"

    def objection(self, node: Node, target: Target) -> str:
        return (
            weights_mve.core_objection(target)
            or conv.objection(INT8, node)
            or shape_objection(node)
            or _own_objection(node)
            or weights_mve.channels_objection(channels_of(node))
        )

    def cost(self, node: Node, target: Target) -> float:
        batches, height, width, channels = node.output.shape
        tiles, pairs = batches * height * -(-width // 4), -(-channels // 4) * 2
        steps = 3 * node.input(0).shape[3] // VECTOR
        # two cycles for each operation on vectors, of which loads run beside multiplications; three copies of each
        return tiles * (pairs * (54.0 * steps + 45) + 40) + batches * height * _columns(node) * 5 * steps

    def emit(self, node: Node, target: Target) -> Emission:
        o, channels = conv.options_of(node), channels_of(node)
        assert channels is not None  # noqa: S101 - checked by objection()
        count, vectors = channels.rows.shape[0], node.input(0).shape[3] // VECTOR
        filled = weights_mve.padded(channels.rows, 4, 1)
        # [pair of channels][channel of the pair][row][column][vector][16]
        pairs = weights_mve.in_rounds(filled).reshape(-1, 2, 3, 3, vectors, VECTOR).transpose(0, 2, 4, 3, 1, 5)
        words = np.pad(channels.words, ((0, filled.shape[0] - count), (0, 0)))
        order = "channels 0, 2, 1, 3 of each four"
        params = Params(
            "tq_conv_3x3_s8_mve_params",
            {
                "shape": weights.shape_members(node, o, *conv.windows(node)),
                **INT8.input_members(node),
                "columns": _columns(node),
                "channels": filled.shape[0],
                "weights": Ref("weights"),
                "scales": Ref("scales"),
                **{f"output_{name}": value for name, value in weights_mve.limits(node, o.activation).items()},
            },
        )
        function = f"tq_conv_3x3_s8_mve{channels.suffix}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_conv_3x3_s8_mve.h",),
            params=params,
            constants=(
                Constant(
                    "weights",
                    np.ascontiguousarray(pairs),
                    f"weights [pair of channels][row][input channel / 16][column][2][16]; {order}",
                    4,
                ),
                channels.constant(weights_mve.in_rounds(words), order),
            ),
            scratch_bytes=scratch_bytes(_columns(node), vectors * VECTOR, count),
        )


def _columns(node: Node) -> int:
    """Columns of a padded row: what the filters of whole tiles of four outputs reach, and all of the input."""
    source, output = node.input(0).shape, node.output.shape
    _, width = conv.windows(node)
    return max(-(-output[2] // 4) * 4 + 2, width.padding + source[2])


def scratch_bytes(columns: int, input_channels: int, output_channels: int) -> int:
    """TQ_CONV_3X3_S8_MVE_SCRATCH_BYTES."""
    return 3 * columns * input_channels + (output_channels + 3) // 4 * 16


def _own_objection(node: Node) -> str:
    o, (_, filter_height, filter_width, depth) = conv.options_of(node), node.input(1).shape
    if (filter_height, filter_width, o.stride_h, o.stride_w) != (3, 3, 1, 1):
        return "its filters are not 3x3 with strides of 1"
    return "" if depth % VECTOR == 0 else f"its {depth} input channels are no multiple of {VECTOR}"


register(Conv3x3Mve())
