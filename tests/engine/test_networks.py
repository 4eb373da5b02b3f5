"""Whole networks, quantized as users do it: any types, layers of different types, integer and float inputs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.engine.harness import Case, assert_bit_exact
from tests.graphs import floats
from tests.graphs.floats import Builder
from tinyq.codegen import generate
from tinyq.data import to_codes
from tinyq.graph import DType, Graph, read_graph, write_graph
from tinyq.graph.hybrid import with_float_weights
from tinyq.graph.options import AddOptions, MulOptions, NoOptions, ReducerOptions
from tinyq.quantization.calibrators import calibrators
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.scheme import LayerScheme, SchemeTable, fitted
from tinyq.quantization.statistics import Statistics, observe

W8A8, W8A16, W4A8 = LayerScheme(), LayerScheme("int16"), LayerScheme(weight_bits=4)
SCHEMES = {
    "W8A8": (W8A8, "int8"),
    "W8A8 per tensor": (LayerScheme(per_channel=False), "int8"),
    "W8A16": (W8A16, "int16"),
    "W8A16 powers of two": (LayerScheme("int16", scales="power-of-two"), "int16"),
    "W8A16, int8 outside": (W8A16, "int8"),
    "W4A8": (W4A8, "int8"),
    "powers of two": (LayerScheme(scales="power-of-two"), "int8"),
    "two powers of two": (LayerScheme(scales="two-powers-of-two"), "int8"),
    "W8A8, float outside": (W8A8, "float32"),
    "W8A16, float outside": (W8A16, "float32"),
    "mixed": ((W8A16, W4A8), "int8"),
    "mixed, float outside": ((W4A8, W8A16, W8A8), "float32"),
}


def branches() -> Graph:
    """Two branches that are added, multiplied and joined, padding, a mean and two heads of which one is logistic."""
    b = Builder(3)
    x = b.activation((1, 7, 9, 2), "image")
    paddings = b.constant(np.array([[0, 0], [1, 0], [0, 2], [0, 0]], np.int32))
    padded = b.op("PAD", [x, paddings], (1, 8, 11, 2), NoOptions())
    left, right = b.conv(padded, 5), b.depthwise(b.conv(padded, 5, kernel=1, activation="NONE"))
    total = b.op("ADD", [left, right], (1, 8, 11, 5), AddOptions("RELU"))
    product = b.op("MUL", [total, right], (1, 8, 11, 5), MulOptions())
    pooled = b.pool(b.concat([total, product]), "AVERAGE_POOL_2D")
    axes = b.constant(np.array([1, 2], np.int32))
    mean = b.op("MEAN", [pooled, axes], (1, 10), ReducerOptions())
    rectified = b.op("RELU", [b.dense(mean, 7)], (1, 7), NoOptions())
    return b.graph([x], [b.softmax(b.dense(rectified, 3)), b.logistic(b.dense(mean, 4))])


def _per_layer(graph: Graph, scheme: LayerScheme | tuple[LayerScheme, ...]) -> SchemeTable | LayerScheme:
    """Several schemes go to the operators in turn."""
    if isinstance(scheme, LayerScheme):
        return scheme
    return tuple(fitted(op, scheme[i % len(scheme)]) for i, op in enumerate(graph.ops))


def _quantized(graph: Graph, statistics: Statistics, name: str) -> Graph:
    scheme, io = SCHEMES[name]
    planned = plan(graph, _per_layer(graph, scheme), DType(io))
    return quantize(planned, calibrate(statistics, calibrators()["minmax"], planned))


def _case(graph: Graph, samples: NDArray[np.float32]) -> Case:
    tensor = graph.tensors[graph.inputs[0]]
    codes = samples if tensor.dtype is DType.FLOAT32 else to_codes(samples, tensor)
    return Case(graph, [[sample[None]] for sample in codes])


def _check(graph: Graph, samples: NDArray[np.float32], names: list[str]) -> dict[str, Graph]:
    statistics = observe(write_graph(graph), graph, (samples,))
    found = {name: _quantized(graph, statistics, name) for name in names}
    # twice what calibration has seen, so that codes saturate
    assert_bit_exact([_case(g, 2 * samples[:4]) for g in found.values()])
    return found


@pytest.mark.parametrize("make", [floats.classifier, branches])
def test_network_is_bit_exact_with_tflm_in_all_types(make: Any) -> None:
    graph = make()
    samples = np.random.default_rng(1).normal(0, 1, (16, *graph.tensors[graph.inputs[0]].shape[1:])).astype(np.float32)
    found = _check(graph, samples, list(SCHEMES))
    kernels = {name: {layer.kernel for layer in generate(g, core="host").layers} for name, g in found.items()}
    assert "tq_conv_s16 (portable)" in kernels["W8A16"]
    assert "tq_conv_s8w4 (portable)" in kernels["W4A8"]
    assert all(any(suffix in kernel for kernel in kernels["mixed"]) for suffix in ("_s16 ", "_s8w4 "))


def test_keyword_spotting_is_bit_exact_with_tflm() -> None:
    folder = os.environ.get("TINYQ_MLPERF_TINY")
    if not folder:
        pytest.skip("TINYQ_MLPERF_TINY names no folder with the MLPerf Tiny models")
    path = Path(folder) / "kws"
    graph = with_float_weights(read_graph((path / "kws_ref_model_float32.tflite").read_bytes()))
    samples = np.load(path / "kws01_float.npz")["x"][:20]
    found = _check(graph, samples, ["W8A8", "W8A16", "W4A8", "powers of two", "mixed", "W8A16, float outside"])
    constants = {name: generate(g, core="cortex-m4").constant_bytes for name, g in found.items()}
    assert constants["W4A8"] < 0.65 * constants["W8A8"]
    assert constants["W8A16"] < 1.05 * constants["W8A8"]
