"""Layers that keep states, quantized: near the float model over a sequence, and the same for TFLM and the engine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.graphs import recurrent
from tinyq.data import to_codes, to_values
from tinyq.evaluation import run_float, run_tflm
from tinyq.evaluation.host_engine import run_chunks
from tinyq.graph import DType, Graph, write_graph
from tinyq.quantization.calibrators import calibrators
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.scheme import LayerScheme
from tinyq.quantization.statistics import observe

STEPS = 20


def _single(make: Callable[..., Graph]) -> Graph:
    """One with a batch of one, and with units enough to tell something."""
    for seed in range(200):
        graph = make(np.random.default_rng(seed), DType.FLOAT32)
        if graph.tensors[graph.inputs[0]].shape[0] == 1 and graph.tensors[graph.outputs[0]].shape[-1] >= 4:
            return graph
    raise AssertionError("no seed gives one")


@pytest.mark.parametrize(
    ("make", "activations", "least"),
    [(recurrent.lstm, "int8", 0.98), (recurrent.lstm, "int16", 0.999), (recurrent.svdf, "int8", 0.98)],
)
def test_quantized_layers_follow_the_float_ones(make: Callable[..., Graph], activations: str, least: float) -> None:
    graph = _single(make)
    shape = graph.tensors[graph.inputs[0]].shape[1:]
    x = np.random.default_rng(1).normal(0, 5, (6, STEPS, *shape)).astype(np.float32)
    planned = plan(graph, LayerScheme(activations), DType(activations))  # type: ignore[arg-type]
    quantized = quantize(planned, calibrate(observe(write_graph(graph), graph, (x,)), calibrators()["minmax"], planned))
    assert {t.dtype for t in quantized.tensors if t.is_variable} <= {DType.INT8, DType.INT16}
    codes, content = to_codes(x[:3], quantized.tensors[quantized.inputs[0]]), write_graph(quantized)
    (theirs,), (wanted,) = run_tflm(content, [codes]), run_float(write_graph(graph), [x[:3]])
    got = to_values(theirs, quantized.tensors[quantized.outputs[0]])
    assert np.corrcoef(got.reshape(-1), wanted.reshape(-1))[0, 1] > least
    np.testing.assert_array_equal(next(run_chunks(iter([(codes,)]), content))[0], theirs)


def test_the_range_of_cells_is_that_of_every_step() -> None:
    """An interpreter shows only where they end."""
    graph = _single(recurrent.lstm)
    (lstm,) = (op for op in graph.ops if op.kind == "UNIDIRECTIONAL_SEQUENCE_LSTM")
    x = np.random.default_rng(1).normal(0, 5, (4, *graph.tensors[graph.inputs[0]].shape[1:])).astype(np.float32)
    seen = observe(write_graph(graph), graph, (x,))
    output, cell = seen[lstm.outputs[0]], seen[lstm.inputs[19]]
    assert cell.count == output.count
    assert np.arctanh(min(abs(output.maximum), 0.999)) <= max(abs(cell.minimum), cell.maximum) + 1e-3
