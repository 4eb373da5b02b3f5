"""Scales and codes of weights and biases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Quantization, Tensor
from tinyq.quantization.affine import Grid, encode
from tinyq.quantization.scheme import LayerScheme

# a bias may fill half of the accumulator, the products get the other half
_BIAS_LIMIT = {DType.INT32: float(1 << 30), DType.INT64: float(1 << 46)}
_BIAS_GRID = {
    DType.INT32: Grid(-(1 << 31), (1 << 31) - 1, symmetric=True),
    DType.INT64: Grid(-(1 << 47), (1 << 47) - 1, symmetric=True),
}
_CLIPS = np.linspace(0.4, 1.0, 61)
# mantissas 1 + 2^-k of a sum of two powers of two, and 2
_MANTISSAS = np.array(sorted({1.0, 2.0, *(1.0 + 2.0**-k for k in range(1, 9))}))


@dataclass(frozen=True)
class Neighbours:
    """Scales of a layer's input and output activations."""

    input_scale: float
    output_scale: float


def quantize_parameters(
    weights: Tensor, bias: Tensor | None, axis: int, neighbours: Neighbours, scheme: LayerScheme
) -> tuple[Tensor, Tensor | None]:
    """Quantize the weights and the bias of one layer.

    Args:
        weights: Float constant.
        bias: Float constant, or None.
        axis: Dimension of the weights that output channels lie along.
        neighbours: Scales around the layer.
        scheme: Types and granularity.

    Returns:
        Weights, int8 or int4 with symmetric scales; bias, int32 or int64 with scale input x weights.
    """
    values: NDArray[np.float64] = np.asarray(weights.data, np.float64)
    bias_values = np.zeros(values.shape[axis]) if bias is None else np.asarray(bias.data, np.float64).reshape(-1)
    scales = weight_scales(values, axis, scheme)
    # a channel of (nearly) zero weights would push its bias out of the accumulator
    floor = np.abs(bias_values) / (neighbours.input_scale * _BIAS_LIMIT[scheme.bias_dtype])
    scales = np.maximum(scales, floor)
    scales = np.where(scales > 0, scales, scales.max() if scales.max() > 0 else 1.0)
    if not scheme.per_channel:
        scales = scales.max(keepdims=True)
    scale32 = _restricted(scales, neighbours, scheme).astype(np.float32)
    weight_q = Quantization(scale32, np.zeros(scale32.shape, np.int64), axis)
    codes = encode(values, weight_q, scheme.weight_grid, DType.INT8)
    new_weights = replace(weights, dtype=scheme.weight_dtype, quantization=weight_q, data=codes)
    if bias is None:
        return new_weights, None
    bias_scale = (np.float32(neighbours.input_scale) * scale32).astype(np.float32)
    bias_q = Quantization(bias_scale, np.zeros(scale32.shape, np.int64), 0)
    bias_codes = encode(bias_values, bias_q, _BIAS_GRID[scheme.bias_dtype], scheme.bias_dtype)
    new_bias = replace(bias, dtype=scheme.bias_dtype, quantization=bias_q, data=bias_codes.reshape(bias.shape))
    return new_weights, new_bias


def weight_scales(values: NDArray[np.float64], axis: int, scheme: LayerScheme) -> NDArray[np.float64]:
    """One scale per output channel (all equal if per tensor); 0 for a channel of zeros."""
    rows = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
    if not scheme.per_channel:
        scale = _row_scales(rows.reshape(1, -1), scheme)
        return np.repeat(scale, rows.shape[0])
    return _row_scales(rows, scheme)


def _row_scales(rows: NDArray[np.float64], scheme: LayerScheme) -> NDArray[np.float64]:
    high = scheme.weight_grid.high
    whole = np.asarray(np.abs(rows).max(axis=1) / high)
    if scheme.weight_range == "minmax":
        return whole
    best, least = whole, np.full(whole.shape, np.inf)
    for clip in _CLIPS:
        scale = np.where(whole > 0, whole * clip, 1.0)
        codes = np.clip(np.rint(rows / scale[:, None]), -high, high)
        error = np.square(codes * scale[:, None] - rows).sum(axis=1)
        best, least = np.where(error < least, whole * clip, best), np.minimum(error, least)
    return best


def _restricted(scales: NDArray[np.float64], near: Neighbours, scheme: LayerScheme) -> NDArray[np.float64]:
    """The next larger scales that the hardware's shifts can requantize by."""
    if scheme.scales == "free":
        return scales
    if scheme.scales == "power-of-two":
        return np.asarray(2.0 ** np.ceil(np.log2(scales)))
    # exact in float32, as the activations' scales are powers of two and the factor has few bits
    factors = scales * near.input_scale / near.output_scale
    exponents = np.floor(np.log2(factors))
    mantissas = factors / 2.0**exponents
    chosen = _MANTISSAS[np.minimum(np.searchsorted(_MANTISSAS, mantissas), _MANTISSAS.size - 1)]
    return np.asarray(chosen * 2.0**exponents * near.output_scale / near.input_scale)


def same_constant(a: Tensor, b: Tensor) -> bool:
    """Whether two quantized constants are interchangeable."""
    qa, qb = a.quantization, b.quantization
    arrays: list[tuple[Any, Any]] = [(a.data, b.data)]
    if qa is not None and qb is not None:
        arrays += [(qa.scale, qb.scale), (qa.zero_point, qb.zero_point), (qa.axis, qb.axis)]
    return a.dtype is b.dtype and (qa is None) == (qb is None) and all(np.array_equal(x, y) for x, y in arrays)
