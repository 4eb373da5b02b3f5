"""What the rules of convolutions and fully connected operators share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinyq.codegen.arithmetic import (
    activation_range,
    quantize_multiplier,
    reduced_multiplier,
    scale_code,
    zero_point_of,
)
from tinyq.codegen.kernel import Node
from tinyq.codegen.weights import bias_of, factors
from tinyq.codegen.weights_s16 import has_narrow_sums
from tinyq.folding.ranges import Integers, Range
from tinyq.folding.rule import Edit
from tinyq.graph import DType, Quantization, Tensor
from tinyq.graph.options import Activation

_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1
_LARGEST_VALUE = 2**31 - 2**16  # a zero point may be added to it


def weights_of(node: Node, zero_point: int = 0) -> Integers:
    """The weights less their zero point."""
    data = node.input(1).data
    assert data is not None  # noqa: S101 - rules are for constant weights
    return data.astype(np.int64) - zero_point


def product_range(weights: Integers, inputs: Range, zero_point: int) -> tuple[Integers, Integers]:
    """Least and greatest of each weight times an input less its zero point; channels lie along the last axis."""
    low, high = inputs.low - zero_point, inputs.high - zero_point
    a, b = weights * low, weights * high
    return np.minimum(a, b), np.maximum(a, b)


def codes(node: Node, activation: Activation, low: Integers, high: Integers) -> Range:
    """The codes that become of sums, biases not yet added, in the intervals [low, high] of each output channel.

    All of TFLM's ways to scale sums never fall with rising sums, as long as nothing overflows; where something may,
    any code that the activation allows is expected.
    """
    least, greatest = activation_range(activation, node.output)
    zero_point, bias = zero_point_of(node.output), bias_of(node, low.size)
    pairs = [quantize_multiplier(f) for f in factors(node)]
    wide = node.output.dtype is DType.INT16 and not has_narrow_sums(node)
    found = Range.between(least, greatest, low.size)
    for channel in range(low.size):
        multiplier, shift = pairs[channel if len(pairs) > 1 else 0]
        ends = []
        for total in (int(low[channel]) + int(bias[channel]), int(high[channel]) + int(bias[channel])):
            value = _scaled_wide(total, multiplier, shift) if wide else _scaled(total, multiplier, shift)
            if value is not None:
                ends.append(min(max(value + zero_point, least), greatest))
        if len(ends) == 2:
            found.low[channel], found.high[channel] = ends
    return found


def _scaled(total: int, multiplier: int, shift: int) -> int | None:
    """A 32-bit sum, scaled; None if it overflows."""
    if not _INT32_MIN < total << max(shift, 0) <= _INT32_MAX:
        return None
    value = scale_code(total, multiplier, shift)
    return value if abs(value) < _LARGEST_VALUE else None


def _scaled_wide(total: int, multiplier: int, shift: int) -> int | None:
    """A 64-bit sum, scaled; None if it overflows. As ``tq_scale_64``."""
    right = 15 - shift
    value = (total * reduced_multiplier(multiplier) + (1 << (right - 1))) >> right
    return value if abs(total) < 2**47 and abs(value) < _LARGEST_VALUE else None


def fits_bias(node: Node, contributions: Integers) -> bool:
    """Whether biases stay in their type, whatever constant channels are added to them.

    Args:
        contributions: What each constant input channel adds, ``[outputs, inputs]``.
    """
    bias = bias_of(node, contributions.shape[0])
    largest = np.abs(bias) + np.abs(contributions).sum(axis=1)
    wide = _bias_type(node) is DType.INT64
    return wide or bool((largest <= _INT32_MAX).all())


def with_bias(node: Node, edit: Edit, extra: Integers, rows: Integers) -> int:
    """Index of a bias that holds what constant inputs add; -1 if there is none and none is needed.

    Args:
        extra: What to add, ``[outputs]`` of the original.
        rows: Outputs that are kept.
    """
    index = node.op.input(2)
    if index >= 0:
        index = edit.taken(index, (len(node.graph.tensors[index].shape) - 1, rows))
        tensor = edit.tensors[index]
        assert tensor.data is not None  # noqa: S101 - biases are constant
        added = extra[rows].reshape(tensor.shape)
        edit.tensors[index] = replace(tensor, data=(tensor.data.astype(np.int64) + added).astype(tensor.data.dtype))
        return index
    if not extra[rows].any():
        return -1
    dtype = _bias_type(node)
    inputs, weights = node.input(0).quantization, node.input(1).quantization
    assert inputs is not None and weights is not None  # noqa: S101 - rules are for quantized operators
    scale = (inputs.scale * (weights.scale[rows] if weights.is_per_channel else weights.scale)).astype(np.float32)
    quantization = Quantization(scale, np.zeros(scale.size, np.int64))
    name = f"{node.input(1).name}/bias"
    return edit.added(Tensor(name, (rows.size,), dtype, quantization, extra[rows].astype(dtype.numpy)))


def _bias_type(node: Node) -> DType:
    bias = node.optional_input(2)
    if bias is not None:
        return bias.dtype
    return DType.INT64 if node.output.dtype is DType.INT16 else DType.INT32
