"""Folding changes no output, removes what cannot matter, and only that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.engine.harness import Case, random_codes, run_tflm
from tests.graphs import Types
from tests.graphs.dead_channels import TYPES, DeadBuilder, network_with_dead_channels
from tests.models import MLPERF_TINY, mlperf_tiny
from tinyq.codegen import generate
from tinyq.codegen.kernel import Node
from tinyq.evaluation import run_tflm as run_on_host
from tinyq.firmware.deployed import deployed_model
from tinyq.folding import Folding, fold
from tinyq.folding.fold import _ranges
from tinyq.folding.rule import rule_for
from tinyq.graph import DType, Graph, Quantization, layer_name, read_graph, total_macs
from tinyq.graph.options import AddOptions, ConvOptions, FullyConnectedOptions, NoOptions, SoftmaxOptions

pytest.importorskip("tflite_micro", reason="tflite-micro is not installed")


def observed(graph: Graph) -> Graph:
    """The graph with every activation as an output."""
    return replace(graph, outputs=tuple(t for op in graph.ops for t in op.outputs))


def assert_same(graphs: Sequence[Graph], samples: int = 8, granularity: int = 1, seed: int = 0) -> list[Folding]:
    """Outputs, and activations as far as they are known, are the same in TFLM; code can be generated of the rest.

    No code lies outside of what interval analysis expects.
    """
    rng = np.random.default_rng(seed)
    found = [fold(g, granularity) for g in graphs]
    cases, twins = [], []
    for graph, folding in zip(graphs, found, strict=True):
        inputs = [random_codes(graph, rng) for _ in range(samples)]
        cases.append(Case(observed(graph), inputs))
        twins.append(Case(observed(folding.graph), inputs))
        generate(folding.graph, core="host")
    runs = run_tflm([*cases, *twins])
    for graph, folding, before, after in zip(graphs, found, runs[: len(graphs)], runs[len(graphs) :], strict=True):
        ranges = _ranges(graph, tuple(rule_for(Node(graph, i)) for i in range(len(graph.ops))))
        for first, second in zip(before, after, strict=True):
            for tensor, old, new in zip(observed(graph).outputs, first, second, strict=True):
                assert (old >= ranges[tensor].low).all(), graph.ops
                assert (old <= ranges[tensor].high).all(), graph.ops
                channels = folding.channels.get(tensor)
                if channels is None:
                    np.testing.assert_array_equal(old, new)
                    continue
                assert tensor not in graph.outputs
                expanded = channels.expanded(new)
                np.testing.assert_array_equal(old[..., channels.known], expanded[..., channels.known])
    return found


@pytest.mark.parametrize("name", TYPES)
def test_random_networks_compute_the_same(name: str) -> None:
    graphs = [network_with_dead_channels(np.random.default_rng(seed), TYPES[name]) for seed in range(15)]
    found = assert_same(graphs)
    assert sum(bool(f.channels) for f in found) > 9
    assert sum(any(c.constants for c in f.channels.values()) for f in found) > 6
    before, after = (sum(map(total_macs, gs)) for gs in (graphs, [f.graph for f in found]))
    assert after < 0.85 * before


@pytest.mark.parametrize("granularity", [2, 4, 16])
def test_granularity(granularity: int) -> None:
    graphs = [network_with_dead_channels(np.random.default_rng(seed), Types()) for seed in range(100, 115)]
    for folding in assert_same(graphs, 4, granularity):
        for tensor, channels in folding.channels.items():
            assert len(channels.kept) % granularity == 0
            assert folding.graph.tensors[tensor].shape[-1] == len(channels.kept) < channels.total


def test_what_is_folded_once_stays() -> None:
    graphs = [network_with_dead_channels(np.random.default_rng(seed), Types()) for seed in range(200, 210)]
    for graph in graphs:
        once = fold(graph, 1).graph
        assert fold(once, 1).channels == {}
        assert fold(once, 1).graph is once


def chain(
    codes: Sequence[int | None], *, zero_point: int = -128, border: str = "SAME", kernel: int = 3, bias: bool = True
) -> Graph:
    """A 1x1 convolution whose channels are constant where a code is given, read by another convolution."""
    b = DeadBuilder(np.random.default_rng(3))
    x = b.codes((1, 5, 5, 4), DType.INT8, 0.5, 0)
    y = b.conv(x, len(codes), kernel=1, zero_point=zero_point, scale=4.0, constants=codes)
    return b.graph([x], [b.conv(y, 3, kernel=kernel, padding=border, with_bias=bias)])  # type: ignore[arg-type]


def kept(folding: Folding, tensor: int) -> tuple[int, ...]:
    channels = folding.channels.get(tensor)
    return channels.kept if channels else tuple(range(folding.graph.tensors[tensor].shape[-1]))


def test_a_constant_that_padding_equals_goes_everywhere() -> None:
    graph = chain([None, -128, None, -128])
    (folding,) = assert_same([graph], 30)
    middle = graph.ops[0].outputs[0]
    assert folding.channels[middle].kept == (0, 2)
    assert folding.channels[middle].constants == {1: -128, 3: -128}
    assert folding.graph.tensors[folding.graph.ops[1].inputs[1]].shape == (3, 3, 3, 2)


def test_another_constant_stays_where_a_window_meets_padding() -> None:
    same = chain([None, -20, None, -128])
    valid, pointwise = chain([None, -20, None, 7], border="VALID"), chain([None, -20, None, 7], kernel=1)
    found = assert_same([same, valid, pointwise], 30)
    assert [kept(f, g.ops[0].outputs[0]) for f, g in zip(found, (same, valid, pointwise), strict=True)] == [
        (0, 1, 2), (0, 2), (0, 2),
    ]  # fmt: skip


def test_another_constant_goes_if_no_weight_can_meet_padding() -> None:
    graph = chain([None, -20, None, 9])
    weights = graph.ops[1].inputs[1]
    data = graph.tensors[weights].data
    assert data is not None
    data = data.copy()
    data[:, [0, 2], :, 1] = data[:, :, [0, 2], 1] = 0  # only the middle of the filter reads channel 1
    graph = graph.replace_tensors({weights: replace(graph.tensors[weights], data=data)})
    (folding,) = assert_same([graph], 30)
    assert kept(folding, graph.ops[0].outputs[0]) == (0, 2, 3)


def test_a_bias_is_made_where_there_is_none() -> None:
    graph = chain([None, -20, None, 7], kernel=1, bias=False)
    (folding,) = assert_same([graph], 30)
    assert len(graph.ops[1].inputs) == 2
    bias = folding.graph.tensors[folding.graph.ops[1].inputs[2]]
    assert bias.dtype is DType.INT32
    assert bias.data is not None
    assert bias.data.any()


def test_biases_do_not_overflow() -> None:
    graph = chain([None, 127, None, -128], kernel=1)
    bias = graph.ops[1].inputs[2]
    huge = np.array([2**31 - 3000, -(2**31) + 3000, 5], np.int32)
    graph = graph.replace_tensors({bias: replace(graph.tensors[bias], data=huge)})
    assert kept(fold(graph, 1), graph.ops[0].outputs[0]) == (0, 1, 2)


def test_channels_that_nobody_reads_go_back_to_where_they_come_from() -> None:
    b = DeadBuilder(np.random.default_rng(5))
    x = b.codes((1, 6, 6, 3), DType.INT8, 0.5, 0)
    y = b.conv(x, 6)
    z = b.depthwise(y, stride=2)
    end = b.conv(z, 2, kernel=1, unread=(1, 4))
    graph = b.graph([x], [end])
    (folding,) = assert_same([graph], 20)
    assert kept(folding, y) == kept(folding, z) == (0, 2, 3, 5)
    assert folding.channels[y].constants == {}
    assert not folding.channels[y].known[1]
    names = [[layer_name(g, op) for op in g.ops] for g in (graph, folding.graph)]
    assert names[0] == names[1]


def test_both_operands_of_a_sum_stay_or_go_together() -> None:
    b = DeadBuilder(np.random.default_rng(6))
    x = b.codes((1, 4, 4, 3), DType.INT8, 0.5, 0)
    left = b.conv(x, 4, zero_point=-128, constants=[None, -128, -128, None])
    right = b.conv(x, 4, zero_point=-128, constants=[None, None, -128, None])
    total = b.op("ADD", [left, right], b.codes((1, 4, 4, 4), DType.INT8, 3.0, -128), AddOptions())
    graph = b.graph([x], [b.conv(total, 2)])
    (folding,) = assert_same([graph], 20)
    assert kept(folding, left) == kept(folding, right) == kept(folding, total) == (0, 1, 3)


def test_outputs_of_the_graph_and_operands_of_unknown_operators_stay() -> None:
    b = DeadBuilder(np.random.default_rng(7))
    x = b.codes((1, 4, 4, 3), DType.INT8, 0.5, 0)
    y = b.conv(x, 4, zero_point=-128, constants=[None, -128, -128, None])
    out = b.op("SOFTMAX", [y], b.codes((1, 4, 4, 4), DType.INT8, 1 / 256, -128), SoftmaxOptions())
    graph = b.graph([x], [out, b.conv(x, 3, constants=[None, 5, 6])])
    assert fold(graph, 1).graph is graph


def test_where_all_is_constant_something_stays() -> None:
    graph = chain([5, 6, 7, -128], kernel=1)
    (folding,) = assert_same([graph], 5)
    assert kept(folding, graph.ops[0].outputs[0]) == (0,)


def test_weights_that_two_operators_share_are_cut_for_each() -> None:
    b = DeadBuilder(np.random.default_rng(8))
    x = b.codes((1, 4, 4, 4), DType.INT8, 0.5, 0)
    first = b.conv(x, 4, kernel=1, zero_point=-128, constants=[None, 3, None, None])
    second = b.conv(x, 4, kernel=1, zero_point=-128)
    left = b.conv(first, 4, kernel=1)
    right = b.codes((1, 4, 4, 4), DType.INT8, 9.0, 1)
    b.op("CONV_2D", [second, *b.ops[-1].inputs[1:]], right, ConvOptions())
    graph = b.graph([x], [left, right])
    (folding,) = assert_same([graph], 10)
    assert kept(folding, first) == (0, 2, 3)
    assert folding.graph.ops[3].inputs[1] != folding.graph.ops[2].inputs[1]


@pytest.mark.parametrize("zero_point", [0, 37])
def test_flattened_and_dense(zero_point: int) -> None:
    """A constant channel at several positions goes into the bias of a dense layer, per tensor with a zero point too."""
    b = DeadBuilder(np.random.default_rng(9))
    x = b.codes((1, 3, 3, 2), DType.INT8, 0.5, 0)
    y = b.conv(x, 4, kernel=1, zero_point=-128, constants=[None, 90, None, None])
    data = b.rng.integers(-60, 60, (5, 36), np.int8)
    weights = b.tensor((5, 36), DType.INT8, Quantization.per_tensor(0.02, zero_point), data)
    total = float(np.float32(b.tensors[y].quantization.scale[0]) * np.float32(0.02))  # type: ignore[union-attr]
    bias = b.tensor((5,), DType.INT32, Quantization.per_tensor(total, 0), np.arange(5, dtype=np.int32))
    out = b.op("FULLY_CONNECTED", [y, weights, bias], b.codes((1, 5), DType.INT8, 40.0, 3), FullyConnectedOptions())
    graph = b.graph([x], [out])
    (folding,) = assert_same([graph], 20)
    assert kept(folding, y) == (0, 2, 3)
    assert folding.graph.tensors[folding.graph.ops[1].inputs[1]].shape == (5, 27)


def test_float_graphs_and_odd_ones_are_left_alone() -> None:
    b = DeadBuilder(np.random.default_rng(10))
    x = b.tensor((1, 4), DType.FLOAT32)
    graph = b.graph([x], [b.op("RELU", [x], b.tensor((1, 4), DType.FLOAT32), NoOptions())])
    assert fold(graph).graph is graph
    broken = chain([None, -128, None, 4])
    op = broken.ops[1]
    broken = replace(broken, ops=(broken.ops[0], replace(op, options=replace(op.options, stride_h=0))))  # type: ignore[call-arg]
    assert fold(broken, 1).graph is broken


@pytest.mark.parametrize("name", MLPERF_TINY)
def test_reference_models_compute_the_same(name: str) -> None:
    graph = read_graph(mlperf_tiny(name))
    (folding,) = assert_same([graph], 10, granularity=4)
    assert bool(folding.channels) == (name == "vww")


def test_the_deployed_file_computes_the_same() -> None:
    content = mlperf_tiny("vww")
    whole = read_graph(content)
    deployed = deployed_model(fold(whole).graph)
    codes = [np.random.default_rng(4).integers(-128, 128, (20, 96, 96, 3)).astype(np.int8)]
    np.testing.assert_array_equal(run_on_host(content, codes)[0], run_on_host(deployed, codes)[0])
    assert len(deployed) < 0.35 * len(deployed_model(whole))


def test_visual_wake_words_halves() -> None:
    graph = read_graph(mlperf_tiny("vww"))
    assert total_macs(graph) == 7_489_664
    assert total_macs(fold(graph, 1).graph) == 3_727_313
    assert total_macs(fold(graph).graph) == 3_766_476
