"""LOGISTIC of int16."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import nearest_power_of_two, round_half_away, scale_of
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

_CODES_PER_UNIT = 3 * 4096  # of the scaled input
_STEPS_PER_UNIT = 24  # of the table
MAX_MULTIPLIER = 32767
_MAX_SHIFT = 31


def table() -> NDArray[np.uint16]:
    """The logistic function of multiples of 1/24, 16 fractional bits.

    Each value is moved by half the error that interpolation would have in the middle of its step; the last one, from
    which on inputs saturate, is the largest code.
    """

    def value(step: float) -> float:
        return 65536 / (1 + math.exp(-step / _STEPS_PER_UNIT))

    errors = [value(i + 0.5) - (value(i) + value(i + 1)) / 2 for i in range(255)]
    return np.array([*(round_half_away(value(i) + error / 2) for i, error in enumerate(errors)), 65535], np.uint16)


def multiplier_and_shift(scale: float) -> tuple[int, int]:
    """From input codes to codes of 1/12288, as TFLM chooses them: exact for a scale of 2^-12, else cut to 15 bits."""
    return (3, 0) if nearest_power_of_two(scale) == -12 else scaled_multiplier(scale)


def scaled_multiplier(scale: float) -> tuple[int, int]:
    """The same for any scale, cut to 15 bits."""
    factor, shift = scale * _CODES_PER_UNIT, 0
    while factor <= MAX_MULTIPLIER / 2 and shift < _MAX_SHIFT:
        factor, shift = 2 * factor, shift + 1
    return int(factor), shift


class LogisticInt16:
    """``tq_logistic_s16``."""

    kinds = ("LOGISTIC",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.meant_for((node.input(0), DType.INT16))
            or checks.dtypes((node.output, DType.INT16))
            or checks.quantized(node.input(0), node.output)
            or checks.int16_symmetric(node.input(0), node.output)
            or checks.shape(node.output, node.input(0).shape)
            or checks.require(nearest_power_of_two(scale_of(node.output)) == -15, "its output's scale is not 1/32768")
            or self._input_objection(node)
        )

    def _input_objection(self, node: Node) -> str:
        multiplier, _ = multiplier_and_shift(scale_of(node.input(0)))
        return checks.require(multiplier <= MAX_MULTIPLIER, "its input's scale is too large")

    def cost(self, node: Node, target: Target) -> float:
        return 25.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        multiplier, shift = multiplier_and_shift(scale_of(node.input(0)))
        params = Params(
            "tq_logistic_s16_params",
            {"count": node.output.elements, "multiplier": multiplier, "shift": shift, "table": Ref("table")},
        )
        return Emission(
            calls=(Call("tq_logistic_s16", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_logistic_s16.h",),
            params=params,
            constants=(Constant("table", table(), "1 / (1 + exp(-i / 24)), 16 fractional bits"),),
        )


register(LogisticInt16(), "int16")
