"""Layers get the names that their author gave them, as far as the converter left a trace."""

from __future__ import annotations

import pytest

from tests.graphs import GraphBuilder
from tinyq.graph import DType, Graph, layer_name


def _graph(kind: str, output: str, weights: str = "") -> Graph:
    b = GraphBuilder()
    x = b.int8((1, 4), 0.1, 0)
    inputs = [x]
    if weights:
        inputs.append(b.tensor((4,), DType.INT32, None, b.tensors[b.int32([1, 2, 3, 4])].data, weights))
    y = b.tensor((1, 4), name=output)
    b.op(kind, inputs, y)
    return b.graph([x], [y])


@pytest.mark.parametrize(
    ("kind", "output", "weights", "expected"),
    [
        ("CONV_2D", "model/act/Relu;model/bn/Fused;model/conv2d_1/BiasAdd;model/conv2d_9/Conv2D", "", "conv2d_1"),
        ("CONV_2D", "f/act/Relu;f/conv2d/BiasAdd/ReadVariableOp/resource", "qconst", "f/conv2d"),
        ("CONV_2D", "re_lu/Relu6;stem/convolution", "stem/convolution", "stem"),
        ("CONV_2D", "StatefulPartitionedCall:0", "sequential/block/last/Conv2D", "block/last"),
        ("CONV_2D", "sep/Relu;sep/separable_conv2d", "sep/separable_conv2d", "sep"),
        ("DEPTHWISE_CONV_2D", "x/Relu;bn/mul_1;dw/depthwise1", "x/Relu;bn/mul_1;dw/depthwise", "dw"),
        ("DEPTHWISE_CONV_2D", "separable_conv2d/separable_conv2d/depthwise1", "", "separable_conv2d"),
        ("FULLY_CONNECTED", "Identity", "functional_1/dense_9/MatMul", "dense_9"),
        ("ADD", "model/activation_6/Relu;model/add_2/add", "", "add_2"),
        ("SOFTMAX", "Identity_int8", "", "softmax"),
        ("SOFTMAX", "StatefulPartitionedCall_1:0", "", "softmax"),
        ("SOFTMAX", "probabilities", "", "probabilities"),
        ("MEAN", "sequential_2/global_average_pooling2d/Mean", "", "global_average_pooling2d"),
        ("CONV_2D", "", "", "conv_2d"),
        ("CONV_2D", "///;;;", "", "conv_2d"),
    ],
)
def test_layer_name(kind: str, output: str, weights: str, expected: str) -> None:
    graph = _graph(kind, output, weights)
    if not output:
        graph = graph.replace_tensors({graph.outputs[0]: type(graph.tensors[0])("", (1, 4), DType.INT8)})
    assert layer_name(graph, graph.ops[0]) == expected


def test_names_of_activations_do_not_count_for_the_next_layer() -> None:
    b = GraphBuilder()
    x, y = b.int8((4,), 0.1, 0), b.tensor((4,), name="add/add")
    z = b.tensor((4,), name="add_1/add")
    b.op("ADD", (x, x), y)
    b.op("ADD", (x, y), z)
    graph = b.graph([x], [z])
    assert [layer_name(graph, op) for op in graph.ops] == ["add", "add_1"]
