"""Kernels for cores without the DSP extension give TFLM's bytes, on emulated cores, wherever they can be used."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests import graphs
from tests.engine.cores import run_on_core
from tests.engine.harness import assert_equal_to_tflm, cases_of, engine_folder, host_compiler
from tinyq.codegen import generate
from tinyq.codegen.kernel import kernels_for
from tinyq.codegen.ops import (
    conv_paired_relu_s8,
    conv_paired_s8,
    depthwise_conv_plane_relu_s8,
    depthwise_conv_plane_s8,
    fully_connected_paired_s8,
)
from tinyq.graph import Graph


def _from_zero(make: Callable[[np.random.Generator], Graph]) -> Callable[[np.random.Generator], Graph]:
    """Of the graphs that a function makes, those whose output begins at its zero point."""

    def made(rng: np.random.Generator) -> Graph:
        while True:
            graph = make(rng)
            quantization = graph.tensors[graph.outputs[0]].quantization
            if quantization is not None and quantization.scalar[1] == -128:
                return graph

    return made


BOARDS = {"cortex-m0": "mps2-an385-m0", "cortex-m3": "mps2-an385"}
KERNELS: list[tuple[type, str, tuple[Callable[[np.random.Generator], Graph], ...]]] = [
    (
        conv_paired_relu_s8.ConvPairedRelu,
        "tq_conv_paired_relu_s8(",
        tuple(map(_from_zero, (graphs.conv_2d, graphs.deep_conv_2d, graphs.conv_3x3))),
    ),
    (
        depthwise_conv_plane_relu_s8.DepthwiseConvPlaneRelu,
        "tq_depthwise_conv_plane_relu_s8(",
        (_from_zero(graphs.depthwise_3x3),),
    ),
    (conv_paired_s8.ConvPaired, "tq_conv_paired_s8(", (graphs.conv_2d, graphs.deep_conv_2d, graphs.conv_3x3)),
    (depthwise_conv_plane_s8.DepthwiseConvPlane, "tq_depthwise_conv_plane_s8(", (graphs.depthwise_3x3,)),
    (
        fully_connected_paired_s8.FullyConnectedPaired,
        "tq_fully_connected_paired_s8(",
        (graphs.fully_connected, graphs.deep_fully_connected),
    ),
]


@pytest.mark.parametrize("aim", ["balanced", "ram"])
@pytest.mark.parametrize("core", BOARDS)
@pytest.mark.parametrize(("kernel", "function", "makers"), KERNELS, ids=[k[0].__name__ for k in KERNELS])
def test_kernel_is_bit_exact_on_the_core(
    kernel: type,
    function: str,
    makers: tuple[Callable[[np.random.Generator], Graph], ...],
    core: str,
    aim: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = kernel.kinds  # type: ignore[attr-defined]
    for kind in kinds:
        for other in _others(kind, kernel):
            monkeypatch.setattr(type(other), "objection", _unless_alone(type(other).objection, kernel))
    cases = cases_of([g for make in makers for g in graphs.many(make, 30, 2)], samples=2)
    texts = [generate(case.graph, core=core, optimize=aim).files["model.c"] for case in cases]
    found = [case for case, text in zip(cases, texts, strict=True) if function in text]
    assert len(found) > len(cases) / 3
    assert_equal_to_tflm(found, run_on_core(found, BOARDS[core], aim))


def _others(kind: str, kernel: type) -> list[object]:
    return [other for other in kernels_for(kind) if type(other) is not kernel]


def _unless_alone(objection: Callable[..., str], kernel: type) -> Callable[..., str]:
    """An objection wherever the tested kernel has none."""

    def objects(self: object, node: object, target: object) -> str:
        return objection(self, node, target) or ("" if kernel().objection(node, target) else "another is tested")

    return objects


def test_other_cores_keep_their_kernels() -> None:
    for core in ("host", "cortex-m4", "cortex-m55"):
        for graph in (*graphs.many(graphs.conv_2d, 5, 0), *graphs.many(graphs.depthwise_3x3, 5, 0)):
            program = generate(graph, core=core).files["model.c"]
            assert "_paired_" not in program
            assert "_plane_" not in program


def test_scratch_size_twins_agree(tmp_path: Path) -> None:
    uses = {f"TQ_CONV_PAIRED_S8_SCRATCH_BYTES(3, {n}, 2)": conv_paired_s8.scratch_bytes(6 * n) for n in range(1, 5)}
    uses |= {
        f"TQ_DEPTHWISE_CONV_PLANE_S8_SCRATCH_BYTES(5, {n}, {stride})": depthwise_conv_plane_s8.scratch_bytes(
            5, n, stride
        )
        for n in (6, 7)
        for stride in (1, 2)
    }
    uses |= {
        f"TQ_CONV_PAIRED_RELU_S8_SCRATCH_BYTES(3, {n}, 2)": conv_paired_s8.scratch_bytes(6 * n) for n in range(1, 5)
    }
    uses |= {
        f"TQ_DEPTHWISE_CONV_PLANE_RELU_S8_SCRATCH_BYTES(5, {n}, 2)": depthwise_conv_plane_relu_s8.scratch_bytes(5, n, 2)
        for n in (6, 7)
    }
    uses["TQ_FULLY_CONNECTED_PAIRED_S8_SCRATCH_BYTES(9)"] = fully_connected_paired_s8.scratch_bytes(9)
    source = tmp_path / "main.c"
    prints = "".join(f'    printf("%d ", (int)({use}));\n' for use in uses)
    source.write_text(
        '#include <stdio.h>\n#include "tq_conv_paired_s8.h"\n#include "tq_depthwise_conv_plane_s8.h"\n'
        '#include "tq_fully_connected_paired_s8.h"\n#include "tq_conv_paired_relu_s8.h"\n'
        '#include "tq_depthwise_conv_plane_relu_s8.h"\n'
        f"int main(void) {{\n{prints}}}\n"
    )
    subprocess.run([host_compiler(), f"-I{engine_folder()}", source, "-o", tmp_path / "a"], check=True)
    said = subprocess.run([tmp_path / "a"], capture_output=True, text=True, check=True).stdout
    assert [int(size) for size in said.split()] == list(uses.values())
