"""Fold what multiplies and adds constants per channel, as a batch normalization does, into the layer beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.options import AddOptions, ConvOptions, FullyConnectedOptions, MulOptions, Options
from tinyq.quantization.transforms.chains import (
    WEIGHTED,
    activation_of,
    has_constant_weights,
    input_channels,
    reads_padding,
    scale_inputs,
    scale_outputs,
    sum_of_inputs,
)

_KINDS = ("MUL", "ADD", "SUB")

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Affine:
    """An operator that computes ``factor * x + offset`` for each channel.

    Attributes:
        source: Tensor index of ``x``.
        constant: Tensor index of the constant.
        factor, offset: ``[channels]``.
        activation: Fused behind it.
    """

    source: int
    constant: int
    factor: Array
    offset: Array
    activation: str


def fold_batch_norm(graph: Graph) -> Graph:
    """Fold standalone MUL, ADD and SUB by constants into convolutions, depthwise and dense layers.

    A batch normalization that its converter did not fold (behind a dense layer, or behind an activation) is such a pair
    (Krishnamoorthi 2018, arXiv 1806.08342, section 3.2.2 has the algebra). Into the layer before, if that has no
    activation and nobody else reads it; else into the layer behind, where an offset may go only if no padding is read,
    as padding is zero behind the offset. Tensors keep their indices; those that nobody needs any more lose their data.

    Args:
        graph: A float graph; the result computes the same function.
    """
    while (folded := _fold_one(graph)) is not None:
        graph = folded
    return graph


def _fold_one(graph: Graph) -> Graph | None:
    for index, op in enumerate(graph.ops):
        found = _affine(graph, op)
        if found is not None:
            folded = _into_writer(graph, index, found) or _into_reader(graph, index, found)
            if folded is not None:
                return folded
    return None


def _affine(graph: Graph, op: Op) -> _Affine | None:
    if op.kind not in _KINDS or not isinstance(op.options, AddOptions | MulOptions):
        return None
    constants = [p for p in (0, 1) if graph.tensors[op.inputs[p]].is_constant]
    if len(constants) != 1:
        return None
    position = constants[0]
    source, constant = op.inputs[1 - position], op.inputs[position]
    shape, held = graph.tensors[source].shape, graph.tensors[constant]
    target = graph.tensors[op.outputs[0]]
    if not shape or target.shape != shape or target.dtype is not DType.FLOAT32 or held.data is None:
        return None
    if held.elements not in (1, shape[-1]) or (held.elements > 1 and held.shape[-1] != shape[-1]):
        return None
    values = np.broadcast_to(held.data.reshape(-1).astype(np.float64), shape[-1:])
    ones, zeros = np.ones(shape[-1]), np.zeros(shape[-1])
    factor, offset = {
        "MUL": (values, zeros),
        "ADD": (ones, values),
        "SUB": (ones, -values) if position == 1 else (-ones, values),
    }[op.kind]
    return _Affine(source, constant, factor, offset, op.options.activation)


def _into_writer(graph: Graph, index: int, affine: _Affine) -> Graph | None:
    writer = graph.producers.get(affine.source)
    if writer is None or affine.source in graph.outputs or len(graph.consumers[affine.source]) != 1:
        return None
    layer = graph.ops[writer]
    if layer.kind not in WEIGHTED or activation_of(layer) != "NONE" or not has_constant_weights(graph, layer):
        return None
    changed = scale_outputs(graph, layer, affine.factor)
    merged = replace(
        layer, outputs=graph.ops[index].outputs, options=_with_activation(layer.options, affine.activation)
    )
    return _rebuilt(graph, index, writer, merged, changed, affine)


def _into_reader(graph: Graph, index: int, affine: _Affine) -> Graph | None:
    target = graph.ops[index].outputs[0]
    readers = graph.consumers.get(target, ())
    if affine.activation != "NONE" or target in graph.outputs or len(readers) != 1:
        return None
    layer = graph.ops[readers[0]]
    if layer.kind not in WEIGHTED or layer.inputs.count(target) != 1 or layer.inputs[0] != target:
        return None
    if not has_constant_weights(graph, layer) or input_channels(graph, layer) % affine.factor.size:
        return None
    if np.any(affine.offset) and reads_padding(graph, layer):
        return None
    changed = scale_inputs(graph, layer, affine.factor)
    merged = replace(layer, inputs=(affine.source, *layer.inputs[1:]))
    offset = sum_of_inputs(graph, layer, affine.offset)
    return _rebuilt(graph, index, readers[0], merged, changed, replace(affine, offset=offset))


def _rebuilt(
    graph: Graph, removed: int, at: int, layer: Op, changed: Mapping[int, NDArray[np.float32]], affine: _Affine
) -> Graph:
    """The graph without the operator ``removed``, with ``layer`` at ``at`` and an offset added to its bias."""
    tensors = list(graph.tensors)
    for t, data in changed.items():
        tensors[t] = replace(tensors[t], data=data)
    if graph.consumers[affine.constant] == (removed,):
        tensors[affine.constant] = replace(tensors[affine.constant], data=None)
    bias = layer.input(2)
    if bias >= 0:
        old = tensors[bias].data
        assert old is not None  # noqa: S101 - has_constant_weights
        summed = old.astype(np.float64) + affine.offset.reshape(old.shape)
        tensors[bias] = replace(tensors[bias], data=summed.astype(np.float32))
    elif np.any(affine.offset):
        name = f"{tensors[layer.outputs[0]].name}/bias"
        data = affine.offset.astype(np.float32)
        tensors.append(Tensor(name, data.shape, DType.FLOAT32, data=data))
        layer = replace(layer, inputs=(*layer.inputs[:2], len(tensors) - 1, *layer.inputs[3:]))
    ops = tuple(layer if i == at else op for i, op in enumerate(graph.ops) if i != removed)
    return replace(graph, tensors=tuple(tensors), ops=ops)


def _with_activation(options: Options, activation: Any) -> Options:
    if isinstance(options, ConvOptions | FullyConnectedOptions):
        return replace(options, activation=activation)
    return options
