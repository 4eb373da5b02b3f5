"""ADD_N and CUMSUM of int8 and float32."""

from __future__ import annotations

import math

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import multiplier_objection, quantize_multiplier, scale_of, zero_point_of
from tinyq.codegen.kernel import (
    Call,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Scratch,
    Target,
    Value,
    register,
)
from tinyq.codegen.pairs import SUFFIXES, smaller_than_one
from tinyq.graph import DType
from tinyq.graph.options import CumsumOptions

_TYPES = (DType.INT8, DType.FLOAT32)
_SHIFT = 20
_MOST_CODES = 15  # sums of codes in units of 2^-19 fill 32 bits


def factor_of(node: Node) -> float:
    """From sums of codes, in units of 2^-19, to codes."""
    return 2 * scale_of(node.input(0)) / (2.0**_SHIFT * scale_of(node.output))


def sum_members(node: Node) -> dict[str, Value]:
    """Members of a ``tq_running_sum``; those of float32 have none."""
    if node.output.dtype is DType.FLOAT32:
        return {"input_zero_point": 0}
    multiplier, shift = quantize_multiplier(factor_of(node))
    return {
        "input_zero_point": zero_point_of(node.input(0)),
        "output_zero_point": zero_point_of(node.output),
        "multiplier": multiplier,
        "shift": shift,
    }


def _codes_objection(node: Node, summands: int) -> str:
    if node.output.dtype is DType.FLOAT32:
        return ""
    return (
        checks.quantized(node.input(0), node.output)
        or multiplier_objection(factor_of(node))
        or smaller_than_one(factor_of(node))
        or checks.require(summands <= _MOST_CODES, f"TensorFlow Lite Micro's sums of more than {_MOST_CODES} overflow")
    )


class AddN:
    """``tq_add_n_*``."""

    kinds = ("ADD_N",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        inputs = node.inputs
        if len(inputs) < 2 or min(node.op.inputs) < 0:
            return "it has fewer than two inputs"
        dtype = node.output.dtype
        same = (checks.same_quantization(inputs[0], t) for t in inputs[1:] if dtype is DType.INT8)
        return (
            checks.require(dtype in _TYPES, f"TensorFlow Lite Micro has no ADD_N of {dtype}")
            or checks.dtypes(*((t, dtype) for t in inputs))
            or checks.first(checks.shape(t, node.output.shape) for t in inputs)
            or _codes_objection(node, len(inputs))
            or checks.first(same)
        )

    def cost(self, node: Node, target: Target) -> float:
        return 8.0 * len(node.op.inputs) * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        count, inputs = node.output.elements, range(len(node.op.inputs))
        if node.output.dtype is DType.FLOAT32:
            calls = [Call("tq_add_n_f32", (count, Input(0), Input(1), Output()))]
            calls += [Call("tq_add_n_f32", (count, Output(), Input(i), Output())) for i in inputs[2:]]
            return Emission(calls=tuple(calls), headers=("tq_running_sum.h",))
        calls = [Call("tq_add_n_begin", (ParamsAddress(), count, Scratch()))]
        calls += [Call("tq_add_n_take", (ParamsAddress(), count, Input(i), Scratch())) for i in inputs]
        calls.append(Call("tq_add_n_end", (ParamsAddress(), count, Scratch(), Output())))
        return Emission(
            calls=tuple(calls),
            headers=("tq_running_sum.h",),
            params=Params("tq_running_sum", sum_members(node)),
            scratch_bytes=4 * count,
        )


class CumulativeSum:
    """``tq_cumsum_*``."""

    kinds = ("CUMSUM",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        dtype = node.input(0).dtype
        return (
            checks.arity(node, 2)
            or checks.require(dtype in _TYPES, f"TensorFlow Lite Micro has no CUMSUM of {dtype}")
            or checks.dtypes((node.output, dtype), (node.input(1), DType.INT32))
            or checks.shape(node.output, node.input(0).shape)
            or checks.constant(node.input(1), "axis")
            or checks.require(0 <= self._axis(node) < len(node.output.shape), "its axis is no dimension")
            or _codes_objection(node, node.output.shape[self._axis(node)])
        )

    def _axis(self, node: Node) -> int:
        data = node.input(1).data
        axis = int(data.reshape(-1)[0]) if data is not None and data.size == 1 else len(node.output.shape)
        return axis + len(node.output.shape) if axis < 0 else axis

    def cost(self, node: Node, target: Target) -> float:
        return 15.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        shape, axis, options = node.output.shape, self._axis(node), node.op.options
        assert isinstance(options, CumsumOptions)  # noqa: S101 - the reader gives it these
        params = Params(
            "tq_cumsum_params",
            {
                "inner": math.prod(shape[:axis]),
                "depth": shape[axis],
                "outer": math.prod(shape[axis + 1 :]),
                "exclusive": "true" if options.exclusive else "false",
                "reverse": "true" if options.reverse else "false",
                "sum": sum_members(node),
            },
        )
        function = f"tq_cumsum_{SUFFIXES[node.output.dtype]}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output())),),
            headers=("tq_running_sum.h",),
            params=params,
        )


register(AddN(), "int8", "float32")
register(CumulativeSum(), "int8", "float32")
