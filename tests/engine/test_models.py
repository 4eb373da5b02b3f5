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
# bytes of arena: what TFLM with CMSIS-NN takes on a Cortex-M4 is the most for balanced; the others promise less
ARENA_LIMITS = {
    "balanced": {"kws": 22_820, "resnet": 54_996, "vww": 100_708, "ad": 2_580},
    "size": {"kws": 17_000, "resnet": 51_000, "vww": 57_000, "ad": 2_580},
    "ram": {"kws": 9_000, "resnet": 36_000, "vww": 39_000, "ad": 768},
}


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
@pytest.mark.parametrize("aim", ARENA_LIMITS)
def test_arena_is_as_small_as_promised(name: str, aim: str) -> None:
    code = generate(fold(_model(name)).graph, core="cortex-m4", optimize=aim)
    assert code.arena_bytes <= ARENA_LIMITS[aim][name]
