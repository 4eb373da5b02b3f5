"""Keras layers that compute what one operator of a graph computes, and round as its integer form will.

The classes are made for the Keras that is asked for: the legacy one, which TF-MOT needs, or Keras 3.
"""

from __future__ import annotations

import importlib
from dataclasses import asdict
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from tinyq.frontend.differentiable import OPERATIONS, activate
from tinyq.graph import DType, Graph, Op, Tensor, options
from tinyq.qat.methods import ActivationSpec, WeightSpec, method


class LayerClasses(NamedTuple):
    """The layer classes of one Keras."""

    operator: Any
    weighted: Any
    rounding: Any


def op_config(graph: Graph, op: Op, given: tuple[int, ...]) -> dict[str, Any]:
    """An operator as plain values that JSON can hold.

    Args:
        graph: Where the operator is from.
        op: The operator.
        given: Positions of the inputs that a layer is given when it is called; the others are constants or absent.
    """
    inputs: list[dict[str, Any] | None] = []
    for position, t in enumerate(op.inputs):
        if t < 0:
            inputs.append(None)
            continue
        tensor = graph.tensors[t]
        held: dict[str, Any] = {"shape": list(tensor.shape), "dtype": tensor.dtype.value, "values": None}
        if position not in given and tensor.data is not None:
            held["values"] = tensor.data.tolist()
        inputs.append(held)
    target = graph.tensors[op.outputs[0]]
    return {
        "kind": op.kind,
        "options": {"class": type(op.options).__name__, **asdict(op.options)},
        "inputs": inputs,
        "given": list(given),
        "output_shape": list(target.shape),
    }


def _graph_of(config: dict[str, Any]) -> Graph:
    """A graph of one operator."""
    tensors: list[Tensor] = []
    inputs: list[int] = []
    for position, held in enumerate(config["inputs"]):
        if held is None:
            inputs.append(-1)
            continue
        data = None if held["values"] is None else np.array(held["values"], DType(held["dtype"]).numpy)
        data = None if data is None else data.reshape(held["shape"])
        inputs.append(len(tensors))
        tensors.append(Tensor(str(position), tuple(held["shape"]), DType(held["dtype"]), data=data))
    tensors.append(Tensor("output", tuple(config["output_shape"]), DType.FLOAT32))
    given = dict(config["options"])
    kind = getattr(options, given.pop("class"))
    chosen = kind(**{name: _tuples(value) for name, value in given.items()})
    op = Op(config["kind"], tuple(inputs), (len(tensors) - 1,), chosen)
    return Graph(tuple(tensors), (op,), (), (len(tensors) - 1,))


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list | tuple) else value


@cache
def layer_classes(keras_name: str, mixins: tuple[type, ...] = ()) -> LayerClasses:
    """Layers for ``keras`` or ``tf_keras``, which it imports; ``mixins`` are further bases of those with weights."""
    keras: Any = importlib.import_module(keras_name)

    class OperatorLayer(keras.layers.Layer):  # type: ignore[misc]
        """An operator without weights."""

        def __init__(self, operator: dict[str, Any], **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.operator = operator
            self._graph = _graph_of(operator)

        def call(self, inputs: Any) -> Any:
            return self._run(list(inputs) if isinstance(inputs, list | tuple) else [inputs], {})

        def _run(self, given: list[Any], parameters: dict[int, Any]) -> Any:
            """The operator's output, its weights and bias given by position."""
            import tensorflow as tf

            op, values = self._graph.ops[0], dict(zip(self.operator["given"], given, strict=True))
            values.update(parameters)
            found = []
            for position, t in enumerate(op.inputs):
                if position in values:
                    found.append(values[position])
                else:
                    data = self._graph.tensors[t].data if t >= 0 else None
                    found.append(None if data is None else tf.constant(data))
            result = OPERATIONS[op.kind](self._graph, op, found)
            return activate(result, getattr(op.options, "activation", "NONE"))

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "operator": self.operator}

    class WeightedLayer(OperatorLayer, *mixins):  # type: ignore[misc]
        """A convolution, depthwise or dense operator whose weights are trained as their codes will hold them.

        Weights and biases are held in units of their channel (``kernel * kernel_unit`` are the real ones), so that a
        learning rate means the same in every channel, however batch normalization or equalization scaled it. Output
        channels lie along the last dimension, as Keras and TF-MOT have it.
        """

        def __init__(
            self,
            operator: dict[str, Any],
            method_name: str,
            weights: dict[str, Any] | None,
            axis: int,
            unit_shape: list[int],
            masked: bool = False,
            clusters: int = 0,
            **kwargs: Any,
        ) -> None:
            super().__init__(operator, **kwargs)
            self.method_name, self.spec, self.unit_shape = method_name, weights, list(unit_shape)
            self.axis, self.masked, self.clusters = axis, masked, clusters
            held = None if weights is None else WeightSpec(**{**weights, "shape": tuple(weights["shape"])})
            self.quantizer = None if held is None else method(method_name).weights(held)

        def build(self, input_shape: Any) -> None:
            held = self.operator["inputs"]
            stored = held[1]["shape"]
            shape = (*stored[: self.axis], *stored[self.axis + 1 :], stored[self.axis])

            def add(name: str, size: Any, value: str = "zeros", trainable: bool = True, dtype: str = "float32") -> Any:
                return self.add_weight(name=name, shape=size, initializer=value, trainable=trainable, dtype=dtype)

            self.kernel_unit = add("kernel_unit", tuple(self.unit_shape), "ones", trainable=False)
            if self.clusters:
                self.centroids = add("centroids", (self.clusters,))
                self.cluster = add("cluster", shape, trainable=False, dtype="int32")
            else:
                self.kernel = add("kernel", shape)
            if self.masked:
                self.mask = add("mask", shape, "ones", trainable=False)
            self.bias = None
            if len(held) > 2 and held[2] is not None:
                size = (int(np.prod(held[2]["shape"])),)
                self.bias_unit = add("bias_unit", (size), "ones", trainable=False)
                self.bias = add("bias", size)
            if self.quantizer is not None:
                self.quantizer.build(self)
            self.built = True

        def real_weights(self) -> Any:
            """The weights before rounding, output channels last."""
            import tensorflow as tf

            kernel = tf.gather(tf.convert_to_tensor(self.centroids), self.cluster) if self.clusters else self.kernel
            weights = kernel * tf.convert_to_tensor(self.kernel_unit)
            return weights * tf.convert_to_tensor(self.mask) if self.masked else weights

        def real_bias(self) -> Any:
            """The bias, or None."""
            import tensorflow as tf

            return None if self.bias is None else tf.convert_to_tensor(self.bias) * self.bias_unit

        def call(self, inputs: Any, training: Any = None) -> Any:
            weights = self.real_weights()
            if self.quantizer is not None:
                weights = self.quantizer(weights, bool(training))
            import tensorflow as tf

            last = len(weights.shape) - 1
            order = [*range(self.axis), last, *range(self.axis, last)]
            given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
            return self._run(given, {1: tf.transpose(weights, order), 2: self.real_bias()})

        def get_prunable_weights(self) -> list[Any]:
            """What TF-MOT prunes."""
            return [self.kernel]

        def get_config(self) -> dict[str, Any]:
            own = {
                "method_name": self.method_name, "weights": self.spec, "axis": self.axis,
                "unit_shape": self.unit_shape, "masked": self.masked, "clusters": self.clusters,
            }  # fmt: skip
            return {**super().get_config(), **own}

    class RoundingLayer(keras.layers.Layer):  # type: ignore[misc]
        """Rounds activations to their codes; one layer serves all activations that share a scale."""

        def __init__(self, method_name: str, activations: dict[str, Any], **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.method_name, self.spec = method_name, activations
            self.quantizer = method(method_name).activations(ActivationSpec(**activations))

        def build(self, input_shape: Any) -> None:
            self.quantizer.build(self)
            self.built = True

        def call(self, inputs: Any, training: Any = None) -> Any:
            return self.quantizer(inputs, bool(training))

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "method_name": self.method_name, "activations": self.spec}

    return LayerClasses(OperatorLayer, WeightedLayer, RoundingLayer)


def custom_objects(keras_name: str) -> dict[str, Any]:
    """What ``load_model`` needs to read a saved training model back."""
    return {kind.__name__: kind for kind in layer_classes(keras_name)}
