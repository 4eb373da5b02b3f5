"""SOFTMAX of int8."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    exp_on_negative,
    quantize_multiplier,
    scale_code,
    scale_of,
    zero_point_of,
)
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

_INT32_MAX = 2**31 - 1
_INTEGER_BITS = 5  # of the scaled differences to the largest
_FUNCTIONS = {DType.INT8: "tq_softmax_s8", DType.INT16: "tq_softmax_s8_s16"}


def factor_of(node: Node) -> float:
    """From a difference of codes to fixed point with 26 fractional bits; bounded, as larger ones change nothing."""
    assert isinstance(node.op.options, SoftmaxOptions)  # noqa: S101 - the reader gives it these
    beta = float(np.float32(node.op.options.beta))
    return min(beta * scale_of(node.input(0)) * 2.0 ** (31 - _INTEGER_BITS), 2.0**31 - 1)


def exponentials(node: Node) -> list[int]:
    """exp(-scale * beta * i) for differences i to the largest input, up to the last one that leaves anything.

    Smaller ones than 2^11 are rounded away, in the sum as well as in an output of 16 bits.
    """
    multiplier, shift = quantize_multiplier(factor_of(node))
    # beyond, fixed point ends; as multipliers are at least 1/2, that is below exp(-16)
    differences = range(min(_INT32_MAX >> shift, 255) + 1)
    found = [exp_on_negative(scale_code(-d, multiplier, shift), _INTEGER_BITS) for d in differences]
    while found[-1] < 1 << 11:
        found.pop()
    return found


class Softmax:
    """``tq_softmax_s8`` and ``tq_softmax_s8_s16``: a table of exponentials of all differences."""

    kinds = ("SOFTMAX",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.meant_for((node.input(0), DType.INT8))
            or checks.require(node.output.dtype in _FUNCTIONS, f"its output is {node.output.dtype}")
            or checks.quantized(node.input(0), node.output)
            or checks.shape(node.output, node.input(0).shape)
            or checks.require(len(node.input(0).shape) > 0, "its input has no dimensions")
            or self._output_objection(node)
            or checks.require(factor_of(node) > 1, "its beta and its input's scale are too small")
        )

    def _output_objection(self, node: Node) -> str:
        scale, zero_point = scale_of(node.output), zero_point_of(node.output)
        if node.output.dtype is DType.INT8:
            fits = scale == 1 / 256 and zero_point == -128
        else:
            fits = abs(scale - 1 / 65536) <= 0.001 / 65536 and zero_point == -32768
        return "" if fits else f"its output has scale {scale:g} and zero point {zero_point}"

    def cost(self, node: Node, target: Target) -> float:
        return 50.0 * node.output.elements + 200.0 * node.output.elements / node.output.shape[-1]

    def emit(self, node: Node, target: Target) -> Emission:
        function = _FUNCTIONS[node.output.dtype]
        found = exponentials(node)
        depth = node.output.shape[-1]
        params = Params(
            "tq_softmax_s8_params",
            {
                "rows": node.output.elements // depth,
                "depth": depth,
                "exponential": Ref("exponential"),
                "exponentials": len(found),
            },
        )
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output())),),
            headers=("tq_softmax_s8.h",),
            params=params,
            constants=(
                Constant("exponential", np.array(found, np.int32), "exp(-scale * beta * i), 31 fractional bits"),
            ),
        )


register(Softmax(), "int8")
