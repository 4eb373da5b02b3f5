"""Find batch normalizations in a frozen TensorFlow function, and where their outputs went in the ``.tflite``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.frontend.naming import readable
from tinyq.graph import Graph, Op
from tinyq.graph.batch_norm import BatchNorm

_FUSED = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
_ADDITIONS = ("Add", "AddV2", "BiasAdd")
_TRANSPARENT = ("Identity", "Cast", "Reshape", "Squeeze", "ExpandDims", "ReadVariableOp")
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
_BIAS = {"TRANSPOSE_CONV": 3}
_TOLERANCE = 1e-3  # the converter folds in float32, in an order of its own

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Normalization:
    """One batch normalization of a TensorFlow graph.

    Attributes:
        node: Name of the operation whose output is the normalized tensor.
        norm: Its parameters; the tensor is not known yet.
        bias: What a layer right before it adds to each channel, ``[channels]``; None if there is none.
    """

    node: str
    norm: BatchNorm
    bias: Array | None


def normalizations(function: Any) -> tuple[Normalization, ...]:
    """All batch normalizations of a ``ConcreteFunction`` whose variables are constants, in the graph's order.

    Keras 2 leaves one operation for images and nine for vectors, Keras 3 always nine; what counts is the arithmetic.
    """
    operations = function.graph.get_operations()
    return tuple(n for op in operations if (n := _fused(op) or _spelled_out(op)) is not None)


def place(found: tuple[Normalization, ...], graph: Graph, scopes: Mapping[str, str]) -> tuple[BatchNorm, ...]:
    """Find the tensors that hold the outputs of batch normalizations.

    A tensor is taken if the constants that the converter computed for its operator are those that folding this
    normalization gives. Names of operations, which the converter keeps in names of tensors, decide between equals.

    Args:
        found: Normalizations of the function that was converted.
        graph: The converter's graph, its names untouched.
        scopes: Name scope -> path of a layer, as :class:`~tinyq.frontend.source.Source` holds it.

    Returns:
        Those that were found, in execution order. One that was folded into a later layer has no tensor.
    """
    placed: dict[int, BatchNorm] = {}
    for n in found:
        fitting = [op.outputs[0] for op in graph.ops if op.outputs and _fits(n, graph, op)]
        # the converter numbers what it splits a node into
        own = re.compile(rf"(?:^|;){re.escape(n.node)}\d*(?:$|;)")
        named = [t for t in fitting if own.search(graph.tensors[t].name)]
        candidates = named or [t for t in fitting if t in graph.outputs]
        if len(candidates) == 1:
            layer = readable(n.node, scopes).rsplit("/batchnorm/", 1)[0].rsplit("/FusedBatchNorm", 1)[0]
            placed[candidates[0]] = replace(n.norm, tensor=candidates[0], layer=layer)
    return tuple(placed[t] for op in graph.ops for t in op.outputs if t in placed)


def _fused(op: Any) -> Normalization | None:
    if op.type not in _FUSED or op.get_attr("data_format") != b"NHWC":
        return None
    gamma, beta, mean, variance = (_constant(t) for t in op.inputs[1:5])
    if gamma is None or beta is None or mean is None or variance is None:
        return None
    norm = BatchNorm(-1, "", gamma, beta, mean, variance, float(op.get_attr("epsilon")))
    return Normalization(op.name, norm, _bias(op.inputs[0]))


def _spelled_out(op: Any) -> Normalization | None:
    """``x * inverse + (beta - mean * inverse)`` with ``inverse = gamma / sqrt(variance + epsilon)``, at its sum."""
    if op.type not in ("Add", "AddV2") or op.inputs[0].op.type != "Mul":
        return None
    x, inverse = op.inputs[0].op.inputs
    scale = _inverse(inverse)
    offset = _offset(op.inputs[1], inverse)
    if scale is None or offset is None:
        return None
    gamma, variance, epsilon = scale
    beta, mean = offset
    if gamma is None:
        gamma = np.ones_like(variance)
    if beta is None:
        beta = np.zeros_like(variance)
    return Normalization(op.name, BatchNorm(-1, "", gamma, beta, mean, variance, epsilon), _bias(x))


def _inverse(tensor: Any) -> tuple[Array | None, Array, float] | None:
    """Gamma, variance and epsilon of ``rsqrt(variance + epsilon) * gamma``."""
    gamma = None
    if tensor.op.type == "Mul":
        root, factor = tensor.op.inputs
        gamma = _constant(factor)
        if gamma is None:
            return None
        tensor = root
    if tensor.op.type != "Rsqrt" or tensor.op.inputs[0].op.type not in ("Add", "AddV2"):
        return None
    variance, epsilon = (_constant(t) for t in tensor.op.inputs[0].op.inputs)
    if variance is None or epsilon is None or epsilon.size != 1:
        return None
    return gamma, variance, float(epsilon[0])


def _offset(tensor: Any, inverse: Any) -> tuple[Array | None, Array] | None:
    """Beta and mean of ``beta - mean * inverse``; without beta it is ``-mean * inverse``."""
    beta = None
    if tensor.op.type == "Sub":
        first, product = tensor.op.inputs
        beta = _constant(first)
        if beta is None or product.op.type != "Mul":
            return None
        mean = _constant(_other(product.op, inverse))
        return None if mean is None else (beta, mean)
    if tensor.op.type != "Mul" or (negative := _other(tensor.op, inverse)) is None or negative.op.type != "Neg":
        return None
    mean = _constant(negative.op.inputs[0])
    return None if mean is None else (beta, mean)


def _other(product: Any, factor: Any) -> Any:
    """The operand of a product beside a given one."""
    rest = [t for t in product.inputs if t is not factor]
    return rest[0] if len(rest) == 1 else None


def _bias(tensor: Any) -> Array | None:
    while tensor.op.type in _TRANSPARENT:
        tensor = tensor.op.inputs[0]
    if tensor.op.type not in _ADDITIONS:
        return None
    return next((c for t in reversed(tensor.op.inputs) if (c := _constant(t)) is not None), None)


def _constant(tensor: Any) -> Array | None:
    """The value of a constant, ``[elements]``, looking through what does not change it."""
    import tensorflow as tf

    while tensor is not None and tensor.op.type in _TRANSPARENT:
        tensor = tensor.op.inputs[0]
    if tensor is None or tensor.op.type != "Const":
        return None
    return np.asarray(tf.make_ndarray(tensor.op.get_attr("value")), np.float64).reshape(-1)


def _fits(n: Normalization, graph: Graph, op: Op) -> bool:
    """Whether an operator adds to each channel what folding the normalization makes it add."""
    channels = n.norm.beta.size
    shape = graph.tensors[op.outputs[0]].shape
    if not shape or shape[-1] != channels:
        return False
    added = _added(graph, op)
    if added is None:
        return False
    if added.size not in (1, channels):
        return False
    factor = n.norm.factor
    expected = [n.norm.beta - n.norm.mean * factor]
    if n.bias is not None and n.bias.size == channels:
        expected.append(expected[0] + n.bias * factor)
    scale = np.abs(n.norm.beta) + np.abs(n.norm.mean * factor) + np.abs(n.norm.gamma) + 1e-6
    return any(bool(np.all(np.abs(added - e) <= _TOLERANCE * scale)) for e in expected)


def _added(graph: Graph, op: Op) -> Array | None:
    if op.kind in _WEIGHTED:
        bias = op.input(_BIAS.get(op.kind, 2))
        data = graph.tensors[bias].data if bias >= 0 else np.zeros(1)
    elif op.kind == "ADD":
        data = next((d for t in op.inputs if (d := graph.tensors[t].data) is not None), None)
    else:
        data = None
    return None if data is None else np.asarray(data, np.float64).reshape(-1)
