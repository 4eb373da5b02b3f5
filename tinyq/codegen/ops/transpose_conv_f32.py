"""TRANSPOSE_CONV of float32."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import checks
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
    Target,
    register,
)
from tinyq.codegen.ops.arithmetic_plain import plain_limits
from tinyq.codegen.ops.transpose_conv import options_of, shape_members, shape_objection
from tinyq.graph import DType, macs


class TransposeConvFloat:
    """``tq_transpose_conv_f32``, which adds up in TFLM's order."""

    kinds = ("TRANSPOSE_CONV",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, range(3, 5))
            or checks.meant_for((node.input(2), DType.FLOAT32))
            or checks.dtypes((node.input(1), DType.FLOAT32), (node.output, DType.FLOAT32))
            or checks.constant(node.input(1), "weights")
            or shape_objection(node)
            or self._bias_objection(node)
            or checks.require(
                plain_limits(options_of(node).activation, DType.FLOAT32) is not None,
                "its fused activation is not known",
            )
        )

    def _bias_objection(self, node: Node) -> str:
        bias, channels = node.optional_input(3), node.input(1).shape[0]
        if bias is None:
            return ""
        return (
            checks.constant(bias, "biases")
            or checks.dtypes((bias, DType.FLOAT32))
            or checks.require(bias.elements == channels, f"it has {bias.elements} biases for {channels} channels")
        )

    def cost(self, node: Node, target: Target) -> float:
        return 12.0 * macs(node.graph, node.op)

    def emit(self, node: Node, target: Target) -> Emission:
        bias, limits = node.optional_input(3), plain_limits(options_of(node).activation, DType.FLOAT32)
        assert limits is not None  # noqa: S101 - checked by objection()
        zeros = np.zeros(node.input(1).shape[0], np.float32)
        params = Params(
            "tq_transpose_conv_f32_params",
            {
                "shape": shape_members(node),
                "weights": Ref("weights"),
                "bias": Ref("bias"),
                "min": limits[0],
                "max": limits[1],
            },
        )
        order = "[output channel][filter row][filter column][input channel]"
        return Emission(
            calls=(Call("tq_transpose_conv_f32", (ParamsAddress(), Input(2), Output())),),
            headers=("tq_transpose_conv_f32.h",),
            params=params,
            constants=(
                Constant("weights", np.asarray(node.input(1).data, np.float32), f"weights {order}"),
                Constant("bias", zeros if bias is None or bias.data is None else np.asarray(bias.data, np.float32)),
            ),
        )


register(TransposeConvFloat(), "float32")
