"""Graphs of which only the weights, or only the activations, are quantized."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.options import NoOptions
from tinyq.quantization.affine import decode
from tinyq.quantization.boundaries import parameter_inputs


def weights_only(graph: Graph, quantized: Graph) -> Graph:
    """The float graph with the weights and biases that the quantized one has, as real values.

    Args:
        graph: What was quantized.
        quantized: The result, in which the tensors of ``graph`` kept their indices.
    """
    tensors = list(graph.tensors)
    taken: dict[int, Tensor] = {}
    ops = []
    for op in graph.ops:
        inputs = list(op.inputs)
        for position, (tensor, changed) in enumerate(_parameters(graph, quantized, op)):
            if changed is None or changed.data is None or changed.quantization is None:
                continue
            real = decode(changed.data, changed.quantization).astype(np.float32).reshape(graph.tensors[tensor].shape)
            new = replace(graph.tensors[tensor], data=real)
            if tensor not in taken or _equal(taken[tensor].data, real):
                taken[tensor] = tensors[tensor] = new
            else:  # one constant that two operators quantize differently
                tensors.append(new)
                inputs[position] = len(tensors) - 1
        ops.append(replace(op, inputs=tuple(inputs)))
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops))


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
    """The float graph with a QUANTIZE and a DEQUANTIZE behind each activation that the quantized one holds in integers.

    Args:
        graph: What was quantized.
        quantized: The result, in which the tensors of ``graph`` kept their indices.
    """
    tensors = list(graph.tensors)
    now: dict[int, int] = {}
    ops: list[Op] = []

    def rounded(tensor: int) -> None:
        source, target = graph.tensors[tensor], quantized.tensors[tensor]
        if source.dtype is not DType.FLOAT32 or source.is_constant or target.quantization is None:
            return
        codes, values = len(tensors), len(tensors) + 1
        tensors.append(replace(target, name=f"{source.name}/codes"))
        tensors.append(replace(source, name=f"{source.name}/rounded"))
        ops.append(Op("QUANTIZE", (tensor,), (codes,), NoOptions()))
        ops.append(Op("DEQUANTIZE", (codes,), (values,), NoOptions()))
        now[tensor] = values

    for tensor in graph.inputs:
        rounded(tensor)
    for op in graph.ops:
        ops.append(replace(op, inputs=tuple(now.get(t, t) for t in op.inputs)))
        for tensor in op.outputs:
            rounded(tensor)
    outputs = tuple(now.get(t, t) for t in graph.outputs)
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops), outputs=outputs, signatures=())
