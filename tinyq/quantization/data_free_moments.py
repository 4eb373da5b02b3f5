"""What activations look like without data: moments per channel, from batch normalizations and on through the graph.

A batch normalization leaves each channel with mean beta and standard deviation |gamma| (Nagel et al. 2019, "Data-Free
Quantization", arXiv 1906.04721, section 4.2.1 and appendix C). What follows gets moments from these by the weights, as
if channels were independent and values normally distributed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op
from tinyq.graph.batch_norm import BatchNorm
from tinyq.graph.options import OpaqueOptions
from tinyq.quantization.affine import Range

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Moments:
    """One activation, channel by channel; channels lie along the last dimension.

    Attributes:
        mean, std: ``[channels]``.
        low, high: ``[channels]``, where values are expected; the reach of a range.
    """

    mean: Array
    std: Array
    low: Array
    high: Array

    @staticmethod
    def normal(mean: Array, std: Array, alpha: float) -> Moments:
        """Normally distributed; reaches ``alpha`` standard deviations about the mean."""
        return Moments(mean, std, mean - alpha * std, mean + alpha * std)

    @staticmethod
    def uniform(range_: Range, channels: int) -> Moments:
        """Anything in a range."""
        one = np.ones(channels)
        std = (range_.high - range_.low) / np.sqrt(12.0)
        return Moments(one * (range_.low + range_.high) / 2, one * std, one * range_.low, one * range_.high)

    @property
    def range(self) -> Range:
        """Reach of all channels."""
        return Range(float(self.low.min()), float(self.high.max()))

    def each(self, pick: Function) -> Moments:
        """The same change to all four."""
        return Moments(pick(self.mean), pick(self.std), pick(self.low), pick(self.high))


@dataclass(frozen=True)
class _Step:
    """What an operator's rule is given."""

    graph: Graph
    op: Op
    inputs: tuple[Moments | Array | None, ...]
    alpha: float


def propagate(
    graph: Graph, batch_norms: Sequence[BatchNorm], inputs: Mapping[int, Moments], alpha: float
) -> dict[int, Moments]:
    """Moments of every activation that they can be told of.

    Args:
        graph: A float graph.
        batch_norms: What is known; it replaces what propagation would give.
        inputs: Moments of inputs, by tensor index. Without them the graph is known from its first batch
            normalizations on.
        alpha: Standard deviations that a normal distribution reaches from its mean.
    """
    known = {n.tensor: n for n in batch_norms}
    found: dict[int, Moments] = dict(inputs)
    for op in graph.ops:
        if len(op.outputs) != 1 or graph.tensors[op.outputs[0]].dtype is not DType.FLOAT32:
            continue
        out = op.outputs[0]
        norm = known.get(out)
        before = (
            Moments.normal(norm.output_mean, norm.output_std, alpha)
            if norm is not None
            else _apply(graph, op, found, alpha)
        )
        if before is not None:
            found[out] = through(before, _ACTIVATIONS[getattr(op.options, "activation", "NONE")])
    return found


def through(moments: Moments, function: Function | None) -> Moments:
    """Behind an element-wise function: moments by quadrature over a normal distribution, within the reach."""
    if function is None:
        return moments
    values = np.clip(moments.mean + moments.std * _DEVIATES[:, None], moments.low, moments.high)
    results = function(values)
    ends = function(np.linspace(moments.low, moments.high, 65))  # not every function is monotonic
    return Moments(results.mean(axis=0), results.std(axis=0), ends.min(axis=0), ends.max(axis=0))


def _apply(graph: Graph, op: Op, found: Mapping[int, Moments], alpha: float) -> Moments | None:
    rule = _RULES.get(op.kind)
    values = tuple(found.get(t, graph.tensors[t].data) if t >= 0 else None for t in op.inputs)
    present = [t for t in op.inputs if t >= 0]
    if rule is None or any(t not in found and not graph.tensors[t].is_constant for t in present):
        return None
    return rule(_Step(graph, op, values, alpha))


def _weighted(step: _Step) -> Moments | None:
    x, weights, bias = (*step.inputs, None)[:3]
    if not isinstance(x, Moments) or not isinstance(weights, np.ndarray) or isinstance(bias, Moments):
        return None
    taps = weights.astype(np.float64)
    if step.op.kind == "DEPTHWISE_CONV_2D":
        repeated = x.each(lambda a: np.repeat(a, taps.shape[-1] // a.size))
        mean = repeated.mean * taps.sum(axis=(0, 1, 2))
        variance = np.square(repeated.std) * np.square(taps).sum(axis=(0, 1, 2))
    else:
        if taps.shape[-1] % x.mean.size:
            return None  # a grouped convolution
        tiled = x.each(lambda a: np.tile(a, taps.shape[-1] // a.size))
        flat = taps.reshape(taps.shape[0], -1, taps.shape[-1])
        mean = flat.sum(axis=1) @ tiled.mean
        variance = np.square(flat).sum(axis=1) @ np.square(tiled.std)
    if bias is not None:
        mean = mean + bias.astype(np.float64).reshape(-1)
    return Moments.normal(mean, np.sqrt(variance), step.alpha)


def _sum(sign: float) -> Callable[[_Step], Moments | None]:
    def rule(step: _Step) -> Moments | None:
        pair = _pair(step)
        if pair is None:
            return None
        a, b = pair
        b = b if sign > 0 else Moments(-b.mean, b.std, -b.high, -b.low)
        normal = Moments.normal(a.mean + b.mean, np.hypot(a.std, b.std), step.alpha)
        low, high = np.maximum(normal.low, a.low + b.low), np.minimum(normal.high, a.high + b.high)
        return Moments(normal.mean, normal.std, low, high)

    return rule


def _product(step: _Step) -> Moments | None:
    pair = _pair(step)
    if pair is None:
        return None
    a, b = pair
    second = (np.square(a.std) + np.square(a.mean)) * (np.square(b.std) + np.square(b.mean))
    mean = a.mean * b.mean
    corners = np.stack([a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high])
    std = np.sqrt(np.maximum(second - np.square(mean), 0.0))
    return Moments(mean, std, corners.min(axis=0), corners.max(axis=0))


def _pair(step: _Step) -> tuple[Moments, Moments] | None:
    """Two operands with as many channels each."""
    channels = step.graph.tensors[step.op.outputs[0]].shape[-1]
    operands = [_operand(v, channels) for v in step.inputs[:2]]
    a, b = operands
    return None if a is None or b is None else (a, b)


def _operand(value: Moments | Array | None, channels: int) -> Moments | None:
    if isinstance(value, Moments):
        return value.each(lambda a: np.broadcast_to(a, channels)) if value.mean.size in (1, channels) else None
    if value is None:
        return None
    rows = np.asarray(value, np.float64).reshape(-1, value.shape[-1] if value.ndim else 1)
    if rows.shape[-1] not in (1, channels):
        return None
    parts = (rows.mean(axis=0), rows.std(axis=0), rows.min(axis=0), rows.max(axis=0))
    return Moments(*(np.broadcast_to(p, channels) for p in parts))


def _same(step: _Step) -> Moments | None:
    """Values move, are picked or averaged; which channel they land in follows from the shapes, if at all."""
    x = step.inputs[0]
    if not isinstance(x, Moments):
        return None
    channels = step.graph.tensors[step.op.outputs[0]].shape[-1]
    if channels == x.mean.size and step.op.kind != "TRANSPOSE":
        return x
    if channels % x.mean.size == 0 and step.op.kind == "RESHAPE":
        return x.each(lambda a: np.tile(a, channels // a.size))
    return _mixed([x]).each(lambda a: np.broadcast_to(a, channels))


def _padded(step: _Step) -> Moments | None:
    """Zeros come in; the moments of the rest are kept."""
    x = _same(step)
    return None if x is None else Moments(x.mean, x.std, np.minimum(x.low, 0.0), np.maximum(x.high, 0.0))


def _joined(step: _Step) -> Moments | None:
    parts = [v for v in step.inputs if isinstance(v, Moments)]
    if len(parts) != len(step.inputs):
        return None
    shape = step.graph.tensors[step.op.outputs[0]].shape
    axis = getattr(step.op.options, "axis", -1) % len(shape)
    if axis == len(shape) - 1 and sum(p.mean.size for p in parts) == shape[-1]:
        return Moments(*(np.concatenate([getattr(p, n) for p in parts]) for n in ("mean", "std", "low", "high")))
    return _mixed(parts).each(lambda a: np.broadcast_to(a, shape[-1]))


def _mixed(parts: Sequence[Moments]) -> Moments:
    """All channels of all parts as one."""
    mean, std, low, high = (np.concatenate([getattr(p, n) for p in parts]) for n in ("mean", "std", "low", "high"))
    whole = np.sqrt(np.square(std).mean() + mean.var())
    return Moments(np.array([mean.mean()]), np.array([whole]), np.array([low.min()]), np.array([high.max()]))


def _elementwise(function: Function) -> Callable[[_Step], Moments | None]:
    def rule(step: _Step) -> Moments | None:
        x = step.inputs[0]
        return through(x, function) if isinstance(x, Moments) else None

    return rule


def _leaky(step: _Step) -> Moments | None:
    options: Any = step.op.options
    alpha = float(dict(options.values).get("alpha", 0.0)) if isinstance(options, OpaqueOptions) else 0.0
    x = step.inputs[0]
    return through(x, lambda v: np.where(v < 0, alpha * v, v)) if isinstance(x, Moments) else None


def _bounded(low: float, high: float) -> Callable[[_Step], Moments | None]:
    def rule(step: _Step) -> Moments | None:
        return Moments.uniform(Range(low, high), step.graph.tensors[step.op.outputs[0]].shape[-1])

    return rule


def _sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))


# the middles of equally likely intervals of the standard normal distribution
_DEVIATES = np.array([NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)])

_ACTIVATIONS: dict[str, Function | None] = {
    "NONE": None,
    "RELU": lambda x: np.maximum(x, 0.0),
    "RELU6": lambda x: np.clip(x, 0.0, 6.0),
    "RELU_N1_TO_1": lambda x: np.clip(x, -1.0, 1.0),
    "TANH": np.tanh,
    "SIGN_BIT": lambda x: np.asarray(x < 0, np.float64),
}

_RULES: dict[str, Callable[[_Step], Moments | None]] = {
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"), _weighted),
    **dict.fromkeys(
        (
            "RESHAPE", "MAX_POOL_2D", "AVERAGE_POOL_2D", "MEAN", "REDUCE_MAX", "TRANSPOSE", "SQUEEZE", "EXPAND_DIMS",
            "STRIDED_SLICE", "SLICE", "RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR", "QUANTIZE", "DEQUANTIZE",
        ),
        _same,
    ),
    "PAD": _padded,
    "CONCATENATION": _joined,
    "ADD": _sum(1.0),
    "SUB": _sum(-1.0),
    "MUL": _product,
    "RELU": _elementwise(lambda x: np.maximum(x, 0.0)),
    "RELU6": _elementwise(lambda x: np.clip(x, 0.0, 6.0)),
    "LEAKY_RELU": _leaky,
    "HARD_SWISH": _elementwise(lambda x: x * np.clip(x + 3.0, 0.0, 6.0) / 6.0),
    "LOGISTIC": _elementwise(_sigmoid),
    "TANH": _elementwise(np.tanh),
    "SOFTMAX": _bounded(0.0, 1.0),
}  # fmt: skip
