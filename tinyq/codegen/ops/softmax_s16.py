"""SOFTMAX of int16."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import interpolation_table, multiplier_objection, quantize_multiplier, scale_of
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
from tinyq.graph import DType
from tinyq.graph.options import SoftmaxOptions

_LOWEST = 10.0  # exponentials of less than -10 count as that of -10
_STEPS = 65535  # codes that a table spans
_MAX_DEPTH = 1 << 16  # exponentials of 15 bits whose sum fits 32 bits


def factor_of(node: Node) -> float:
    """From a difference of codes to steps of the table of exponentials."""
    assert isinstance(node.op.options, SoftmaxOptions)  # noqa: S101 - the reader gives it these
    beta = float(np.float32(node.op.options.beta))
    return scale_of(node.input(0)) * beta / (_LOWEST / _STEPS)


@cache
def exponential_table() -> NDArray[np.int16]:
    """exp(x) for x in [-10, 0]."""
    return interpolation_table(math.exp, _LOWEST, 32767)


@cache
def reciprocal_table() -> NDArray[np.int16]:
    """1 / (1 + x) for x in [0, 1]."""
    one = np.float32(1)
    return interpolation_table(lambda x: float(one / (one + np.float32(x))), 1.0, -32768)


class SoftmaxInt16:
    """``tq_softmax_s16``: exponentials and the reciprocal of their sum by interpolation in tables."""

    kinds = ("SOFTMAX",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.meant_for((node.input(0), DType.INT16))
            or checks.dtypes((node.output, DType.INT16))
            or checks.quantized(node.input(0), node.output)
            or checks.int16_symmetric(node.input(0), node.output)
            or checks.shape(node.output, node.input(0).shape)
            or checks.require(len(node.input(0).shape) > 0, "its input has no dimensions")
            or checks.require(node.input(0).shape[-1] < _MAX_DEPTH, "its rows are too long")
            or self._output_objection(node)
            or multiplier_objection(factor_of(node))
        )

    def _output_objection(self, node: Node) -> str:
        scale = scale_of(node.output)
        return checks.require(abs(scale - 1 / 32768) <= 0.001 / 32768, f"its output has scale {scale:g}")

    def cost(self, node: Node, target: Target) -> float:
        return 60.0 * node.output.elements + 100.0 * node.output.elements / node.output.shape[-1]

    def emit(self, node: Node, target: Target) -> Emission:
        multiplier, shift = quantize_multiplier(factor_of(node))
        depth = node.output.shape[-1]
        params = Params(
            "tq_softmax_s16_params",
            {
                "rows": node.output.elements // depth,
                "depth": depth,
                "multiplier": multiplier,
                "shift": shift,
                "exponential": Ref("exponential"),
                "reciprocal": Ref("reciprocal"),
            },
        )
        return Emission(
            calls=(Call("tq_softmax_s16", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_softmax_s16.h",),
            params=params,
            constants=(
                Constant("exponential", exponential_table(), "exp(x) for x in [-10, 0], 15 fractional bits"),
                Constant("reciprocal", reciprocal_table(), "1 / (1 + x) for x in [0, 1], 15 fractional bits"),
            ),
        )


register(SoftmaxInt16(), "int16")
