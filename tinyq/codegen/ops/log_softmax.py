"""LOG_SOFTMAX of int8 along the last dimension."""

from __future__ import annotations

import math

import numpy as np

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import divide_by_power_of_two, exp_on_negative, quantize_multiplier, scale_code, scale_of
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
from tinyq.codegen.tables import unary_objection
from tinyq.graph import DType

_INTEGER_BITS = 5  # of differences
_SUM_INTEGER_BITS = 12
_MAX_DEPTH = 1 << (_SUM_INTEGER_BITS - 1)
_OUTPUT = (1 / 16, 127)  # scale and zero point


def scaling_of(node: Node) -> tuple[tuple[int, int], tuple[int, int]]:
    """From input codes to 26 fractional bits, and back; as (multiplier, shift)."""
    multiplier, shift = quantize_multiplier(min(scale_of(node.input(0)) * 2.0 ** (31 - _INTEGER_BITS), 2.0**31 - 1))
    return (multiplier, shift), quantize_multiplier(2.0 ** (31 - shift) / multiplier)


class LogSoftmax:
    """``tq_log_softmax_s8``."""

    kinds = ("LOG_SOFTMAX",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            unary_objection(node, DType.INT8)
            or checks.require(len(node.input(0).shape) > 0, "it has no dimensions")
            or checks.require(
                node.output.quantization is not None and node.output.quantization.scalar == _OUTPUT,
                "its output's scale is not 1/16, or its zero point is not 127",
            )
            or checks.require(scale_of(node.input(0)) * 2.0 ** (31 - _INTEGER_BITS) > 1, "its input's scale is tiny")
            or checks.require(node.input(0).shape[-1] < _MAX_DEPTH, f"it has {node.input(0).shape[-1]} classes")
        )

    def cost(self, node: Node, target: Target) -> float:
        depth = node.input(0).shape[-1]
        return 25.0 * node.output.elements + 500.0 * node.output.elements / depth

    def emit(self, node: Node, target: Target) -> Emission:
        (multiplier, shift), back = scaling_of(node)
        radius = math.floor((2**_INTEGER_BITS - 1) * 2.0 ** (31 - _INTEGER_BITS) / 2.0**shift)
        differences = [scale_code(-i, multiplier, shift) for i in range(min(radius, 255) + 1)]
        exponentials = [
            divide_by_power_of_two(exp_on_negative(d, _INTEGER_BITS), _SUM_INTEGER_BITS) for d in differences
        ]
        depth = node.input(0).shape[-1]
        params = Params(
            "tq_log_softmax_s8_params",
            {
                "rows": node.output.elements // depth,
                "depth": depth,
                "difference": Ref("differences"),
                "exponential": Ref("exponentials"),
                "differences": len(differences),
                "multiplier": back[0],
                "shift": back[1],
            },
        )
        return Emission(
            calls=(Call("tq_log_softmax_s8", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_log_softmax_s8.h",),
            params=params,
            constants=(
                Constant("differences", np.array(differences, np.int32), "real differences, 26 fractional bits"),
                Constant("exponentials", np.array(exponentials, np.int32), "exp(difference), 19 fractional bits"),
            ),
        )


register(LogSoftmax(), "int8")
