"""Without any data, a real model loses little: the whole way from its folder to TFLM."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tinyq.data import to_codes
from tinyq.evaluation import run_float, run_tflm
from tinyq.frontend import load_model, synthesize
from tinyq.graph import write_graph
from tinyq.quantization.data_free import data_free_ranges
from tinyq.quantization.ptq import plan, quantize
from tinyq.quantization.statistics import observe

ROOT = os.environ.get("TINYQ_MLPERF_TINY")
pytestmark = pytest.mark.skipif(not ROOT, reason="TINYQ_MLPERF_TINY names no folder of reference models")


def test_keyword_spotting_stays_within_one_and_a_half_points() -> None:
    folder = Path(ROOT or "") / "kws"
    loaded = load_model(folder / "kws_ref_model")
    made = synthesize(loaded)
    assert made.mismatch is not None
    assert made.mismatch < 0.01
    planned = plan(loaded.graph)
    statistics = observe(loaded.tflite, loaded.graph, made.inputs)
    graph = quantize(planned, data_free_ranges(planned, statistics))
    with np.load(folder / "kws01_float.npz") as stored:
        x, y = stored["x"][:400], stored["y"][:400]
    float_correct = run_float(loaded.tflite, [x])[0].argmax(axis=1) == y
    codes = to_codes(x, graph.tensors[graph.inputs[0]])
    correct = run_tflm(write_graph(graph), [codes])[0].argmax(axis=1) == y
    assert correct.mean() >= float_correct.mean() - 0.015
