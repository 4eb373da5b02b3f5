"""What is trained: a float graph with the codes that its weights and activations will have, and the values so far.

Training starts from a model that was quantized after training and ends in the same form, so its first step starts from
exactly that model, and what it ends with is quantized by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError, UnsupportedError
from tinyq.frontend.differentiable import OPERATIONS
from tinyq.graph import DType, Graph, Op, Quantization, Tensor, layer_name
from tinyq.qat.widths import NARROW
from tinyq.quantization import ptq
from tinyq.quantization.affine import INT8, Grid, encode
from tinyq.quantization.boundaries import Typed, parameter_inputs
from tinyq.quantization.op_rules import RULES, has_weights
from tinyq.quantization.scheme import LayerScheme
from tinyq.quantization.ties import groups

# a bias may fill half of the accumulator, the products get the other half
_BIAS_LIMITS = {DType.INT32: 1 << 30, DType.INT64: 1 << 46}
_BIAS_GRIDS = {
    DType.INT32: Grid(-(1 << 31), (1 << 31) - 1, symmetric=True),
    DType.INT64: Grid(-(1 << 47), (1 << 47) - 1, symmetric=True),
}
_CLIPS = np.linspace(0.3, 1.0, 71)
_INSIDE = 0.49  # of a step around its code, which a float weight is moved into


@dataclass(frozen=True)
class Layer:
    """Values of one layer.

    Attributes:
        weights: float32, in the layout of the ``.tflite``.
        bias: float32 ``[outputs]``, or None.
        scales: float32 ``[outputs]``, or ``[1]`` if one serves the whole tensor.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32] | None
    scales: NDArray[np.float32]


@dataclass(frozen=True)
class Parameters:
    """All that training changes.

    Attributes:
        layers: By the tensor index of the weights.
        activations: Scale and zero point of every activation that becomes an integer, by tensor index.
    """

    layers: Mapping[int, Layer]
    activations: Mapping[int, tuple[float, int]]


@dataclass(frozen=True)
class Tied:
    """Activations with one scale and zero point; ``fixed`` if their kernel demands both."""

    members: tuple[int, ...]
    grid: Grid
    fixed: bool


@dataclass(frozen=True)
class Plan:
    """How a model is quantized, whatever its values.

    Attributes:
        source: The float graph.
        planned: The same with a type for every tensor; indices of tensors hold for both.
        reference: The same model, quantized; the form that the result takes.
        weight_grids: Codes of weights, by their tensor index; weights that stay float have none.
        tied: All activations that become integers.
    """

    source: Graph
    planned: Typed
    reference: Graph
    weight_grids: Mapping[int, Grid]
    tied: tuple[Tied, ...]


def plan(source: Graph, planned: Typed, reference: Graph, weight_bits: int = 8) -> Plan:
    """The plan that a quantized model follows.

    Args:
        source: The float graph.
        planned: What was quantized, float, with its types.
        reference: The result.
        weight_bits: 8 and 4 are what the reference has; 3 and 2 are fewer codes in its int4 weights.

    Raises:
        UnsupportedError: Training cannot pass through an operator; names its layer.
        BadInputError: Scales are restricted to powers of two, which are not trained.
    """
    grids: dict[int, Grid] = {}
    for op, scheme in zip(planned.graph.ops, planned.schemes, strict=True):
        if op.kind not in OPERATIONS or len(op.outputs) != 1:
            raise UnsupportedError(
                f"Layer {layer_name(planned.graph, op)!r} ({op.kind}) cannot be trained.",
                "Replace the layer, or quantize the model after training with 'tinyq quantize'.",
            )
        if scheme.scales != "free":
            raise BadInputError(
                "Training learns scales of any size, but the recipe asks for powers of two.",
                "Leave the scheme out, or quantize after training with 'tinyq quantize'.",
            )
        if has_weights(op) and scheme.dtype is not DType.FLOAT32:
            grids[op.inputs[1]] = _weight_grid(scheme, weight_bits)
    codes = ptq.activation_grids(planned)
    tied = []
    for group in groups(planned):
        grid = next((codes[t] for t in group.members if codes[t].symmetric), codes[group.members[0]])
        tied.append(Tied(group.members, grid, group.fixed is not None))
    return Plan(source, planned, reference, grids, tuple(tied))


def _weight_grid(scheme: LayerScheme, bits: int) -> Grid:
    return NARROW.get(bits, scheme.weight_grid) if scheme.weight_bits == 4 else scheme.weight_grid


def bias_of(op: Op) -> int:
    """Tensor index of an operator's bias, -1 where it has none."""
    rule = RULES[op.kind]
    return op.input(rule.bias) if rule.bias is not None else -1


def float_plan(graph: Graph) -> Plan:
    """The plan of a model that stays float.

    Raises:
        UnsupportedError: Training cannot pass through an operator; names its layer.
    """
    schemes = (LayerScheme(activations="float32"),) * len(graph.ops)
    return plan(graph, ptq.plan(graph, schemes, DType.FLOAT32), graph)


def initial(plan: Plan, *, from_extremes: bool = False) -> Parameters:
    """The values of the quantized model, with float weights that round to its codes.

    Args:
        plan: With the quantized model.
        from_extremes: Weight scales cover all weights, as methods need that do not learn scales. Otherwise they are
            the quantized model's, or those of least squared error where the codes are fewer than its own.
    """
    graph, made = plan.planned.graph, plan.reference
    activations = {}
    for tied in plan.tied:
        known = [q for t in tied.members if (q := made.tensors[t].quantization) is not None]
        activations.update(dict.fromkeys(tied.members, known[0].scalar))
    layers: dict[int, Layer] = {}
    for op, integer, scheme in zip(graph.ops, made.ops, plan.planned.schemes, strict=True):
        if not has_weights(op):
            continue
        index, bias_index = op.inputs[1], bias_of(op)
        values = _float(graph.tensors[index])
        bias = _float(graph.tensors[bias_index]).reshape(-1) if bias_index >= 0 else None
        if index not in plan.weight_grids:
            layers[index] = Layer(values, bias, np.ones(1, np.float32))
            continue
        grid, tensor = plan.weight_grids[index], made.tensors[integer.inputs[1]]
        axis = RULES[op.kind].weights_axis
        if from_extremes or grid.high < scheme.weight_grid.high:
            scales = _fitted_scales(values, axis, grid, scheme.per_channel, from_extremes)
        else:
            assert tensor.quantization is not None and tensor.data is not None  # noqa: S101 - it was quantized
            scales = tensor.quantization.scale
            values = _towards(values, tensor.data, along(scales, axis, values.ndim))
            bias = _corrected(bias, made.tensors[integer.inputs[2]] if bias is not None else None)
        layers[index] = Layer(values, bias, scales)
    return Parameters(layers, activations)


def along(scales: NDArray[np.float32], axis: int, ndim: int) -> NDArray[np.float32]:
    """Scales in a shape that broadcasts over the weights."""
    return scales.reshape([-1 if d == axis else 1 for d in range(ndim)])


def _towards(values: NDArray[np.float32], codes: NDArray[Any], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights moved, where needed, to where rounding gives the codes that adaptive rounding chose.

    Weights beyond the codes' range stay where they are.
    """
    steps = values / scales
    low, high = codes - _INSIDE, codes + _INSIDE
    moved = np.clip(steps, np.where(codes == codes.min(), -np.inf, low), np.where(codes == codes.max(), np.inf, high))
    return np.asarray(np.where(np.rint(steps) == codes, values, moved * scales), np.float32)


def _corrected(bias: NDArray[np.float32] | None, made: Tensor | None) -> NDArray[np.float32] | None:
    """The quantized bias as float, which holds what bias correction added."""
    if bias is None or made is None or made.quantization is None or made.data is None:
        return bias
    return np.asarray(made.data.reshape(-1) * made.quantization.scale.astype(np.float64), np.float32)


def _fitted_scales(
    values: NDArray[np.float32], axis: int, grid: Grid, per_channel: bool, extremes: bool
) -> NDArray[np.float32]:
    """Scales that cover all weights, or those of least squared error, by search."""
    rows = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1).astype(np.float64)
    rows = rows if per_channel else rows.reshape(1, -1)
    whole = np.abs(rows).max(axis=1) / grid.high
    whole = np.where(whole > 0, whole, 1.0)
    best, least = whole, np.full(whole.shape, np.inf)
    for clip in (1.0,) if extremes else _CLIPS:
        scale = (whole * clip)[:, None]
        codes = np.clip(np.rint(rows / scale), grid.low, grid.high)
        error = np.square(codes * scale - rows).sum(axis=1)
        best, least = np.where(error < least, scale[:, 0], best), np.minimum(error, least)
    return np.asarray(best, np.float32)


def integer(plan: Plan, parameters: Parameters) -> Graph:
    """The quantized model with other values.

    Biases that would outgrow the accumulator widen the scale of their channel, as in
    :func:`tinyq.quantization.weights.quantize_parameters`.
    """
    graph, made = plan.planned.graph, plan.reference
    tensors = list(made.tensors)
    for t, (scale, zero_point) in parameters.activations.items():
        if not graph.tensors[t].is_constant:
            tensors[t] = replace(tensors[t], quantization=Quantization.per_tensor(scale, zero_point))
    for op, target, scheme in zip(graph.ops, made.ops, plan.planned.schemes, strict=True):
        if has_weights(op) and op.inputs[1] in plan.weight_grids:
            layer, bias = parameters.layers[op.inputs[1]], bias_of(op)
            source = tensors[target.inputs[0]].quantization
            assert source is not None  # noqa: S101 - the layer's input is an integer
            weights, coded = _encoded(layer, op, scheme, plan.weight_grids[op.inputs[1]], source.scalar[0])
            tensors[target.inputs[1]] = replace(tensors[target.inputs[1]], **weights)
            if bias >= 0:
                shape = tensors[target.inputs[2]].shape
                coded["data"] = coded["data"].reshape(shape)
                tensors[target.inputs[2]] = replace(tensors[target.inputs[2]], **coded)
        for t, placed in zip(op.inputs, target.inputs, strict=True):
            if t in parameters.activations and graph.tensors[t].is_constant and t not in parameter_inputs(op):
                tensors[placed] = _constant(graph.tensors[t], tensors[placed], parameters.activations[t])
    return replace(made, tensors=tuple(tensors))


def _encoded(
    layer: Layer, op: Op, scheme: LayerScheme, grid: Grid, input_scale: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What changes in the tensors of weights and bias."""
    axis = RULES[op.kind].weights_axis
    scales = layer.scales
    if layer.bias is not None:
        floor = np.abs(layer.bias.astype(np.float64)) / (input_scale * _BIAS_LIMITS[scheme.bias_dtype])
        scales = np.maximum(scales, floor if scales.size > 1 else floor.max()).astype(np.float32)
    zeros = np.zeros(scales.shape, np.int64)
    held = Quantization(scales, zeros, axis)
    codes = encode(layer.weights, held, grid, DType.INT8)
    weights = {"quantization": held, "data": codes}
    if layer.bias is None:
        return weights, {}
    bias_held = Quantization((np.float32(input_scale) * scales).astype(np.float32), zeros, 0)
    bias = encode(layer.bias, bias_held, _BIAS_GRIDS[scheme.bias_dtype], scheme.bias_dtype)
    return weights, {"quantization": bias_held, "data": bias}


def _constant(values: Tensor, made: Tensor, learned: tuple[float, int]) -> Tensor:
    held = Quantization.per_tensor(*learned)
    limits = np.iinfo(made.dtype.numpy)
    grid = INT8 if made.dtype is DType.INT8 else Grid(int(limits.min), int(limits.max))
    return replace(made, quantization=held, data=encode(_float(values), held, grid, made.dtype))


def trained(plan: Plan, parameters: Parameters) -> Graph:
    """The float graph with the trained weights, not rounded."""
    graph = plan.source
    changes: dict[int, Tensor] = {}
    for op in graph.ops:
        if has_weights(op):
            layer, bias = parameters.layers[op.inputs[1]], bias_of(op)
            changes[op.inputs[1]] = replace(graph.tensors[op.inputs[1]], data=layer.weights)
            if bias >= 0 and layer.bias is not None:
                held = graph.tensors[bias]
                changes[bias] = replace(held, data=layer.bias.reshape(held.shape))
    return graph.replace_tensors(changes)


def _float(tensor: Tensor) -> NDArray[np.float32]:
    assert tensor.data is not None  # noqa: S101 - the planner refuses weights that are computed
    return np.asarray(tensor.data, np.float32)


def separate(graph: Graph) -> Graph:
    """The same function with weights of their own for layers that share them but not their form."""
    tensors, ops = list(graph.tensors), list(graph.ops)
    owners: dict[int, Op] = {}
    for position, op in enumerate(ops):
        if not has_weights(op):
            continue
        owner = owners.setdefault(op.inputs[1], op)
        alike = (owner.inputs[1:], owner.options) == (op.inputs[1:], op.options)
        if alike and graph.tensors[owner.inputs[0]].shape == graph.tensors[op.inputs[0]].shape:
            continue
        inputs = list(op.inputs)
        for place in (1, 2):
            if op.input(place) >= 0:
                inputs[place] = len(tensors)
                held = tensors[op.inputs[place]]
                tensors.append(replace(held, name=f"{held.name}/{len(tensors)}"))
        ops[position] = replace(op, inputs=tuple(inputs))
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops))
