"""The model of TFLM's arena against what TFLM reported on emulated targets, and against its rules."""

from __future__ import annotations

import pkgutil
from dataclasses import replace

import numpy as np
import pytest

from tests.graphs.int8 import Int8Builder, small_network
from tests.models import mlperf_tiny
from tinyq.footprint import tflm_kernels
from tinyq.footprint.arena import OFFLINE_PLAN, activation_buffers, arena_model
from tinyq.footprint.planner import plan_greedy
from tinyq.footprint.tflm_kernels import Kernels, modelled_kinds
from tinyq.graph import Graph, Op, read_graph
from tinyq.graph.options import NoOptions

REFERENCE = Kernels("reference")
M4 = Kernels("cmsis-nn", "dsp")
M55 = Kernels("cmsis-nn", "mve", "size")

# arena_used_bytes() of TFLM (August 2026, GCC 12.2) under QEMU: M4 reference, M4 CMSIS-NN, M55 CMSIS-NN
MEASURED = {
    "kws": (22_772, 22_820, 27_300),
    "resnet": (54_340, 54_996, 54_996),
    "vww": (100_660, 100_708, 100_756),
    "ad": (2_260, 2_580, 5_172),
}


@pytest.mark.parametrize("name", MEASURED)
def test_used_bytes_are_exact(name: str) -> None:
    graph = read_graph(mlperf_tiny(name))
    assert tuple(arena_model(graph, k).used_bytes for k in (REFERENCE, M4, M55)) == MEASURED[name]


def test_planning_can_need_more_than_is_used_in_the_end() -> None:
    model = arena_model(read_graph(mlperf_tiny("ad")), REFERENCE)
    assert model.used_bytes == 2_260
    assert model.required_bytes == 2_704  # found by trying under QEMU


def test_parts_add_up() -> None:
    for kernels in (REFERENCE, M4, M55):
        model = arena_model(small_network(), kernels)
        assert model.used_bytes == model.planned_bytes + model.persistent_bytes
        assert model.required_bytes >= model.used_bytes
        assert model.required_bytes % 16 == 0
        assert model.unknown_ops == ()


def test_every_operator_costs_its_structures() -> None:
    """One more RELU6: a tensor (12), a node (32), the kernel's data (8), but for rounding to 16."""
    b = Int8Builder()
    x = b.activation((1, 16))
    y = b.op("RELU6", [x], b.activation((1, 16)), NoOptions())
    one = arena_model(b.graph([x], [y]), REFERENCE)
    z = b.op("RELU6", [y], b.activation((1, 16)), NoOptions())
    two = arena_model(b.graph([x], [z]), REFERENCE)
    assert two.planned_bytes == one.planned_bytes == 32
    assert abs(two.persistent_bytes - one.persistent_bytes - (12 + 32 + 8)) < 16


def test_scratch_depends_on_the_instruction_set() -> None:
    b = Int8Builder()
    x = b.activation((1, 8, 8, 5))
    graph = b.graph([x], [b.conv(x, 4, kernel=3)])

    def planned(kernels: Kernels) -> int:
        return arena_model(graph, kernels).planned_bytes - 320 - 256

    assert planned(REFERENCE) == 0
    assert planned(M4) == planned(Kernels("cmsis-nn")) == 192  # two columns of 45 taps in 16 bits, rounded to 48
    assert planned(M55) == 192  # four columns of 45 taps, rounded to 48


def test_helium_keeps_weight_sums_unless_built_for_size() -> None:
    b = Int8Builder()
    x = b.activation((1, 32))
    graph = b.graph([x], [b.dense(x, 100)])
    speed, size = arena_model(graph, Kernels("cmsis-nn", "mve", "speed")), arena_model(graph, M55)
    assert speed.planned_bytes == size.planned_bytes - 400
    assert speed.persistent_bytes > size.persistent_bytes + 350


def test_greedy_is_tflms() -> None:
    graph = small_network()
    assert arena_model(graph, REFERENCE).planned_bytes == plan_greedy(list(activation_buffers(graph).values())).size


def with_plan(graph: Graph, offsets: list[int]) -> Graph:
    plan = np.array([1, 0, len(graph.tensors), *offsets], "<i4").tobytes()
    return replace(graph, metadata={OFFLINE_PLAN: plan})


def test_offline_plan_is_obeyed_and_the_rest_planned_around_it() -> None:
    b = Int8Builder()
    x = b.activation((1, 16))
    y = b.op("RELU6", [x], b.activation((1, 16)), NoOptions())
    graph = b.graph([x], [y])
    assert arena_model(with_plan(graph, [64, 1024]), REFERENCE).planned_bytes == 1024 + 16
    assert arena_model(with_plan(graph, [64, -1]), REFERENCE).planned_bytes == 64 + 16
    assert arena_model(with_plan(graph, [0, -1]), REFERENCE).planned_bytes == 32


def test_unknown_operator_is_named() -> None:
    b = Int8Builder()
    x = b.activation((1, 16))
    graph = b.graph([x], [b.activation((1, 16))])
    graph = replace(graph, ops=(Op("CUSTOM:frobnicate", (0,), (1,), NoOptions()),))
    assert arena_model(graph, REFERENCE).unknown_ops == ("CUSTOM:frobnicate",)


def test_families_are_found_by_themselves() -> None:
    families = {m.name for m in pkgutil.iter_modules(tflm_kernels.__path__)}
    assert {"convolution", "fully_connected", "pooling"} <= families
    assert {"CONV_2D", "FULLY_CONNECTED", "MEAN", "LOGISTIC", "PAD"} <= set(modelled_kinds())
