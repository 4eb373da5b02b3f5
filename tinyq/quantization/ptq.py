"""Post-training quantization: a float graph and ranges in, a full-integer graph out.

Per-channel symmetric weights, per-tensor affine activations and int32 biases, as in Krishnamoorthi 2018
(arXiv 1806.08342), sections 2 and 3, in the form that TFLM's kernels take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import UnsupportedError
from tinyq.graph import DType, Graph, Op, Quantization, Tensor, layer_name
from tinyq.quantization.affine import INT8, INT8_WEIGHTS, Grid, Range, affine, encode
from tinyq.quantization.calibrators import Calibrator
from tinyq.quantization.op_rules import RULES
from tinyq.quantization.statistics import Statistics
from tinyq.quantization.ties import group, separate

# a bias may fill half of the accumulator, the products get the other half
_BIAS_LIMIT = float(1 << 30)
_INT32 = Grid(-(1 << 31), (1 << 31) - 1, symmetric=True)


@dataclass(frozen=True)
class Scheme:
    """How a model is quantized.

    Attributes:
        activations: Codes of activations.
        weights: Codes of weights.
        per_channel: One scale per output channel of the weights, else one per tensor.
    """

    activations: Grid = INT8
    weights: Grid = INT8_WEIGHTS
    per_channel: bool = True


def calibrate(statistics: Statistics, calibrator: Calibrator, grid: Grid = INT8) -> dict[int, Range]:
    """A range for every observed tensor."""
    return {tensor: calibrator(observed, grid) for tensor, observed in statistics.items()}


def quantize(graph: Graph, ranges: Mapping[int, Range], scheme: Scheme | None = None) -> Graph:
    """Quantize a float graph to int8, inputs and outputs included.

    Args:
        graph: A float graph. Its tensor indices stay valid in the result, which may have more tensors.
        ranges: A range for every float activation.
        scheme: W8A8 per channel by default.

    Raises:
        UnsupportedError: An operator cannot be quantized (it is named with its layer).
    """
    scheme = scheme or Scheme()
    _check(graph)
    graph, copies = separate(graph)
    ranges = {**ranges, **{copy: ranges[source] for copy, source in copies.items()}}
    activations = _activations(graph, ranges, scheme)
    return _constants(graph, activations, scheme)


def _check(graph: Graph) -> None:
    for op in graph.ops:
        floats = [t for t in (*op.inputs, *op.outputs) if t >= 0 and graph.tensors[t].dtype is DType.FLOAT32]
        if not floats:
            continue
        where = f"{op.kind} (layer {layer_name(graph, op)!r})"
        rule = RULES.get(op.kind)
        if rule is None:
            raise UnsupportedError(
                f"{where} cannot be quantized to integers.", "Replace the layer, or keep it out of the model."
            )
        if rule.weights is not None and not graph.tensors[op.inputs[rule.weights]].is_constant:
            raise UnsupportedError(
                f"{where} has weights that are computed, not constant.", "Use a layer with constant weights."
            )


def _activations(graph: Graph, ranges: Mapping[int, Range], scheme: Scheme) -> dict[int, Quantization]:
    """Quantization of every float tensor that is not weights or bias, constants among the data included."""
    parameters = {
        t
        for op in graph.ops
        for t in _parameter_inputs(op)
        if t >= 0
    }  # fmt: skip
    groups = group(graph)
    found: dict[int, Quantization] = {}
    for root, members in groups.members.items():
        data = [t for t in members if t not in parameters]
        known = [_range_of(graph.tensors[t], ranges.get(t)) for t in data]
        present = [r for r in known if r is not None]
        if not present:
            continue
        whole = present[0]
        for r in present[1:]:
            whole = whole.union(r)
        scale, zero_point = groups.fixed.get(root) or affine(whole, scheme.activations)
        found.update(dict.fromkeys(data, Quantization.per_tensor(scale, zero_point)))
    return found


def _range_of(tensor: Tensor, calibrated: Range | None) -> Range | None:
    if tensor.data is not None and tensor.elements:
        return Range(float(tensor.data.min()), float(tensor.data.max()))
    return calibrated


def _parameter_inputs(op: Op) -> tuple[int, ...]:
    """Tensor indices of weights and bias."""
    rule = RULES.get(op.kind)
    if rule is None or rule.weights is None:
        return ()
    return (op.inputs[rule.weights], op.input(rule.bias) if rule.bias is not None else -1)


def _constants(graph: Graph, activations: Mapping[int, Quantization], scheme: Scheme) -> Graph:
    """Give activations their type, and quantize each constant for the operator that reads it."""
    tensors = [
        replace(t, dtype=DType.INT8, quantization=activations[i]) if i in activations and not t.is_constant else t
        for i, t in enumerate(graph.tensors)
    ]
    done: dict[int, Tensor] = {}

    def place(index: int, quantized: Tensor) -> int:
        """Index of a quantized constant; one that two operators need differently gets a second tensor."""
        if index not in done:
            done[index] = quantized
            tensors[index] = quantized
            return index
        if _same(done[index], quantized):
            return index
        tensors.append(replace(quantized, name=f"{quantized.name}/{len(tensors)}"))
        return len(tensors) - 1

    ops = []
    for op in graph.ops:
        inputs = list(op.inputs)
        rule = RULES.get(op.kind)
        if rule is not None and rule.weights is not None:
            weights = graph.tensors[inputs[rule.weights]]
            bias_index = op.input(rule.bias) if rule.bias is not None else -1
            bias = graph.tensors[bias_index] if bias_index >= 0 else None
            input_scale, _ = activations[inputs[0]].scalar
            new_weights, new_bias = _parameters(weights, bias, rule.weights_axis, input_scale, scheme)
            inputs[rule.weights] = place(inputs[rule.weights], new_weights)
            if new_bias is not None and rule.bias is not None:
                inputs[rule.bias] = place(bias_index, new_bias)
        for position, t in enumerate(op.inputs):
            if t in activations and graph.tensors[t].is_constant:
                inputs[position] = place(t, _data_constant(graph.tensors[t], activations[t], scheme.activations))
        ops.append(replace(op, inputs=tuple(inputs)))
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops))


def _data_constant(tensor: Tensor, quantization: Quantization, grid: Grid) -> Tensor:
    assert tensor.data is not None  # noqa: S101 - the caller asked is_constant
    codes = encode(tensor.data, quantization, grid, DType.INT8)
    return replace(tensor, dtype=DType.INT8, quantization=quantization, data=codes)


def _parameters(
    weights: Tensor, bias: Tensor | None, axis: int, input_scale: float, scheme: Scheme
) -> tuple[Tensor, Tensor | None]:
    """Quantized weights and bias of one layer."""
    values: NDArray[Any] = np.asarray(weights.data, np.float64)
    channels = values.shape[axis]
    other_axes = tuple(i for i in range(values.ndim) if i != axis)
    largest = np.abs(values).max(axis=other_axes) if scheme.per_channel else np.full(channels, np.abs(values).max())
    scales = largest / scheme.weights.high
    bias_values: NDArray[Any] = np.zeros(channels) if bias is None else np.asarray(bias.data, np.float64).reshape(-1)
    # a channel of (nearly) zero weights would push its bias out of int32
    scales = np.maximum(scales, np.abs(bias_values) / (input_scale * _BIAS_LIMIT))
    scales = np.where(scales > 0, scales, scales.max() if scales.max() > 0 else 1.0)
    if not scheme.per_channel:
        scales = scales.max(keepdims=True)
    scale32 = scales.astype(np.float32)
    weight_q = Quantization(scale32, np.zeros(scale32.shape, np.int64), axis)
    new_weights = replace(
        weights, dtype=DType.INT8, quantization=weight_q, data=encode(values, weight_q, scheme.weights, DType.INT8)
    )
    if bias is None:
        return new_weights, None
    bias_q = Quantization((np.float32(input_scale) * scale32).astype(np.float32), weight_q.zero_point, 0)
    codes = encode(bias_values, bias_q, _INT32, DType.INT32)
    return new_weights, replace(bias, dtype=DType.INT32, quantization=bias_q, data=codes.reshape(bias.shape))


def _same(a: Tensor, b: Tensor) -> bool:
    qa, qb = a.quantization, b.quantization
    return (
        a.dtype is b.dtype
        and qa is not None
        and qb is not None
        and qa.axis == qb.axis
        and np.array_equal(qa.scale, qb.scale)
        and np.array_equal(qa.zero_point, qb.zero_point)
    )
