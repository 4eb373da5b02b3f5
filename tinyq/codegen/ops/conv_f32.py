"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of float32."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import checks, weights
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
    Value,
    register,
)
from tinyq.codegen.ops import conv, depthwise_conv, fully_connected
from tinyq.codegen.ops.arithmetic_plain import plain_limits
from tinyq.graph import DType, macs

_CHANNELS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}  # axis of the weights
_SHAPES = {
    "CONV_2D": conv.shape_objection,
    "DEPTHWISE_CONV_2D": depthwise_conv.shape_objection,
    "FULLY_CONNECTED": fully_connected.shape_objection,
}


class ProductsFloat:
    """``tq_conv_f32``, ``tq_depthwise_conv_f32`` and ``tq_fully_connected_f32``, which add up in TFLM's order."""

    kinds = tuple(_CHANNELS)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, range(2, 4))
            or checks.meant_for((node.input(0), DType.FLOAT32))
            or checks.dtypes((node.input(1), DType.FLOAT32), (node.output, DType.FLOAT32))
            or checks.constant(node.input(1), "weights")
            or checks.require(node.input(1).elements > 0, "its weights are empty")
            or self._rank_objection(node)
            or _SHAPES[node.op.kind](node)
            or self._bias_objection(node)
            or checks.require(self._limits(node) is not None, "its fused activation is not known")
        )

    def _rank_objection(self, node: Node) -> str:
        if node.op.kind == "FULLY_CONNECTED":
            return checks.rank(node.input(1), 2)
        return checks.rank(node.input(0), 4) or checks.rank(node.input(1), 4)

    def _bias_objection(self, node: Node) -> str:
        bias, channels = node.optional_input(2), node.input(1).shape[_CHANNELS[node.op.kind]]
        if bias is None:
            return ""
        return (
            checks.constant(bias, "biases")
            or checks.dtypes((bias, DType.FLOAT32))
            or checks.require(bias.elements == channels, f"it has {bias.elements} biases for {channels} channels")
        )

    def _limits(self, node: Node) -> tuple[Value, Value] | None:
        return plain_limits(str(getattr(node.op.options, "activation", "NONE")), DType.FLOAT32)

    def cost(self, node: Node, target: Target) -> float:
        return 12.0 * macs(node.graph, node.op)

    def emit(self, node: Node, target: Target) -> Emission:
        filters, bias, limits = node.input(1), node.optional_input(2), self._limits(node)
        assert filters.data is not None and limits is not None  # noqa: S101 - checked by objection()
        channels = filters.shape[_CHANNELS[node.op.kind]]
        zeros = np.zeros(channels, np.float32)
        constants = (
            Constant("weights", np.asarray(filters.data, np.float32), "weights as in the model"),
            Constant("bias", zeros if bias is None or bias.data is None else np.asarray(bias.data, np.float32)),
        )
        shared: dict[str, Value] = {
            "weights": Ref("weights"), "bias": Ref("bias"), "min": limits[0], "max": limits[1],
        }  # fmt: skip
        return Emission(
            calls=(Call(f"tq_{self._name(node)}_f32", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_conv_f32.h",),
            params=self._params(node, shared),
            constants=constants,
        )

    def _name(self, node: Node) -> str:
        return {"CONV_2D": "conv", "DEPTHWISE_CONV_2D": "depthwise_conv"}.get(node.op.kind, "fully_connected")

    def _params(self, node: Node, shared: dict[str, Value]) -> Params:
        filters = node.input(1).shape
        if node.op.kind == "FULLY_CONNECTED":
            channels, depth = filters
            rows = node.output.elements // channels
            return Params(
                "tq_fully_connected_f32_params", {"rows": rows, "depth": depth, "channels": channels, **shared}
            )  # fmt: skip
        options, windows = conv.options_of(node), conv.windows(node)
        groups = 1 if node.op.kind == "DEPTHWISE_CONV_2D" else node.input(0).shape[3] // filters[3]
        shape = weights.shape_members(node, options, *windows)
        return Params("tq_conv_f32_params", {"shape": shape, "groups": groups, **shared})


register(ProductsFloat(), "float32")
