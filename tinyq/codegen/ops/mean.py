"""MEAN and SUM over any axes."""

from __future__ import annotations

import math

import numpy as np

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import code_range, multiplier_objection, quantize_multiplier, scale_of, zero_point_of
from tinyq.codegen.kernel import SUFFIXES, Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.shapes import MAX_LOOPS, Loop, merge, nest, row_major
from tinyq.codegen.weights import wrapped
from tinyq.graph import DType
from tinyq.graph.options import ReducerOptions


def axes_of(node: Node) -> tuple[int, ...]:
    """The axes to reduce, each once, ascending; out-of-range ones as they are."""
    axes = node.input(1).data
    assert axes is not None  # noqa: S101 - checked by objection()
    rank = len(node.input(0).shape)
    return tuple(sorted({int(a) + rank if a < 0 else int(a) for a in axes.reshape(-1)}))


def scaling_of(node: Node) -> tuple[int, int]:
    """Multiplier and shift of a sum; for a mean with TFLM's way to divide by the count, with its limits."""
    count = math.prod(node.input(0).shape[a] for a in axes_of(node))
    multiplier, shift = quantize_multiplier(scale_of(node.input(0)) / scale_of(node.output))
    if node.op.kind == "SUM":
        return multiplier, shift
    extra = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << extra) // count, shift - extra


def reduced_shape_objection(node: Node) -> str:
    """What speaks against the axes or the shape of the output."""
    shape, axes = node.input(0).shape, axes_of(node)
    if len(shape) > MAX_LOOPS:
        return f"it has more than {MAX_LOOPS} dimensions"
    if any(not 0 <= a < len(shape) for a in axes):
        return f"its axes {axes} are not all dimensions of {shape}"
    assert isinstance(node.op.options, ReducerOptions)  # noqa: S101 - the reader gives it these
    if node.op.options.keep_dims:
        return checks.shape(node.output, tuple(1 if i in axes else d for i, d in enumerate(shape)))
    return checks.shape(node.output, tuple(d for i, d in enumerate(shape) if i not in axes))


class Mean:
    """``tq_mean_*``."""

    kinds = ("MEAN", "SUM")
    variant = "portable"

    def __init__(self, dtype: DType = DType.INT8) -> None:
        self._dtype = dtype

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or checks.meant_for((node.input(0), self._dtype))
            or checks.dtypes((node.input(1), DType.INT32), (node.output, self._dtype))
            or checks.constant(node.input(1), "axes")
            or checks.quantized(node.input(0), node.output)
            or reduced_shape_objection(node)
            or checks.require(self._largest_sum(node) < 2**31, "its sums can exceed 32 bits")
            or multiplier_objection(scale_of(node.input(0)) / scale_of(node.output))
        )

    def _largest_sum(self, node: Node) -> int:
        source = node.input(0)
        largest = abs(code_range(source.dtype)[0]) + abs(zero_point_of(source))
        return math.prod(source.shape[a] for a in axes_of(node)) * largest

    def cost(self, node: Node, target: Target) -> float:
        return 12.0 * node.input(0).elements + 40.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        source, output, axes = node.input(0), node.output, axes_of(node)
        loops = [Loop(size, (stride, 0)) for size, stride in zip(source.shape, row_major(source.shape), strict=True)]
        count = math.prod(source.shape[a] for a in axes)
        multiplier, shift = scaling_of(node)
        params = Params(
            "tq_mean_params",
            {
                "kept": nest(merge(loop for i, loop in enumerate(loops) if i not in axes)),
                "reduced": nest(merge(loop for i, loop in enumerate(loops) if i in axes)),
                "offset": int(wrapped(np.array([-zero_point_of(source) * count], np.int64))[0]),
                "multiplier": multiplier,
                "shift": shift,
                "output_zero_point": zero_point_of(output),
            },
        )
        function = f"tq_mean_{SUFFIXES[self._dtype]}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output())),),
            headers=(f"{function}.h",),
            params=params,
        )


register(Mean(), "int8")
