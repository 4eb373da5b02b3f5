"""The deployed form of a model is smaller, planned better, and computes the same in TFLM."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.graphs.int8 import Int8Builder, bottleneck_network, small_network
from tests.models import MLPERF_TINY, mlperf_tiny
from tinyq.firmware.deployed import deployed_graph, deployed_model
from tinyq.footprint.arena import OFFLINE_PLAN, activation_buffers, arena_model
from tinyq.footprint.planner import plan_memory
from tinyq.footprint.tflm_kernels import Kernels
from tinyq.graph import DType, Graph, Op, Signature, Tensor, read_graph, write_graph
from tinyq.graph.options import NoOptions

M4 = Kernels("cmsis-nn", "dsp")


def tflm(content: bytes, inputs: list[NDArray[np.int8]]) -> list[NDArray[np.int8]]:
    """Outputs of TFLM's host interpreter, which can not be had everywhere."""
    runtime = pytest.importorskip("tflite_micro").runtime
    interpreter = runtime.Interpreter.from_bytes(content, arena_size=1 << 20)
    outputs = []
    for codes in inputs:
        interpreter.set_input(codes, 0)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0))
    return outputs


def smallest_host_arena(content: bytes) -> int:
    """The smallest arena that TFLM's host interpreter accepts."""
    runtime = pytest.importorskip("tflite_micro").runtime
    low, high = 16, 1 << 20
    while low < high:
        middle = (low + high) // 32 * 16
        try:
            runtime.Interpreter.from_bytes(content, arena_size=middle)
            high = middle
        except RuntimeError:
            low = middle + 16
    return low


def random_codes(graph: Graph, count: int) -> list[NDArray[np.int8]]:
    rng = np.random.default_rng(11)
    return [rng.integers(-128, 128, graph.tensors[graph.inputs[0]].shape, np.int8) for _ in range(count)]


def assert_same_outputs(first: bytes, second: bytes, count: int) -> None:
    inputs = random_codes(read_graph(first), count)
    outputs = tflm(first, inputs)
    assert np.unique(np.stack(outputs)).size > 2, "the test inputs do not exercise the model"
    np.testing.assert_array_equal(np.stack(outputs), np.stack(tflm(second, inputs)))


def test_fit_of_small_models() -> None:
    for graph in (small_network(), bottleneck_network()):
        whole, deployed = write_graph(graph), deployed_model(graph)
        assert_same_outputs(whole, deployed, 50)
        assert len(deployed) < 0.8 * len(whole)


@pytest.mark.parametrize("seed", range(10))
def test_same_outputs_for_random_networks(seed: int) -> None:
    graph = small_network(seed, size=4 + 2 * (seed % 3), channels=1 + seed)
    assert_same_outputs(write_graph(graph), deployed_model(graph), 10)


@pytest.mark.parametrize("name", MLPERF_TINY)
def test_same_outputs_for_real_models(name: str) -> None:
    content = mlperf_tiny(name)
    assert_same_outputs(content, deployed_model(read_graph(content)), 20)


@pytest.mark.parametrize(("name", "most"), [("kws", 29_760), ("resnet", 83_584), ("vww", 237_456), ("ad", 273_536)])
def test_size_of_real_models(name: str, most: int) -> None:
    assert len(deployed_model(read_graph(mlperf_tiny(name)))) <= most


def test_constants_are_aligned_and_no_text_is_left() -> None:
    graph = replace(
        small_network(),
        description="a description",
        metadata={"min_runtime_version": b"1.5.0"},
        signatures=(Signature("serving_default", (("image", 0),), (("label", 5),)),),
    )
    content = deployed_model(graph)
    for text in (b"description", b"input", b"main", b"serving", b"min_runtime"):
        assert text not in content
    weights = [t.data.tobytes() for t in graph.tensors if t.data is not None and t.data.nbytes > 16]
    assert weights
    for data in weights:
        assert content.index(data) % 16 == 0


def test_graph_survives() -> None:
    """Reading it back gives the same operators, constants and scales."""
    graph = small_network()
    back = read_graph(deployed_model(graph))
    assert [(op.kind, op.inputs, op.outputs, op.options) for op in back.ops] == [
        (op.kind, op.inputs, op.outputs, op.options) for op in graph.ops
    ]
    for old, new in zip(graph.tensors, back.tensors, strict=True):
        assert (old.shape, old.dtype, old.is_constant) == (new.shape, new.dtype, new.is_constant)
        if old.data is not None:
            np.testing.assert_array_equal(old.data, new.data)
        if old.dtype is DType.INT8:
            assert old.quantization is not None
            assert new.quantization is not None
            np.testing.assert_array_equal(old.quantization.scale, new.quantization.scale)
            np.testing.assert_array_equal(old.quantization.zero_point, new.quantization.zero_point)


def test_unused_tensors_go_and_equal_constants_are_stored_once() -> None:
    b = Int8Builder()
    x = b.activation((1, 6, 6, 4))
    y = b.conv(x, 64, kernel=3)
    b.activation((1, 100))  # nobody touches it
    z = b.conv(x, 64, kernel=3)
    first, second = b.ops[0].inputs[1:], b.ops[1].inputs[1:]
    for old, new in zip(first, second, strict=True):  # the same weights in tensors of their own
        b.tensors[new] = replace(b.tensors[old], name="twin")
    graph = b.graph([x], [b.mean(b.add(y, z))])
    deployed = deployed_model(graph)
    assert len(read_graph(deployed).tensors) == len(graph.tensors) - 1
    data = b.tensors[first[0]].data
    assert data is not None
    assert deployed.count(data.tobytes()) == 1
    assert_same_outputs(write_graph(graph), deployed, 20)


def test_bias_scales_stay_where_tflm_checks_them() -> None:
    graph = deployed_graph(small_network())
    kept = {op.kind: graph.tensors[op.inputs[2]].quantization is not None for op in graph.ops if len(op.inputs) > 2}
    assert kept == {"CONV_2D": False, "DEPTHWISE_CONV_2D": False, "FULLY_CONNECTED": True}


def test_plan_is_obeyed_by_tflm() -> None:
    """Where greedy wastes memory, the plan in the file saves on the host exactly what the planners differ by."""
    graph = bottleneck_network()
    deployed = deployed_model(graph)
    planned = read_graph(deployed)
    assert OFFLINE_PLAN in planned.metadata
    unplanned = replace(planned, metadata={})
    assert arena_model(planned, M4).planned_bytes == plan_memory(list(activation_buffers(graph).values())).size
    saved = arena_model(unplanned, M4).planned_bytes - arena_model(planned, M4).planned_bytes
    assert saved > 0
    assert smallest_host_arena(write_graph(unplanned)) - smallest_host_arena(deployed) == saved
    assert_same_outputs(write_graph(graph), deployed, 20)


def test_no_plan_where_greedy_is_as_good() -> None:
    assert not deployed_graph(small_network()).metadata


def test_visual_wake_words_arena() -> None:
    content = mlperf_tiny("vww")
    graph = deployed_graph(read_graph(content))
    assert arena_model(graph, M4).used_bytes == 82_276
    assert smallest_host_arena(content) - smallest_host_arena(deployed_model(read_graph(content))) == 73_728 - 55_296


def test_absent_inputs_and_deterministic_bytes() -> None:
    b = Int8Builder()
    x = b.activation((1, 4, 4, 2))
    y = b.conv(x, 3)
    b.ops[0] = replace(b.ops[0], inputs=(*b.ops[0].inputs[:2], -1))
    graph = b.graph([x], [y])
    assert deployed_graph(graph).ops[0].inputs[2] == -1
    assert_same_outputs(write_graph(graph), deployed_model(graph), 10)
    assert deployed_model(graph) == deployed_model(read_graph(write_graph(graph)))


def test_operators_without_options() -> None:
    b = Int8Builder()
    x = b.activation((1, 8))
    y = b.op("LOGISTIC", [x], b.activation((1, 8), 1 / 256, -128), NoOptions())
    graph = b.graph([x], [y])
    assert isinstance(graph.ops[0], Op)
    assert isinstance(graph.tensors[0], Tensor)
    assert_same_outputs(write_graph(graph), deployed_model(graph), 20)


def test_plan_leaves_room_for_scratch_buffers() -> None:
    """No build of the kernels needs more with the plan than without it, all together less."""
    builds = [Kernels("reference"), Kernels("cmsis-nn", "scalar"), M4, Kernels("cmsis-nn", "mve")]
    for seed in range(6):
        deployed = deployed_graph(small_network(seed, size=5 + 3 * seed, channels=2 + 3 * seed))
        with_plan = [arena_model(deployed, b).required_bytes for b in builds]
        without = [arena_model(replace(deployed, metadata={}), b).required_bytes for b in builds]
        assert sum(with_plan) <= sum(without)
        assert (sum(with_plan) < sum(without)) == (OFFLINE_PLAN in deployed.metadata)


def test_visual_wake_words_on_a_cortex_m4() -> None:
    deployed = deployed_graph(read_graph(mlperf_tiny("vww")))
    assert arena_model(deployed, M4).used_bytes == 82_276
    assert arena_model(replace(deployed, metadata={}), M4).used_bytes == 100_708
