"""CONV_2D with 1x1 filters and stride 1 for the M-profile vector extension: four pixels times two channels at once."""

from __future__ import annotations

from tinyq.codegen import weights, weights_mve
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Scratch, Target, register
from tinyq.codegen.ops import conv
from tinyq.codegen.ops.conv_1x1 import PointwiseConv
from tinyq.codegen.weights_mve import Channels


class PointwiseConvMve:
    """``tq_matmul_s8_mve``."""

    kinds = ("CONV_2D",)
    variant = "MVE, 1x1"

    def objection(self, node: Node, target: Target) -> str:
        return (
            weights_mve.core_objection(target)
            or PointwiseConv().objection(node, target)
            or weights_mve.channels_objection(channels_of(node))
        )

    def cost(self, node: Node, target: Target) -> float:
        channels = node.output.shape[-1]
        return weights_mve.dot_cycles(node.output.elements // channels, channels, node.input(0).shape[3])

    def emit(self, node: Node, target: Target) -> Emission:
        channels, activation = channels_of(node), conv.options_of(node).activation
        assert channels is not None  # noqa: S101 - checked by objection()
        columns, depth = channels.rows.shape
        members, constants = weights_mve.dot(node, activation, channels)
        params = Params(
            "tq_matmul_s8_mve_params",
            {"rows": node.output.elements // columns, "depth": depth, "columns": columns, "dot": members},
        )
        function = f"tq_matmul_s8_mve{channels.suffix}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_matmul_s8_mve.h",),
            params=params,
            constants=constants,
            scratch_bytes=scratch_bytes(depth, columns),
        )


def channels_of(node: Node) -> Channels | None:
    """The output channels of a CONV_2D, weights in the order of its filters."""
    filters = node.input(1)
    assert filters.data is not None  # noqa: S101 - checked before
    rows = filters.data.reshape(filters.shape[0], -1)
    bias = weights.folded_bias(node, rows)
    return weights_mve.channels_once(node, conv.options_of(node).activation, rows, bias)


def scratch_bytes(depth: int, columns: int) -> int:
    """TQ_MATMUL_S8_MVE_SCRATCH_BYTES."""
    return (depth + 15) // 16 * 64 + (columns + 3) // 4 * 16


register(PointwiseConvMve())
