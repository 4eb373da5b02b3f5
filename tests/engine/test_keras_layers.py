"""Layers of Keras, as users stack them: quantized, close to the float model, and bit-exact with TFLM."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.engine.harness import Case, assert_bit_exact, run_tflm
from tinyq.data import to_codes, to_values
from tinyq.graph import DType, Graph, Tensor, read_graph, write_graph
from tinyq.quantization import pipeline
from tinyq.quantization.calibrators import calibrators
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.statistics import observe

pytestmark = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="the keras extra is missing")

LEAST_SQNR = {
    "untrained-mobilenet": -np.inf,
    **dict.fromkeys(("gru-unrolled", "layer-norm", "unit-norm"), 12.0),
}
"""Decibels, of networks for which 18 is too much to ask: what has no training computes next to nothing, quotients
magnify what rounding left, and so do steps."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graph]:
    folder = tmp_path_factory.mktemp("keras_layers")
    program = [sys.executable, "-m", "tests.engine.keras_layers", str(folder)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {file.stem: read_graph(file.read_bytes()) for file in sorted(folder.glob("*.tflite"))}


def samples_of(tensor: Tensor, count: int, seed: int, indices: bool) -> NDArray[np.generic]:
    rng = np.random.default_rng(seed)
    shape = (count, *tensor.shape[1:])
    if indices:
        return rng.integers(0, 20, shape).astype(tensor.dtype.numpy)
    return rng.normal(0, 1, shape).astype(np.float32)


def outputs_of(model: bytes, inputs: list[NDArray[np.generic]]) -> list[NDArray[np.float32]]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    found = []
    for n in range(len(inputs[0])):
        for detail, x in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(detail["index"], x[n][None])
        interpreter.invoke()
        found.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).copy())
    return found


def test_layers_of_keras_become_integers(models: dict[str, Graph]) -> None:
    cases, floats = {}, {}
    for name, graph in models.items():
        prepared = pipeline.prepared(graph)
        indices = name.startswith("embedding")
        seen = tuple(samples_of(graph.tensors[t], 16, 0, indices) for t in graph.inputs)
        planned = plan(prepared)
        statistics = observe(write_graph(prepared), prepared, seen)
        found = quantize(planned, calibrate(statistics, calibrators()["minmax"], planned))
        fresh = [samples_of(graph.tensors[t], 3, 1, indices) for t in graph.inputs]
        codes = [
            to_codes(x, found.tensors[t]) if found.tensors[t].dtype is DType.INT8 else x
            for x, t in zip(fresh, found.inputs, strict=True)
        ]
        cases[name] = Case(found, [[x[n][None] for x in codes] for n in range(3)])
        floats[name] = outputs_of(write_graph(graph), fresh)
    assert_bit_exact(list(cases.values()))
    poor = {}
    for (name, case), runs in zip(cases.items(), run_tflm(list(cases.values())), strict=True):
        output = case.graph.tensors[case.graph.outputs[0]]
        real = np.stack([to_values(run[0], output) for run in runs])
        wanted = np.stack(floats[name])
        noise = np.square(real - wanted).mean()
        sqnr = 10 * np.log10(np.square(wanted).mean() / max(noise, 1e-30))
        print(f"{name}: {sqnr:.1f} dB")
        if sqnr < LEAST_SQNR.get(name, 18.0):
            poor[name] = round(float(sqnr), 1)
    assert not poor


def test_upsampling_is_one_resize(models: dict[str, Graph]) -> None:
    kinds = [op.kind for op in pipeline.prepared(models["upsampling-2d"]).ops]
    assert "RESIZE_NEAREST_NEIGHBOR" in kinds
    assert "TILE" not in kinds
    assert "RESHAPE" not in kinds
