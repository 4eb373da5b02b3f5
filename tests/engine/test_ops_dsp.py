"""Kernels for cores with the DSP extension give TFLM's bytes, on the emulated core, wherever they can be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import graphs
from tests.engine.cores import run_on_core
from tests.engine.harness import assert_equal_to_tflm, cases_of
from tinyq.codegen import generate
from tinyq.codegen.ops import conv_s8_dsp, depthwise_conv_s8_dsp

CORE, BOARD = "cortex-m4", "mps2-an386"
SIGNS = ("SIGNED", "NONNEGATIVE", "tq_clamp_s8(")
STRIDES = ("= tq_depthwise_tile_s8_dsp,", "_tile_signed_s8", "_stride2_s8", "_stride2_signed_s8", "tq_clamp_s8(")

KERNELS: list[tuple[type, str, str, Callable[..., Any], tuple[Any, ...], int, tuple[str, ...]]] = [
    (conv_s8_dsp.ConvDsp, "balanced", "tq_conv_s8_dsp", graphs.conv_2d, (), 80, ()),
    (conv_s8_dsp.ConvDsp, "balanced", "tq_conv_s8_dsp", graphs.conv_2d, (True,), 40, ()),
    (conv_s8_dsp.ConvDsp, "balanced", "tq_conv_s8_dsp", graphs.deep_conv_2d, (), 60, SIGNS),
    (conv_s8_dsp.ConvDspWide, "speed", "tq_conv_s8_dsp_wide", graphs.conv_2d, (), 80, ()),
    (conv_s8_dsp.ConvDspWide, "speed", "tq_conv_s8_dsp_wide", graphs.deep_conv_2d, (), 60, SIGNS),
    (
        depthwise_conv_s8_dsp.DepthwiseConvDsp, "balanced", "tq_depthwise_conv_s8_dsp", graphs.depthwise_3x3, (), 80,
        STRIDES,
    ),
    (
        depthwise_conv_s8_dsp.DepthwiseConvDspWide, "speed", "tq_depthwise_conv_s8_dsp_wide", graphs.depthwise_3x3, (),
        60, STRIDES,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kernel", "optimize", "function", "make", "arguments", "count", "needed"),
    KERNELS,
    ids=[f"{k[2]}-{k[3].__name__}-{i}" for i, k in enumerate(KERNELS)],
)
def test_kernel_is_bit_exact_on_the_core(
    kernel: type,
    optimize: str,
    function: str,
    make: Callable[..., Any],
    arguments: tuple[Any, ...],
    count: int,
    needed: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kernel, "cost", lambda *_: 0.0)
    cases = cases_of(graphs.many(make, count, 1, *arguments), samples=3)
    texts = [generate(c.graph, core=CORE, optimize=optimize).files["model.c"] for c in cases]
    used = [(case, text) for case, text in zip(cases, texts, strict=True) if f" {function}(" in text]
    assert len(used) > count / 4
    for what in needed:
        assert sum(what in text for _, text in used) >= 3, what
    found = [case for case, _ in used]
    assert_equal_to_tflm(found, run_on_core(found, BOARD, optimize))
