"""Float graphs of which only the weights, only the activations, or only one layer are quantized."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.options import NoOptions
from tinyq.quantization.affine import decode
from tinyq.quantization.boundaries import parameter_inputs


def weights_only(graph: Graph, quantized: Graph, ops: Collection[int] | None = None) -> Graph:
    """The float graph with the weights and biases that the quantized one has, as real values.

    Args:
        graph: What was quantized.
        quantized: The result, in which the tensors of ``graph`` kept their indices.
        ops: Operators whose weights are taken; all by default.
    """
    tensors = list(graph.tensors)
    taken: dict[int, Tensor] = {}
    changed_ops = []
    for index, op in enumerate(graph.ops):
        inputs = list(op.inputs)
        wanted = ops is None or index in ops
        for position, (tensor, changed) in enumerate(_parameters(graph, quantized, op) if wanted else ()):
            if changed is None or changed.data is None or changed.quantization is None:
                continue
            real = decode(changed.data, changed.quantization).astype(np.float32).reshape(graph.tensors[tensor].shape)
            new = replace(graph.tensors[tensor], data=real)
            if tensor not in taken or _equal(taken[tensor].data, real):
                taken[tensor] = tensors[tensor] = new
            else:  # one constant that two operators quantize differently
                tensors.append(new)
                inputs[position] = len(tensors) - 1
        changed_ops.append(replace(op, inputs=tuple(inputs)))
    return replace(graph, tensors=tuple(tensors), ops=tuple(changed_ops))


def _parameters(graph: Graph, quantized: Graph, op: Op) -> list[tuple[int, Tensor | None]]:
    """Each input with its quantized form, which only weights and biases have."""
    producer = quantized.producers.get(op.outputs[0]) if op.outputs else None
    own = parameter_inputs(op)
    if producer is None or quantized.ops[producer].kind != op.kind:
        return []
    theirs = quantized.ops[producer].inputs
    return [(t, quantized.tensors[theirs[i]] if t in own else None) for i, t in enumerate(op.inputs)]


def _equal(a: NDArray[Any] | None, b: NDArray[Any]) -> bool:
    return a is not None and np.array_equal(a, b)


def activations_only(graph: Graph, quantized: Graph) -> Graph:
    """The float graph with each activation rounded that the quantized one holds in integers; see :func:`rounded`."""
    return rounded(graph, quantized).graph


@dataclass(frozen=True)
class Rounded:
    """A float graph with rounded activations.

    Attributes:
        graph: The graph.
        codes: Tensor index of an activation -> that of its codes.
    """

    graph: Graph
    codes: Mapping[int, int]


def rounded(graph: Graph, quantized: Graph, tensors: Collection[int] | None = None) -> Rounded:
    """A QUANTIZE and a DEQUANTIZE behind activations of a float graph.

    Args:
        graph: A float graph; it may have other weights than what was quantized.
        quantized: The result, in which activations kept their indices.
        tensors: Activations to round, those that stay float in ``quantized`` apart; all by default.
    """
    found = list(graph.tensors)
    codes: dict[int, int] = {}
    now: dict[int, int] = {}
    ops: list[Op] = []

    def round_trip(tensor: int) -> None:
        source, target = graph.tensors[tensor], quantized.tensors[tensor]
        if tensors is not None and tensor not in tensors:
            return
        if source.dtype is not DType.FLOAT32 or source.is_constant or target.quantization is None:
            return
        codes[tensor], now[tensor] = len(found), len(found) + 1
        found.append(replace(target, name=f"{source.name}/codes"))
        found.append(replace(source, name=f"{source.name}/rounded"))
        ops.append(Op("QUANTIZE", (tensor,), (codes[tensor],), NoOptions()))
        ops.append(Op("DEQUANTIZE", (codes[tensor],), (now[tensor],), NoOptions()))

    for tensor in graph.inputs:
        round_trip(tensor)
    for op in graph.ops:
        ops.append(replace(op, inputs=tuple(now.get(t, t) for t in op.inputs)))
        for tensor in op.outputs:
            round_trip(tensor)
    outputs = tuple(now.get(t, t) for t in graph.outputs)
    return Rounded(replace(graph, tensors=tuple(found), ops=tuple(ops), outputs=outputs, signatures=()), codes)


def one_layer(graph: Graph, quantized: Graph, index: int) -> Rounded:
    """The float graph with one operator's weights and outputs quantized, and inputs of the model that it reads.

    Args:
        graph: What was quantized.
        quantized: The result, in which the tensors of ``graph`` kept their indices.
        index: The operator.
    """
    op = graph.ops[index]
    touched = {*op.outputs, *(t for t in op.inputs if t in graph.inputs)}
    return rounded(weights_only(graph, quantized, (index,)), quantized, touched)
