"""CONV_2D for cores with the DSP extension gives TFLM's bytes, on the emulated core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import graphs
from tests.engine.cores import run_on_core
from tests.engine.harness import assert_equal_to_tflm, cases_of
from tinyq.codegen import generate
from tinyq.codegen.ops.conv_s8_dsp import ConvDsp, ConvDspWide

CORE, BOARD = "cortex-m4", "mps2-an386"
KERNELS = {"balanced": (ConvDsp, "tq_conv_s8_dsp("), "speed": (ConvDspWide, "tq_conv_s8_dsp_wide(")}


@pytest.mark.parametrize("optimize", KERNELS)
@pytest.mark.parametrize(
    ("make", "arguments", "count"),
    [(graphs.conv_2d, (False,), 80), (graphs.conv_2d, (True,), 40), (graphs.deep_conv_2d, (), 80)],
    ids=["any", "pointwise", "deep"],
)
def test_conv_is_bit_exact_on_the_core(
    make: Callable[..., Any], arguments: tuple[Any, ...], count: int, optimize: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel, call = KERNELS[optimize]
    monkeypatch.setattr(kernel, "cost", lambda *_: 0.0)  # wherever it can
    cases = cases_of(graphs.many(make, count, 1, *arguments), samples=3)
    texts = [generate(c.graph, core=CORE, optimize=optimize).files["model.c"] for c in cases]
    used = [(case, text) for case, text in zip(cases, texts, strict=True) if call in text]
    assert len(used) > count / 4
    if make is graphs.deep_conv_2d:
        for what in ("_SIGNED", "_NONNEGATIVE", "tq_clamp_s8("):
            assert sum(what in text for _, text in used) >= 5, what
    found = [case for case, _ in used]
    assert_equal_to_tflm(found, run_on_core(found, BOARD, optimize))
