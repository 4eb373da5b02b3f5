"""A plan as a Keras model to train, and the trained values back from it."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import Graph, Op, layer_name
from tinyq.qat.compress import NOTHING, Structure
from tinyq.qat.keras_layers import LayerClasses, layer_classes, op_config
from tinyq.qat.methods import ActivationSpec, WeightSpec, method
from tinyq.qat.plan import Layer, Parameters, Plan, Tied, bias_of
from tinyq.quantization.boundaries import parameter_inputs
from tinyq.quantization.op_rules import RULES, has_weights

_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
# operators that move codes and compute nothing: what they read was rounded before
_MOVE = (
    "RESHAPE", "MAX_POOL_2D", "PAD", "TRANSPOSE", "SQUEEZE", "EXPAND_DIMS", "CONCATENATION", "MAXIMUM", "MINIMUM",
    "REDUCE_MAX", "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND",
)  # fmt: skip
_BIAS_UNIT_CODES = 64  # of the output's codes


@dataclass
class Network:
    """A Keras model and where its parts are.

    Attributes:
        model: From the graph's inputs to its outputs.
        values: Keras tensors by tensor index.
        weighted: Layers by the tensor index of their weights.
        rounding: Layers by the activations that they round.
        calls: For each output of an operator its layer, and the positions of the inputs that it is given.
    """

    model: Any
    values: dict[int, Any]
    weighted: dict[int, Any]
    rounding: dict[Tied, Any]
    calls: dict[int, tuple[Any, tuple[int, ...]]]


def build(
    plan: Plan,
    parameters: Parameters,
    method_name: str,
    *,
    structure: Structure = NOTHING,
    keras_name: str = "tf_keras",
    rounding: bool = True,
    mixins: tuple[type, ...] = (),
) -> Network:
    """A Keras model that computes what the integer model computes, to train.

    Args:
        plan: What the model is.
        parameters: The values to start from.
        method_name: How rounding is trained through.
        structure: Zeros and shared weights to keep.
        keras_name: "tf_keras" or "keras".
        rounding: Round at all; without, it is the float model.
        mixins: Further bases of the layers with weights.
    """
    classes = layer_classes(keras_name, mixins)
    network = _Builder(plan, parameters, method_name, structure, keras_name, classes, rounding).build()
    assign(network, plan, parameters, structure)
    return network


def wrapped(network: Network, plan: Plan, wrappers: Mapping[int, Any]) -> Any:
    """The Keras model of a float network with some of its layers wrapped.

    Args:
        network: Built without rounding.
        plan: What it was built from.
        wrappers: Wrapped layers, by the tensor index of their weights.

    Returns:
        The tensors of the new model by tensor index, inputs included.
    """
    graph, calls = plan.planned.graph, dict(network.calls)
    values = {t: network.values[t] for t in graph.inputs}
    for op in graph.ops:
        layer, given = calls[op.outputs[0]]
        layer = wrappers.get(op.inputs[1], layer) if has_weights(op) else layer
        arguments = [values[op.inputs[p]] for p in given]
        values[op.outputs[0]] = layer(arguments[0] if len(arguments) == 1 else arguments)
    return values


class _Builder:
    def __init__(
        self,
        plan: Plan,
        parameters: Parameters,
        method_name: str,
        structure: Structure,
        keras_name: str,
        classes: LayerClasses,
        rounds: bool,
    ) -> None:
        self.plan, self.parameters, self.method_name, self.structure = plan, parameters, method_name, structure
        self.graph: Graph = plan.planned.graph
        self.keras: Any = importlib.import_module(keras_name)
        self.classes, self.rounds = classes, rounds
        self.names: set[str] = set()
        self.tied = {t: tied for tied in plan.tied for t in tied.members}
        self.values: dict[int, Any] = {}
        self.weighted: dict[int, Any] = {}
        self.rounding: dict[Tied, Any] = {}
        self.calls: dict[int, tuple[Any, tuple[int, ...]]] = {}

    def build(self) -> Network:
        inputs = []
        for t in self.graph.inputs:
            tensor = self.graph.tensors[t]
            given = self.keras.Input(tensor.shape[1:], dtype=tensor.dtype.value, name=self._unique(tensor.name))
            inputs.append(given)
            self.values[t] = self._rounded(t, given, None)
        for op in self.graph.ops:
            self._add(op)
        model = self.keras.Model(inputs, [self.values[t] for t in self.graph.outputs])
        return Network(model, self.values, self.weighted, self.rounding, self.calls)

    def _add(self, op: Op) -> None:
        parameters = parameter_inputs(op)
        given = tuple(p for p, t in enumerate(op.inputs) if t in self.values and t not in parameters)
        config, name = op_config(self.graph, op, given), layer_name(self.graph, op)
        if has_weights(op):
            for position in (1, 2):  # values live in variables
                if position < len(config["inputs"]) and config["inputs"][position] is not None:
                    config["inputs"][position]["values"] = None
            layer = self.weighted.get(op.inputs[1]) or self._weighted(op, config, name)
            self.weighted[op.inputs[1]] = layer
        else:
            layer = self.classes.operator(config, name=self._unique(name))
        self.calls[op.outputs[0]] = layer, given
        arguments = [self.values[op.inputs[p]] for p in given]
        result = layer(arguments[0] if len(arguments) == 1 else arguments)
        self.values[op.outputs[0]] = self._rounded(op.outputs[0], result, op)

    def _weighted(self, op: Op, config: dict[str, Any], name: str) -> Any:
        index = op.inputs[1]
        held = self.parameters.layers[index]
        grid = self.plan.weight_grids.get(index)
        shape = (*[1] * (held.weights.ndim - 1), held.scales.size)
        spec = None
        if grid is not None and self.rounds:
            spec = asdict(WeightSpec(grid.low, grid.high, shape, held.weights.size // held.scales.size))
        clusters = self.structure.clusters.get(index)
        return self.classes.weighted(
            config,
            self.method_name,
            spec,
            RULES[op.kind].weights_axis,
            list(shape) if clusters is None else [1] * held.weights.ndim,
            masked=index in self.structure.masked,
            clusters=0 if clusters is None else int(clusters.max()) + 1,
            name=self._unique(name),
        )

    def _rounded(self, t: int, value: Any, op: Op | None) -> Any:
        tied = self.tied.get(t)
        if tied is None or not self.rounds or (op is not None and op.kind in _MOVE):
            return value
        if tied.fixed and t in self.graph.outputs:
            return value  # a loss sees more than 8 bits of a probability
        if tied not in self.rounding:
            elements = self.graph.tensors[t].elements
            spec = ActivationSpec(tied.grid.low, tied.grid.high, tied.grid.symmetric, tied.fixed, elements)
            name = self._unique(f"{layer_name(self.graph, op) if op is not None else self.graph.tensors[t].name}_codes")
            self.rounding[tied] = self.classes.rounding(self.method_name, asdict(spec), name=name)
        return self.rounding[tied](value)

    def _unique(self, name: str) -> str:
        plain = _NAME.sub("_", name).strip("_.-") or "layer"
        plain = plain if plain[0].isalnum() else f"layer_{plain}"
        found, count = plain, 0
        while found in self.names:
            count += 1
            found = f"{plain}_{count}"
        self.names.add(found)
        return found


def assign(network: Network, plan: Plan, parameters: Parameters, structure: Structure) -> None:
    """Give a network values."""
    for op in plan.planned.graph.ops:
        if not has_weights(op):
            continue
        index = op.inputs[1]
        layer, held = network.weighted[index], parameters.layers[index]
        weights = np.moveaxis(held.weights, layer.axis, -1)
        unit = _unit(weights, layer.unit_shape)
        layer.kernel_unit.assign(unit)
        if layer.clusters:
            of = np.moveaxis(structure.clusters[index], layer.axis, -1)
            counts = np.bincount(of.reshape(-1), minlength=layer.clusters)
            sums = np.bincount(of.reshape(-1), (weights / unit).reshape(-1), layer.clusters)
            layer.centroids.assign((sums / np.maximum(counts, 1)).astype(np.float32))
            layer.cluster.assign(of)
        else:
            layer.kernel.assign(weights / unit)
        if layer.masked:
            layer.mask.assign((weights != 0).astype(np.float32))
        if held.bias is not None and bias_of(op) >= 0:
            output = parameters.activations.get(op.outputs[0])
            extent = output[0] * _BIAS_UNIT_CODES if output else max(float(np.abs(held.bias).max()), 1e-3)
            layer.bias_unit.assign(np.full(held.bias.shape, extent, np.float32))
            layer.bias.assign(held.bias / np.float32(extent))
        if layer.quantizer is not None:
            layer.quantizer.assign(held.scales.reshape(layer.spec["shape"]))
    for tied, layer in network.rounding.items():
        layer.quantizer.assign(*parameters.activations[tied.members[0]])


def _unit(weights: NDArray[np.float32], shape: list[int]) -> NDArray[np.float32]:
    """The largest weight of each output channel, or of all."""
    axes = tuple(d for d, size in enumerate(shape) if size == 1)
    largest = np.abs(weights).max(axis=axes, keepdims=True)
    return np.asarray(np.where(largest > 0, largest, 1.0), np.float32)


def read(network: Network, plan: Plan, start: Parameters) -> Parameters:
    """The values of a network.

    Args:
        network: Trained.
        plan: What it was built from.
        start: What training started from, for what it leaves alone.
    """
    layers = {}
    for index, layer in network.weighted.items():
        held = start.layers[index]
        weights = np.moveaxis(np.asarray(layer.real_weights(), np.float32), -1, layer.axis)
        bias = None if layer.bias is None else np.asarray(layer.real_bias(), np.float32)
        scales = held.scales
        if layer.quantizer is not None:
            if not method(layer.method_name).learns_weight_scales:
                layer.quantizer(layer.real_weights(), True)  # scales follow the last step's weights too
            scales = layer.quantizer.scales().reshape(-1)
        layers[index] = Layer(weights, bias, scales)
    activations = dict(start.activations)
    for tied, layer in network.rounding.items():
        activations.update(dict.fromkeys(tied.members, layer.quantizer.values()))
    return Parameters(layers, activations)
