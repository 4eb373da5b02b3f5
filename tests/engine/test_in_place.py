"""Where RAM matters most, outputs are written over inputs, and still all bytes are TFLM's."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests import graphs
from tests.engine.harness import assert_bit_exact, cases_of, run_engine
from tests.engine.test_models import MODELS
from tests.graphs import floats
from tests.graphs.floats import Builder
from tinyq.codegen import generate, memory
from tinyq.folding import fold
from tinyq.graph import DType, Graph, read_graph, write_graph
from tinyq.graph.options import AddOptions, NoOptions
from tinyq.quantization.calibrators import calibrators
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.scheme import LayerScheme
from tinyq.quantization.statistics import observe

# KB are 1,000 bytes; TFLM takes 22.8, 55.0 and 100.7
ARENA_LIMITS = {"kws": 9_000, "resnet": 36_000, "vww": 39_000, "ad": 768}


def _pointwise(rng: np.random.Generator) -> Graph:
    return graphs.conv_2d(rng, pointwise=True)


def _average_pool(rng: np.random.Generator) -> Graph:
    return graphs.pool(rng, "AVERAGE_POOL_2D")


def _max_pool_s16(rng: np.random.Generator) -> Graph:
    return graphs.pool(rng, "MAX_POOL_2D", DType.INT16)


def _rectified(rng: np.random.Generator) -> Graph:
    return graphs.relu(rng, "RELU6")


MAKERS: list[Callable[[np.random.Generator], Graph]] = [
    graphs.conv_2d, _pointwise, graphs.depthwise_conv_2d, graphs.depthwise_3x3, graphs.fully_connected, _average_pool,
    _max_pool_s16, graphs.add, graphs.mul, _rectified,
]  # fmt: skip


@pytest.fixture
def fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tensors at multiples of a word only, so that a lead that is too small is seen."""
    monkeypatch.setattr(memory, "ALIGNMENT", 4)


@pytest.mark.usefixtures("fine")
@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_kernels_may_write_over_their_inputs(make: Callable[[np.random.Generator], Graph]) -> None:
    cases = cases_of(graphs.many(make, 40, 5), samples=2)
    codes = [generate(case.graph, core="host", optimize="ram") for case in cases]
    assert sum("+" in buffer.name for code in codes for buffer in code.plan.buffers) > 10
    assert_bit_exact(cases, "ram")


@pytest.mark.usefixtures("fine")
def test_a_lead_that_is_too_small_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*arguments: object, **options: bool) -> int:
        return 0

    for module in ("conv", "depthwise_conv"):
        monkeypatch.setattr(f"tinyq.codegen.ops.{module}.window_lead", short)
    for make in (graphs.conv_2d, graphs.depthwise_3x3):
        with pytest.raises(AssertionError):
            assert_bit_exact(cases_of(graphs.many(make, 40, 5), samples=2), "ram")


def residual() -> Graph:
    """Chains that are moved, a tensor with two readers, and sums over either of them."""
    b = Builder(7)
    x = b.activation((1, 9, 11, 3), "image")
    first = b.conv(x, 8)
    right = b.conv(b.depthwise(b.conv(first, 8, kernel=1)), 8)
    total = b.op("ADD", [first, right], (1, 9, 11, 8), AddOptions("RELU"))
    twice = b.op("ADD", [total, total], (1, 9, 11, 8), AddOptions())
    wide = b.conv(b.depthwise(b.conv(b.depthwise(twice), 16, kernel=1)), 6, kernel=1)
    pooled = b.pool(wide, "AVERAGE_POOL_2D")
    rectified = b.op("RELU", [b.flatten(pooled)], (1, 4 * 5 * 6), NoOptions())
    return b.graph([x], [b.softmax(b.dense(rectified, 5)), b.dense(rectified, 4)])


@pytest.mark.parametrize("types", ["int8", "int16"])
@pytest.mark.parametrize("make", [floats.classifier, residual])
def test_networks_compute_in_place(make: Callable[[], Graph], types: str) -> None:
    graph = make()
    samples = np.random.default_rng(1).normal(0, 1, (8, *graph.tensors[graph.inputs[0]].shape[1:])).astype(np.float32)
    planned = plan(graph, LayerScheme(types), DType(types))  # type: ignore[arg-type]
    statistics = observe(write_graph(graph), graph, (samples,))
    quantized = quantize(planned, calibrate(statistics, calibrators()["minmax"], planned))
    (case,) = cases_of([quantized], samples=6)
    small, usual = (generate(quantized, core="host", optimize=aim) for aim in ("ram", "balanced"))
    assert small.arena_bytes < 0.85 * usual.arena_bytes
    assert_bit_exact([case], "ram")
    # the observer sees each layer's output before anything is written over it
    (ours,), (expected,) = run_engine([case], "ram"), run_engine([case])
    assert [run.layers for run in ours] == [run.layers for run in expected]


def test_inputs_that_are_read_again_are_kept() -> None:
    b = Builder(3)
    x = b.activation((1, 6, 6, 4), "image")
    left = b.depthwise(x)
    graph = b.graph([x], [left, b.depthwise(left), b.op("ADD", [x, left], (1, 6, 6, 4), AddOptions())])
    samples = np.random.default_rng(1).normal(0, 1, (8, 6, 6, 4)).astype(np.float32)
    planned = plan(graph, LayerScheme(), DType.INT8)
    quantized = quantize(
        planned, calibrate(observe(write_graph(graph), graph, (samples,)), calibrators()["minmax"], planned)
    )
    assert_bit_exact(cases_of([quantized], samples=4), "ram")


@pytest.mark.parametrize("name", MODELS)
def test_reference_models_in_little_ram(name: str) -> None:
    folder = os.environ.get("TINYQ_MLPERF_TINY")
    if not folder:
        pytest.skip("TINYQ_MLPERF_TINY names no folder with the MLPerf Tiny models")
    whole = read_graph((Path(folder) / MODELS[name]).read_bytes())
    (case,) = cases_of([whole], samples=3, seed=4)
    graph = fold(whole).graph
    for core in ("cortex-m3", "cortex-m4", "cortex-m55"):
        assert generate(graph, core=core, optimize="ram").arena_bytes <= ARENA_LIMITS[name]
    expected = [run.outputs for run in run_engine([case])[0]]
    for run, outputs in zip(run_engine([replace(case, graph=graph)], "ram")[0], expected, strict=True):
        np.testing.assert_array_equal(run.outputs[0], outputs[0])
    assert_bit_exact([case], "ram")
