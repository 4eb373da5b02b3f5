"""Kernels for cores with the DSP extension give TFLM's bytes, on the emulated core, wherever they can be used."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import graphs
from tests.engine.cores import run_on_core
from tests.engine.harness import assert_equal_to_tflm, cases_of, engine_folder, host_compiler
from tinyq.codegen import generate
from tinyq.codegen.ops import (
    add_s8_dsp,
    average_pool_s8_dsp,
    conv_1x1_8_s8_dsp,
    conv_s8_dsp,
    conv_winograd_s8_dsp,
    depthwise_conv_s8_dsp,
    fully_connected_s8_dsp,
)
from tinyq.graph import Graph

CORE, BOARD = "cortex-m4", "mps2-an386"
SIGNS = ("SIGNED", "NONNEGATIVE", "tq_clamp_s8(")
CODES = ("_signed_s", "= 12,", "tq_clamp_s8(")
STRIDES = ("= tq_depthwise_tile_s8_dsp,", "_tile_signed_s8", "_stride2_s8", "_stride2_signed_s8", "tq_clamp_s8(")
WIDENING = ("_pair_of_4_dsp,", "_pair_of_9_dsp,", "_any_pair_dsp,", ".padded = 0")

PIXELS = ("tq_dot_pixels_signed_s8_dsp,", "tq_dot_pixels_nonnegative_s8_dsp,")
PIXELS_WIDE = ("tq_dot_pixels_signed_scaled_s8_dsp,", "tq_dot_pixels_nonnegative_scaled_s8_dsp,")
EIGHT_FORMS = ("tq_conv_1x1_8_s8_dsp(", "tq_conv_1x1_8_signed_s8_dsp(", "tq_clamp_s8(")

EIGHT = conv_1x1_8_s8_dsp.Conv1x1Of8Dsp
CONV, CONV_WIDE = conv_s8_dsp.ConvDsp, conv_s8_dsp.ConvDspWide
WINOGRAD, WINOGRAD_WIDE = conv_winograd_s8_dsp.ConvWinogradDsp, conv_winograd_s8_dsp.ConvWinogradDspWide
DEPTHWISE, DEPTHWISE_WIDE = depthwise_conv_s8_dsp.DepthwiseConvDsp, depthwise_conv_s8_dsp.DepthwiseConvDspWide
CONNECTED, CONNECTED_WIDE = fully_connected_s8_dsp.FullyConnectedDsp, fully_connected_s8_dsp.FullyConnectedDspWide


def _pointwise(rng: np.random.Generator) -> Graph:
    return graphs.conv_2d(rng, pointwise=True)


def _average_pool(rng: np.random.Generator) -> Graph:
    return graphs.pool(rng, "AVERAGE_POOL_2D")


KERNELS: list[tuple[type, str, str, Callable[..., Any], int, tuple[str, ...]]] = [
    (CONV, "balanced", "tq_conv_s8_dsp(", graphs.conv_2d, 80, ()),
    (CONV, "balanced", "tq_conv_s8_dsp(", _pointwise, 40, ()),
    (CONV, "balanced", "tq_conv_s8_dsp(", graphs.deep_conv_2d, 60, SIGNS),
    (CONV, "balanced", "tq_conv_s8_dsp(", graphs.first_conv_2d, 60, WIDENING),
    (CONV_WIDE, "speed", "tq_conv_s8_dsp_wide(", graphs.first_conv_2d, 60, WIDENING),
    (CONV_WIDE, "speed", "tq_conv_s8_dsp_wide(", graphs.conv_2d, 80, ()),
    (CONV_WIDE, "speed", "tq_conv_s8_dsp_wide(", graphs.deep_conv_2d, 60, SIGNS),
    (CONV, "balanced", "tq_conv_s8_dsp(", graphs.even_pointwise, 40, PIXELS),
    (CONV_WIDE, "speed", "tq_conv_s8_dsp_wide(", graphs.even_pointwise, 40, PIXELS_WIDE),
    (WINOGRAD, "balanced", "tq_conv_winograd_s8_dsp(", graphs.conv_3x3, 40, SIGNS),
    (WINOGRAD_WIDE, "speed", "tq_conv_winograd_s8_dsp_wide(", graphs.conv_3x3, 40, SIGNS),
    (EIGHT, "balanced", "tq_conv_1x1_8_", graphs.pointwise_of_8, 60, EIGHT_FORMS),
    (EIGHT, "speed", "tq_conv_1x1_8_", graphs.pointwise_of_8, 60, EIGHT_FORMS),
    (DEPTHWISE, "balanced", "tq_depthwise_conv_s8_dsp(", graphs.depthwise_3x3, 80, STRIDES),
    (DEPTHWISE_WIDE, "speed", "tq_depthwise_conv_s8_dsp_wide(", graphs.depthwise_3x3, 60, STRIDES),
    (CONNECTED, "balanced", "tq_fully_connected_s8_dsp(", graphs.deep_fully_connected, 60, (*CODES, "_block_s8")),
    (CONNECTED_WIDE, "speed", "tq_fully_connected_s8_dsp(", graphs.deep_fully_connected, 60, (*CODES, "_block_s16")),
    (average_pool_s8_dsp.AveragePoolDsp, "balanced", "_pool_s8_dsp(", _average_pool, 60, ()),
    (add_s8_dsp.AddDsp, "balanced", "_s8_dsp(", graphs.add, 100, ("tq_add_s8_dsp(", "tq_add_nonnegative_s8_dsp(")),
]


@pytest.mark.parametrize(
    ("kernel", "optimize", "function", "make", "count", "needed"),
    KERNELS,
    ids=[f"{k[0].__name__}-{i}" for i, k in enumerate(KERNELS)],
)
def test_kernel_is_bit_exact_on_the_core(
    kernel: type,
    optimize: str,
    function: str,
    make: Callable[..., Any],
    count: int,
    needed: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kernel, "cost", lambda *_: 0.0)
    cases = cases_of(graphs.many(make, count, 1), samples=3)
    texts = [generate(c.graph, core=CORE, optimize=optimize).files["model.c"] for c in cases]
    used = [(case, text) for case, text in zip(cases, texts, strict=True) if function in text]
    assert len(used) > count / 5
    for what in needed:
        assert sum(what in text for _, text in used) >= 3, what
    found = [case for case, _ in used]
    assert_equal_to_tflm(found, run_on_core(found, BOARD, optimize))


@pytest.mark.parametrize("core", ["host", "cortex-m0", "cortex-m3", "cortex-m55"])
def test_other_cores_do_not_get_these_kernels(core: str) -> None:
    makers = (graphs.deep_conv_2d, graphs.depthwise_3x3, graphs.deep_fully_connected, graphs.conv_3x3)
    for make in makers:
        for graph in graphs.many(make, 3, 0):
            for optimize in ("balanced", "speed"):
                assert "_dsp" not in generate(graph, core=core, optimize=optimize).files["model.c"]


def test_scratch_size_twins_agree(tmp_path: Path) -> None:
    """The sizes that the generator plans are the ones that the C macros give."""
    sizes = {
        "TQ_CONV_S8_DSP_SCRATCH_BYTES(7, 10)": conv_s8_dsp.scratch_bytes(7, 10),
        "TQ_CONV_S8_DSP_WIDE_SCRATCH_BYTES(7)": conv_s8_dsp.wide_scratch_bytes(7),
        "TQ_CONV_WINOGRAD_S8_DSP_SCRATCH_BYTES(12, 20)": conv_winograd_s8_dsp.scratch_bytes(12, 20),
        "TQ_CONV_WINOGRAD_S8_DSP_WIDE_SCRATCH_BYTES(12)": conv_winograd_s8_dsp.wide_scratch_bytes(12),
        "TQ_DEPTHWISE_CONV_S8_DSP_SCRATCH_BYTES(7)": depthwise_conv_s8_dsp.scratch_bytes(7),
        "TQ_DEPTHWISE_CONV_S8_DSP_SCRATCH_BYTES(8)": depthwise_conv_s8_dsp.scratch_bytes(8),
        "TQ_FULLY_CONNECTED_S8_DSP_SCRATCH_BYTES(5)": fully_connected_s8_dsp.scratch_bytes(5),
        "TQ_ADD_S8_DSP_SCRATCH_BYTES": add_s8_dsp.SCRATCH_BYTES,
    }
    headers = ("add", "conv", "conv_winograd", "depthwise_conv", "fully_connected")
    source = tmp_path / "main.c"
    source.write_text(
        "#include <stdio.h>\n"
        + "".join(f'#include "tq_{name}_s8_dsp.h"\n' for name in headers)
        + "int main(void) {\n"
        + "".join(f'    printf("%d ", (int)({use}));\n' for use in sizes)
        + "}\n"
    )
    subprocess.run([host_compiler(), f"-I{engine_folder()}", source, "-o", tmp_path / "a"], check=True)
    said = subprocess.run([tmp_path / "a"], capture_output=True, text=True, check=True).stdout
    assert [int(size) for size in said.split()] == list(sizes.values())
