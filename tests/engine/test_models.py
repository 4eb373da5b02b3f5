"""The MLPerf Tiny reference models, bit-exact with TFLM."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.engine.harness import Case, assert_bit_exact, cases_of, run_engine, run_tflm
from tinyq.codegen import generate
from tinyq.folding import fold
from tinyq.graph import Graph, read_graph

MODELS = {
    "kws": "kws/kws_ref_model.tflite",
    "resnet": "ic/pretrainedResnet_quant.tflite",
    "vww": "vww/vww_96_int8.tflite",
    "ad": "ad/ad01_int8.tflite",
}
SAMPLES = 30
# bytes that no plan of activations can go below; scratch may add a little where it meets the peak
ARENA_LIMITS = {"kws": 16_000, "resnet": 49_296, "vww": 55_296, "ad": 768}


def _model(name: str) -> Graph:
    folder = os.environ.get("TINYQ_MLPERF_TINY")
    if not folder:
        pytest.skip("TINYQ_MLPERF_TINY names no folder with the MLPerf Tiny models")
    return read_graph((Path(folder) / MODELS[name]).read_bytes())


@pytest.mark.parametrize("name", MODELS)
def test_model_is_bit_exact_with_tflm(name: str) -> None:
    cases = cases_of([_model(name)], SAMPLES, seed=11)
    assert max(len(np.unique(x)) for sample in cases[0].samples for x in sample) > 100
    assert_bit_exact(cases)


def test_folded_model_is_bit_exact_with_the_whole_one() -> None:
    whole = _model("vww")
    (case,) = cases_of([whole], 10, seed=12)
    (folded,) = run_engine([Case(fold(whole).graph, case.samples)])
    (expected,) = run_tflm([case])
    for mine, reference in zip(folded, expected, strict=True):
        np.testing.assert_array_equal(mine.outputs[0], reference[0])


@pytest.mark.parametrize("name", MODELS)
def test_arena_is_as_small_as_planned(name: str) -> None:
    assert generate(_model(name), core="cortex-m4").arena_bytes <= ARENA_LIMITS[name]
