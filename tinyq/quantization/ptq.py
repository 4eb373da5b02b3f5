"""Post-training quantization: a float graph and ranges in, an integer graph out.

Symmetric weights, affine activations and wide biases, as in Krishnamoorthi 2018 (arXiv 1806.08342), sections 2 and 3,
in the form that TFLM's kernels take. Layers may have types of their own; conversions go between those that differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tinyq.errors import UnsupportedError
from tinyq.graph import DType, Graph, Op, Quantization, Tensor, layer_name
from tinyq.graph.options import AddOptions, Options
from tinyq.quantization import scheme as schemes_module
from tinyq.quantization.affine import INT8, INT8_SYMMETRIC, INT16, Grid, Range, affine, encode
from tinyq.quantization.boundaries import Typed, parameter_inputs, typed
from tinyq.quantization.calibrators import Calibrator
from tinyq.quantization.op_rules import RULES
from tinyq.quantization.recurrent import quantized_parameters
from tinyq.quantization.scheme import LayerScheme, SchemeTable, model_wide
from tinyq.quantization.statistics import Statistics
from tinyq.quantization.ties import groups, least_scales, scheme_scales, symmetric_tensors
from tinyq.quantization.weights import Neighbours, quantize_parameters, same_constant

Ranges = Mapping[int, Range]
"""Tensor index -> range to quantize."""


def plan(graph: Graph, schemes: SchemeTable | LayerScheme | None = None, io: DType = DType.INT8) -> Typed:
    """Decide the type of every tensor.

    Args:
        graph: A float graph.
        schemes: One for each operator, or one for all, which each operator gets as far as it can; W8A8 by default.
        io: Type of the model's inputs and outputs: int8, int16 or float32.

    Raises:
        UnsupportedError: An operator has no integer form (it is named with its layer).
        BadInputError: TFLM has no kernel for what a layer was given.
    """
    if schemes is None or isinstance(schemes, LayerScheme):
        schemes = model_wide(graph, schemes or LayerScheme())
    for op, scheme in zip(graph.ops, schemes, strict=True):
        if scheme.dtype is not DType.FLOAT32:
            _check(graph, op)
    schemes_module.check(graph, schemes)
    return typed(graph, schemes, io)


def calibrate(statistics: Statistics, calibrator: Calibrator, planned: Typed) -> dict[int, Range]:
    """A range for every tensor that becomes an integer, from what was seen of it."""
    grids = activation_grids(planned)
    return {
        t: calibrator(statistics[source], grid)
        for t, grid in grids.items()
        if (source := planned.copies.get(t, t)) in statistics
    }


def activation_grids(planned: Typed) -> dict[int, Grid]:
    """The codes of every tensor that becomes an integer."""
    scales, symmetric = scheme_scales(planned), symmetric_tensors(planned)
    found = {}
    for t, dtype in planned.types.items():
        if dtype is not DType.FLOAT32:
            grid = INT16 if dtype is DType.INT16 else INT8_SYMMETRIC if t in symmetric else INT8
            found[t] = grid if scales.get(t, "free") == "free" else replace(grid, power_of_two=True)
    return found


def quantize(planned: Typed, ranges: Ranges) -> Graph:
    """Quantize a float graph as it was planned.

    Args:
        planned: The graph with the types of its tensors. Indices of tensors stay valid; there may be more.
        ranges: A range for every tensor that becomes an integer.
    """
    activations = _activations(planned, ranges)
    return _constants(planned, activations)


def _check(graph: Graph, op: Op) -> None:
    floats = [t for t in (*op.inputs, *op.outputs) if t >= 0 and graph.tensors[t].dtype is DType.FLOAT32]
    if not floats:
        return
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


def _activations(planned: Typed, ranges: Ranges) -> dict[int, Quantization]:
    """Quantization of every tensor that becomes an integer, weights and biases apart."""
    grids = activation_grids(planned)
    least = least_scales(planned)
    found: dict[int, Quantization] = {}
    for group in groups(planned):
        known = [_range_of(planned.graph.tensors[t], ranges.get(t)) for t in group.members]
        present = [r for r in known if r is not None]
        if not present and group.fixed is None:
            continue
        whole = present[0] if present else Range(0.0, 0.0)
        for r in present[1:]:
            whole = whole.union(r)
        grid = next((grids[t] for t in group.members if grids[t].symmetric), grids[group.members[0]])
        if any(grids[t].power_of_two for t in group.members):
            grid = replace(grid, power_of_two=True)
        scale, zero_point = group.fixed or affine(whole, grid, max(least.get(t, 0.0) for t in group.members))
        found.update(dict.fromkeys(group.members, Quantization.per_tensor(scale, zero_point)))
    return found


def _range_of(tensor: Tensor, calibrated: Range | None) -> Range | None:
    if tensor.data is not None and tensor.elements:
        return Range(float(tensor.data.min()), float(tensor.data.max()))
    return calibrated


def _constants(planned: Typed, activations: Mapping[int, Quantization]) -> Graph:
    """Give activations their type, and quantize each constant for the operator that reads it."""
    graph = planned.graph
    tensors = [
        replace(t, dtype=planned.types[i], quantization=activations[i]) if i in activations and not t.is_constant else t
        for i, t in enumerate(graph.tensors)
    ]
    done: dict[int, Tensor] = {}

    def place(index: int, quantized: Tensor) -> int:
        """Index of a quantized constant; one that two operators need differently gets a second tensor."""
        if index not in done:
            done[index] = tensors[index] = quantized
            return index
        if same_constant(done[index], quantized):
            return index
        tensors.append(replace(quantized, name=f"{quantized.name}/{len(tensors)}"))
        return len(tensors) - 1

    ops = []
    for op, scheme in zip(graph.ops, planned.schemes, strict=True):
        inputs = list(op.inputs)
        rule = RULES.get(op.kind)
        if rule is not None and rule.weights is not None and scheme.dtype is not DType.FLOAT32:
            bias_index = op.input(rule.bias) if rule.bias is not None else -1
            near = Neighbours(activations[op.inputs[rule.data]].scalar[0], activations[op.outputs[0]].scalar[0])
            weights, bias = quantize_parameters(
                graph.tensors[inputs[rule.weights]],
                graph.tensors[bias_index] if bias_index >= 0 else None,
                rule.weights_axis,
                near,
                scheme,
            )
            inputs[rule.weights] = place(inputs[rule.weights], weights)
            if bias is not None and rule.bias is not None:
                inputs[rule.bias] = place(bias_index, bias)
        if scheme.dtype is not DType.FLOAT32:
            for position, parameter in quantized_parameters(graph, op, activations, scheme.dtype):
                inputs[position] = place(inputs[position], parameter)
        for position, t in enumerate(op.inputs):
            if t in activations and graph.tensors[t].is_constant and t not in parameter_inputs(op):
                inputs[position] = place(t, _data_constant(graph.tensors[t], activations[t], scheme))
        ops.append(replace(op, inputs=tuple(inputs), options=_options(op)))
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops))


def _options(op: Op) -> Options:
    """The operator's options, which must not ask for sums of int16 by shifts alone, as those of a float graph do."""
    return replace(op.options, pot_scale_int16=False) if isinstance(op.options, AddOptions) else op.options


def _data_constant(tensor: Tensor, quantization: Quantization, scheme: LayerScheme) -> Tensor:
    assert tensor.data is not None  # noqa: S101 - the caller asked is_constant
    codes = encode(tensor.data, quantization, scheme.activation_grid, scheme.dtype)
    return replace(tensor, dtype=scheme.dtype, quantization=quantization, data=codes)
