"""Comparing layers: which differ, by how much, and where a difference arises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.graphs.int8 import Int8Builder, small_network
from tinyq.evaluation import run_tflm
from tinyq.evaluation.layers import Difference, compare_layers, host_activations
from tinyq.graph import Graph, write_graph
from tinyq.graph.options import NoOptions

Values = dict[int, NDArray[np.int8]]


def forked() -> tuple[Graph, tuple[int, int, int, int]]:
    """Two branches that are added: indices of left, right, reshaped and sum; nothing is known of the reshaped one."""
    b = Int8Builder()
    x = b.activation((1, 4))
    left, right = (b.op("RELU6", [x], b.activation((1, 4)), NoOptions()) for _ in range(2))
    reshaped = b.op("RESHAPE", [right], b.activation((1, 4)), NoOptions())
    total = b.op("ADD", [left, reshaped], b.activation((1, 4)), NoOptions())
    return b.graph([x], [total]), (left, right, reshaped, total)


def zeros(tensors: tuple[int, ...]) -> Values:
    return {t: np.zeros((3, 4), np.int8) for t in tensors}


def test_equal_activations() -> None:
    graph, (left, right, _, total) = forked()
    found = compare_layers(graph, zeros((left, right, total)), zeros((left, right, total)))
    assert list(found) == [left, right, total]
    for each in found.values():
        assert (each.elements, each.differing, each.largest, each.first, each.arises) == (12, 0, 0.0, None, False)


def test_what_follows_a_difference_does_not_arise_anew() -> None:
    graph, (left, right, _, total) = forked()
    target = zeros((left, right, total))
    target[right][1, 2] = 7
    target[right][1, 3] = -100
    target[total][1, 3] = 1
    found = compare_layers(graph, target, zeros((left, right, total)))
    assert found[left].differing == 0
    assert found[right].differing == 2
    assert found[right].largest == 100
    assert found[right].first == Difference(1, (2,), 7.0, 0.0)
    assert found[right].arises
    assert found[total].differing == 1
    assert not found[total].arises


def test_a_second_fault_is_found_in_another_sample() -> None:
    graph, (left, right, _, total) = forked()
    target = zeros((left, right, total))
    target[right][0, 0] = 1
    target[total][0, 0] = 1
    target[total][2, 1] = 5
    assert compare_layers(graph, target, zeros((left, right, total)))[total].arises


def test_the_span_of_int8_does_not_wrap() -> None:
    graph, (left, *_) = forked()
    a, b = np.full((1, 4), 127, np.int8), np.full((1, 4), -128, np.int8)
    assert compare_layers(graph, {left: a}, {left: b})[left].largest == 255


def test_floats_compare_bit_by_bit() -> None:
    graph, (left, *_) = forked()
    a = np.array([[0.0, np.nan, 1.0, 2.0]], np.float32)
    assert compare_layers(graph, {left: a}, {left: a.copy()})[left].differing == 0
    b = np.array([[-0.0, np.nan, 1.5, 2.0]], np.float32)
    assert compare_layers(graph, {left: a}, {left: b})[left].differing == 2
    assert compare_layers(graph, {left: a}, {left: b})[left].largest == 0.5
    c = np.array([[0.0, math.inf, 1.0, 2.0]], np.float32)
    assert compare_layers(graph, {left: a}, {left: c})[left].largest is None


def test_other_shapes_and_types_are_refused() -> None:
    graph, (left, *_) = forked()
    for other in (np.zeros((1, 3), np.int8), np.zeros((1, 4), np.int16)):
        with pytest.raises(ValueError, match="cannot be compared"):
            compare_layers(graph, {left: np.zeros((1, 4), np.int8)}, {left: other})


def test_host_activations_are_those_on_the_way_to_the_output() -> None:
    pytest.importorskip("tflite_micro", reason="tflite-micro is not installed")
    graph = small_network()
    x = np.random.default_rng(0).integers(-128, 128, (4, *graph.tensors[graph.inputs[0]].shape[1:]), np.int8)
    tensors = [op.outputs[0] for op in graph.ops]
    seen: list[int] = []
    held = host_activations(graph, tensors, (x,), progress=seen.append)
    assert seen == [4]
    assert list(held) == tensors
    assert np.array_equal(held[graph.outputs[0]], run_tflm(write_graph(graph), (x,))[0])
    for tensor, values in held.items():
        shape = graph.tensors[tensor].shape
        assert values.shape == (4, *shape[1:])
        assert np.unique(values).size > 1
