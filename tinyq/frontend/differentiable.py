"""Run a float graph in TensorFlow, on any batch, so that gradients reach its inputs; runs in a child process."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from tinyq.graph import Graph, Op
from tinyq.graph.options import OpaqueOptions

Tensors = dict[int, Any]
Operation = Callable[[Graph, Op, list[Any]], Any]
"""Takes the graph, an operator and its inputs (None where one is absent); gives the output before its activation."""


def run(graph: Graph, inputs: Mapping[int, Any]) -> tuple[Tensors, Tensors]:
    """Compute all activations.

    What needs an operator that is not among :data:`OPERATIONS`, or an input that is not given, is left out.

    Args:
        graph: A float graph, batch 1.
        inputs: Tensor index -> TensorFlow tensor ``[samples, ...]``.

    Returns:
        Values by tensor index: as the graph has them, and before the activation that is fused into their operator.
    """
    import tensorflow as tf

    values: Tensors = {i: tf.constant(t.data) for i, t in enumerate(graph.tensors) if t.data is not None}
    constants = set(values)
    values.update(inputs)
    before: Tensors = {}
    for op in graph.ops:
        if not _computable(op, values):
            continue
        result = OPERATIONS[op.kind](graph, op, [values[t] if t >= 0 else None for t in op.inputs])
        before[op.outputs[0]] = result
        values[op.outputs[0]] = activate(result, getattr(op.options, "activation", "NONE"))
    return {t: v for t, v in values.items() if t not in constants}, before


def reached(graph: Graph) -> frozenset[int]:
    """Activations that :func:`run` computes from the graph's inputs; imports nothing heavy."""
    known = {i for i, t in enumerate(graph.tensors) if t.is_constant} | set(graph.inputs)
    for op in graph.ops:
        if _computable(op, known):
            known.update(op.outputs)
    return frozenset(t for t in known if not graph.tensors[t].is_constant)


def _computable(op: Op, known: Container[int]) -> bool:
    return op.kind in OPERATIONS and len(op.outputs) == 1 and all(t < 0 or t in known for t in op.inputs)


def activate(value: Any, activation: str) -> Any:
    """A value behind a fused activation, by the schema's name of it."""
    import tensorflow as tf

    if activation == "NONE":
        return value
    return {
        "RELU": tf.nn.relu,
        "RELU6": tf.nn.relu6,
        "RELU_N1_TO_1": lambda x: tf.clip_by_value(x, -1.0, 1.0),
        "TANH": tf.tanh,
        "SIGN_BIT": lambda x: tf.cast(x < 0, x.dtype),
    }[activation](value)


def _conv(graph: Graph, op: Op, inputs: list[Any]) -> Any:
    import tensorflow as tf

    x, weights, bias = (*inputs, None)[:3]
    o: Any = op.options
    strides, dilations = [o.stride_h, o.stride_w], [o.dilation_h, o.dilation_w]
    y = tf.nn.convolution(x, tf.transpose(weights, [1, 2, 3, 0]), strides, o.padding, dilations=dilations)
    return y if bias is None else y + bias


def _depthwise(graph: Graph, op: Op, inputs: list[Any]) -> Any:
    import tensorflow as tf

    x, weights, bias = (*inputs, None)[:3]
    o: Any = op.options
    height, width, outputs = weights.shape[1:]
    filters = tf.reshape(weights, [height, width, x.shape[-1], outputs // x.shape[-1]])
    dilations = [o.dilation_h, o.dilation_w]
    if o.stride_h == o.stride_w:
        y = tf.nn.depthwise_conv2d(x, filters, [1, o.stride_h, o.stride_w, 1], o.padding, dilations=dilations)
    else:
        # TensorFlow lacks unequal strides here; a grouped convolution has them
        grouped = tf.reshape(weights, [height, width, 1, outputs])
        y = tf.nn.convolution(x, grouped, [o.stride_h, o.stride_w], o.padding, dilations=dilations)
    return y if bias is None else y + bias


def _fully_connected(graph: Graph, op: Op, inputs: list[Any]) -> Any:
    import tensorflow as tf

    x, weights, bias = (*inputs, None)[:3]
    y = tf.matmul(tf.reshape(x, [-1, weights.shape[-1]]), weights, transpose_b=True)
    return _shaped(graph, op, y if bias is None else y + bias)


def _pool(kind: str) -> Operation:
    def pool(graph: Graph, op: Op, inputs: list[Any]) -> Any:
        import tensorflow as tf

        o: Any = op.options
        return tf.nn.pool(inputs[0], [o.filter_h, o.filter_w], kind, [o.stride_h, o.stride_w], o.padding)

    return pool


def _reduce(name: str) -> Operation:
    def reduce(graph: Graph, op: Op, inputs: list[Any]) -> Any:
        import tensorflow as tf

        o: Any = op.options
        return getattr(tf, f"reduce_{name}")(inputs[0], inputs[1], keepdims=o.keep_dims)

    return reduce


def _concatenation(graph: Graph, op: Op, inputs: list[Any]) -> Any:
    import tensorflow as tf

    o: Any = op.options
    return tf.concat(inputs, o.axis)


def _softmax(graph: Graph, op: Op, inputs: list[Any]) -> Any:
    import tensorflow as tf

    o: Any = op.options
    return tf.nn.softmax(inputs[0] * o.beta)


def _leaky(graph: Graph, op: Op, inputs: list[Any]) -> Any:
    import tensorflow as tf

    alpha = dict(op.options.values).get("alpha", 0.0) if isinstance(op.options, OpaqueOptions) else 0.0
    return tf.nn.leaky_relu(inputs[0], alpha)


def _reshape(graph: Graph, op: Op, inputs: list[Any]) -> Any:
    return _shaped(graph, op, inputs[0])


def _shaped(graph: Graph, op: Op, value: Any) -> Any:
    """The value in the shape that the graph gives the output, but for the batch."""
    import tensorflow as tf

    return tf.reshape(value, [-1, *graph.tensors[op.outputs[0]].shape[1:]])


def _plain(function: Callable[..., Any]) -> Operation:
    """An operation that takes its inputs as they are; called with TensorFlow first."""

    def plain(graph: Graph, op: Op, inputs: list[Any]) -> Any:
        import tensorflow as tf

        return function(tf, *inputs)

    return plain


OPERATIONS: dict[str, Operation] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "MAX_POOL_2D": _pool("MAX"),
    "AVERAGE_POOL_2D": _pool("AVG"),
    "MEAN": _reduce("mean"),
    "SUM": _reduce("sum"),
    "REDUCE_MAX": _reduce("max"),
    "CONCATENATION": _concatenation,
    "SOFTMAX": _softmax,
    "LEAKY_RELU": _leaky,
    "RESHAPE": _reshape,
    "SQUEEZE": _reshape,
    "EXPAND_DIMS": _reshape,
    "ADD": _plain(lambda tf, a, b: a + b),
    "SUB": _plain(lambda tf, a, b: a - b),
    "MUL": _plain(lambda tf, a, b: a * b),
    "MAXIMUM": _plain(lambda tf, a, b: tf.maximum(a, b)),
    "MINIMUM": _plain(lambda tf, a, b: tf.minimum(a, b)),
    "RELU": _plain(lambda tf, x: tf.nn.relu(x)),
    "RELU6": _plain(lambda tf, x: tf.nn.relu6(x)),
    "LOGISTIC": _plain(lambda tf, x: tf.sigmoid(x)),
    "TANH": _plain(lambda tf, x: tf.tanh(x)),
    "HARD_SWISH": _plain(lambda tf, x: x * tf.nn.relu6(x + 3.0) / 6.0),
    "PAD": _plain(lambda tf, x, amounts: tf.pad(x, amounts)),
    "SPACE_TO_BATCH_ND": _plain(lambda tf, x, block, amounts: tf.space_to_batch(x, block, amounts)),
    "BATCH_TO_SPACE_ND": _plain(lambda tf, x, block, crops: tf.batch_to_space(x, block, crops)),
    "TRANSPOSE": _plain(lambda tf, x, order: tf.transpose(x, order)),
    "QUANTIZE": _plain(lambda tf, x: x),
    "DEQUANTIZE": _plain(lambda tf, x: x),
}
