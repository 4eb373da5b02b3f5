"""CONV_2D with 1x1 filters, stride 1 and 8 input channels for the M-profile vector extension: eight pixels at once."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import weights_mve
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
from tinyq.codegen.ops.conv_1x1 import PointwiseConv
from tinyq.codegen.ops.conv_1x1_mve import channels_of

_DEPTH = 8
_LARGEST_OFFSET = 0xFFFF


class NarrowPointwiseConvMve:
    """``tq_matmul_8_s8_mve``."""

    kinds = ("CONV_2D",)
    variant = "MVE, 1x1, 8 channels"

    def objection(self, node: Node, target: Target) -> str:
        return (
            weights_mve.core_objection(target)
            or PointwiseConv().objection(node, target)
            or _shape_objection(node)
            or weights_mve.channels_objection(channels_of(node))
        )

    def cost(self, node: Node, target: Target) -> float:
        channels = node.output.shape[-1]
        eights = -(-node.output.elements // channels // 8)
        # two cycles for each operation on vectors, of which loads run beside multiplications
        return eights * (channels * 56.0 + 40)

    def emit(self, node: Node, target: Target) -> Emission:
        channels, activation = channels_of(node), conv.options_of(node).activation
        assert channels is not None  # noqa: S101 - checked by objection()
        columns = channels.rows.shape[0]
        zeros = np.zeros_like(channels.rows)
        params = Params(
            "tq_matmul_8_s8_mve_params",
            {
                "rows": node.output.elements // columns,
                "columns": columns,
                "weights": Ref("weights"),
                "scales": Ref("scales"),
                **{f"output_{name}": value for name, value in weights_mve.limits(node, activation).items()},
            },
        )
        function = f"tq_matmul_8_s8_mve{channels.suffix}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_matmul_8_s8_mve.h",),
            params=params,
            constants=(
                Constant(
                    "weights",
                    np.concatenate([channels.rows, zeros, zeros, channels.rows], axis=1),
                    "weights [channel][2][16]: for the first pixel of a vector, for the second one",
                    4,
                ),
                channels.constant(channels.words, "channels in their order"),
            ),
            scratch_bytes=scratch_bytes(columns),
        )


def scratch_bytes(columns: int) -> int:
    """TQ_MATMUL_8_S8_MVE_SCRATCH_BYTES."""
    return 64 + 8 * columns


def _shape_objection(node: Node) -> str:
    channels, *_, depth = node.input(1).shape
    if depth != _DEPTH:
        return f"it has {depth} input channels, not {_DEPTH}"
    return "" if channels % 2 == 0 and 7 * channels <= _LARGEST_OFFSET else "its number of output channels is odd"


register(NarrowPointwiseConvMve())
