"""Models of one element-wise operator with one operand, as in :mod:`tests.graphs`."""

from __future__ import annotations

import numpy as np

from tests.graphs import GraphBuilder, pick, some_scale, some_zero_point
from tinyq.graph import DType, Graph, Quantization
from tinyq.graph.options import NoOptions, OpaqueOptions, Options

SHAPE = (16, 32)


def _scale_between_ties(rng: np.random.Generator, scale: float) -> float:
    """Near a scale so that ratios of nearly n + 1/2 come up, which single and double precision round differently."""
    ratio = 10 ** rng.uniform(-1, 1) if rng.random() < 0.4 else 1 / (int(rng.integers(8)) + 0.5)
    return float(np.float32(scale * ratio))


def _options(rng: np.random.Generator, kind: str) -> Options:
    if kind != "LEAKY_RELU":
        return NoOptions()
    alpha = float(np.float32(pick(rng, (0.1, 0.01, 0.3, 0.0, 1.0, -0.2, 1.7, float(rng.uniform(0, 1))))))
    return OpaqueOptions("LeakyReluOptions", (("alpha", alpha),))


def unary(rng: np.random.Generator, kind: str, dtype: DType = DType.INT8) -> Graph:
    """Any scales and zero points; those of int16 are 0."""
    b = GraphBuilder()
    scale, zero_point = some_scale(rng), some_zero_point(rng)
    output_scale = scale if rng.random() < 0.2 else _scale_between_ties(rng, scale)
    if kind == "HARD_SWISH":
        scale = float(np.float32(10 ** rng.uniform(-2.5, -0.8)))
        output_scale = float(np.float32(scale * rng.uniform(0.4, 1.5)))
    if kind == "RSQRT":
        zero_point = -128
        output_scale = float(np.float32(rng.uniform(0.002, 0.05) / np.sqrt(scale)))
    x = b.codes(SHAPE, dtype, scale, zero_point)
    y = b.codes(SHAPE, dtype, output_scale, some_zero_point(rng))
    b.op(kind, (x,), y, _options(rng, kind))
    return b.graph([x], [y])


def tanh(rng: np.random.Generator, dtype: DType = DType.INT8) -> Graph:
    """With the output's quantization that TFLM wants."""
    b = GraphBuilder()
    if dtype is DType.INT8:
        x = b.codes(SHAPE, dtype, float(np.float32(10 ** rng.uniform(-4, 0.5))), some_zero_point(rng))
    else:
        exact = rng.random() < 0.4
        scale = 2.0 ** int(rng.integers(-13, -9)) if exact else 10 ** rng.uniform(-5, 0.4)
        x = b.tensor(SHAPE, dtype, Quantization.per_tensor(float(np.float32(scale)), 0))
    y = b.tensor(SHAPE, dtype, Quantization.per_tensor(1 / 128 if dtype is DType.INT8 else 1 / 32768, 0))
    b.op("TANH", (x,), y)
    return b.graph([x], [y])
