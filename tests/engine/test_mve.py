"""Kernels for the vector extension give TFLM's bytes, on the emulated core."""

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
from tests.graphs import wide
from tinyq.codegen import generate
from tinyq.codegen.kernel import Kernel
from tinyq.codegen.ops import (
    conv_1x1_8_mve,
    conv_1x1_mve,
    conv_3x3_mve,
    conv_mve,
    conv_small_mve,
    depthwise_conv_3x3_mve,
    fully_connected_mve,
)
from tinyq.codegen.ops.add_mve import AddMve
from tinyq.codegen.ops.conv_1x1_8_mve import NarrowPointwiseConvMve
from tinyq.codegen.ops.conv_1x1_mve import PointwiseConvMve
from tinyq.codegen.ops.conv_3x3_mve import Conv3x3Mve
from tinyq.codegen.ops.conv_mve import ConvMve
from tinyq.codegen.ops.conv_small_mve import SmallConvMve
from tinyq.codegen.ops.depthwise_conv_3x3_mve import DepthwiseConv3x3Mve
from tinyq.codegen.ops.fully_connected_mve import FullyConnectedMve
from tinyq.codegen.ops.mean_mve import MeanMve
from tinyq.codegen.ops.pool_mve import PoolMve
from tinyq.graph import Graph

CORE, BOARD = "cortex-m55", "mps3-an547"


def _any_conv_2d(rng: np.random.Generator) -> Graph:
    """Windows of all kinds, or those of first layers."""
    return graphs.conv_2d(rng) if rng.random() < 0.6 else graphs.first_conv_2d(rng)


# kernel, what its call in model.c begins with, graphs, their arguments, how many of them
KERNELS: list[tuple[type[Kernel], str, Callable[..., Graph], tuple[Any, ...], int]] = [
    (PointwiseConvMve, "tq_matmul_s8_mve", wide.conv_2d, (1, 1), 60),
    (PointwiseConvMve, "tq_matmul_s8_mve", graphs.conv_2d, (True,), 30),
    (NarrowPointwiseConvMve, "tq_matmul_8_s8_mve", wide.conv_2d, (1, 1, 8), 60),
    (ConvMve, "tq_conv_s8_mve", wide.conv_2d, (3, 1), 40),
    (ConvMve, "tq_conv_s8_mve", wide.conv_2d, (3, 2), 30),
    (ConvMve, "tq_conv_s8_mve", wide.conv_2d, (1, 2), 20),
    (ConvMve, "tq_conv_s8_mve", graphs.conv_2d, (False,), 80),
    (SmallConvMve, "tq_conv_small_s8_mve", _any_conv_2d, (), 120),
    (Conv3x3Mve, "tq_conv_3x3_s8_mve", wide.conv_2d, (3, 1), 60),
    (DepthwiseConv3x3Mve, "tq_depthwise_conv_3x3_s8_mve", wide.depthwise_conv_2d, (), 80),
    (FullyConnectedMve, "tq_fully_connected_s8_mve", wide.fully_connected, (), 60),
    (FullyConnectedMve, "tq_fully_connected_s8_mve", graphs.fully_connected_ties, (True,), 20),
    (AddMve, "tq_add_s8_mve", wide.add, (), 40),
    (PoolMve, "tq_max_pool_s8_mve", wide.pool, ("MAX_POOL_2D",), 20),
    (PoolMve, "tq_average_pool_s8_mve", wide.pool, ("AVERAGE_POOL_2D",), 20),
    (MeanMve, "tq_mean_s8_mve", wide.mean, (), 20),
]


@pytest.mark.parametrize(
    ("kernel", "call", "make", "arguments", "count"),
    KERNELS,
    ids=[f"{call} {make.__module__.split('.')[-1]}{arguments or ''}" for _, call, make, arguments, _ in KERNELS],
)
def test_kernel_is_bit_exact_on_the_core(
    kernel: type[Kernel],
    call: str,
    make: Callable[..., Graph],
    arguments: tuple[Any, ...],
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _check(kernel, call, graphs.many(make, count, 1, *arguments), monkeypatch)


def test_depthwise_conv_is_bit_exact_with_little_scratch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depthwise_conv_3x3_mve, "_budget", lambda *_: 0)  # one strip, as there must be
    found = graphs.many(wide.depthwise_conv_2d, 60, 2)
    _check(DepthwiseConv3x3Mve, "tq_depthwise_conv_3x3_s8_mve", found, monkeypatch)


def _check(kernel: type[Kernel], call: str, found: list[Graph], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "cost", lambda *_: 0.0)  # wherever it can
    cases = cases_of(found, samples=3)
    texts = [generate(case.graph, core=CORE).files["model.c"] for case in cases]
    used = [(case, text) for case, text in zip(cases, texts, strict=True) if call in text]
    assert len(used) > len(found) / 4
    if kernel in (
        PointwiseConvMve,
        NarrowPointwiseConvMve,
        ConvMve,
        SmallConvMve,
        Conv3x3Mve,
        DepthwiseConv3x3Mve,
        AddMve,
    ):
        fused = sum("_relu(&" in text for _, text in used)
        assert 2 < fused < len(used) - 2
    run = [case for case, _ in used]
    assert_equal_to_tflm(run, run_on_core(run, BOARD))


def test_cores_without_the_extension_take_other_kernels() -> None:
    graph = wide.conv_2d(np.random.default_rng(0))
    for core in ("host", "cortex-m0", "cortex-m7", "cortex-m33", "cortex-m55-nomve"):
        assert not any("mve" in name for name in generate(graph, core=core).engine_files)
    assert any("mve" in name for name in generate(graph, core="cortex-m85").engine_files)


def test_scratch_is_what_the_headers_say(tmp_path: Path) -> None:
    sizes = (1, 3, 16, 17, 64, 100)
    uses, expected = [], []
    for a in sizes:
        uses.append(f"TQ_MATMUL_8_S8_MVE_SCRATCH_BYTES({a} + 0)")
        expected.append(conv_1x1_8_mve.scratch_bytes(a))
        for b in sizes:
            uses.append(f"TQ_CONV_SMALL_S8_MVE_SCRATCH_BYTES({a} + 0, 3 + 0, {b} + 0)")
            expected.append(conv_small_mve.scratch_bytes(a, 3, b))
            uses.append(f"TQ_MATMUL_S8_MVE_SCRATCH_BYTES({a} + 0, {b} + 0)")
            expected.append(conv_1x1_mve.scratch_bytes(a, b))
            uses.append(f"TQ_CONV_S8_MVE_SCRATCH_BYTES({a} + 0, {b} + 0, 3 + 0, {a} + 0)")
            expected.append(conv_mve.scratch_bytes(a, b, 3, a))
            uses.append(f"TQ_CONV_3X3_S8_MVE_SCRATCH_BYTES({a} + 0, {b} + 0, {a} + 0)")
            expected.append(conv_3x3_mve.scratch_bytes(a, b, a))
            uses.append(f"TQ_FULLY_CONNECTED_S8_MVE_SCRATCH_BYTES({a} + 0, {b} + 0)")
            expected.append(fully_connected_mve.scratch_bytes(a, b))
            for stride in (1, 2):
                uses.append(f"TQ_DEPTHWISE_CONV_3X3_S8_MVE_SCRATCH_BYTES({a} + 0, {2 * b} + 0, {stride} + 0)")
                expected.append(depthwise_conv_3x3_mve.scratch_bytes(a, 2 * b, stride))
    headers = ("matmul", "matmul_8", "conv", "conv_small", "conv_3x3", "fully_connected", "depthwise_conv_3x3")
    (tmp_path / "main.c").write_text(
        "#include <stdio.h>\n"
        + "".join(f'#include "tq_{h}_s8_mve.h"\n' for h in headers)
        + "int main(void) {\n"
        + "".join(f'    printf("%d ", {use});\n' for use in uses)
        + "}\n"
    )
    subprocess.run([host_compiler(), f"-I{engine_folder()}", tmp_path / "main.c", "-o", tmp_path / "a"], check=True)
    said = subprocess.run([tmp_path / "a"], capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(e) for e in expected]
