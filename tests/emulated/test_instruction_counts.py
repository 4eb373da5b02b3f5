"""The MLPerf Tiny reference models on an emulated Cortex-M4: outputs of TFLM, in so many instructions and bytes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tinyq.codegen import generate
from tinyq.emulation.run import run_samples
from tinyq.evaluation import run_tflm
from tinyq.firmware.build import build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.folding import fold
from tinyq.graph import DType, Graph, read_graph
from tinyq.hardware.boards import load_board

BOARD = "mps2-an386"
KWS, RESNET, VWW = "kws/kws_ref_model.tflite", "ic/pretrainedResnet_quant.tflite", "vww/vww_96_int8.tflite"
AD = "ad/ad01_int8.tflite"
MOST_INSTRUCTIONS = {
    (KWS, "balanced"): 2_500_000,
    (KWS, "speed"): 2_200_000,
    (RESNET, "balanced"): 7_400_000,
    (RESNET, "speed"): 6_600_000,
    (VWW, "balanced"): 4_400_000,
    (VWW, "speed"): 3_900_000,
    (AD, "balanced"): 270_000,
}
SAMPLES = 2


def _file(name: str) -> bytes:
    folder = os.environ.get("TINYQ_MLPERF_TINY")
    if not folder:
        pytest.skip("TINYQ_MLPERF_TINY names no folder with the MLPerf Tiny models")
    return (Path(folder) / name).read_bytes()


def _bare_bytes(graph: Graph) -> int:
    """int8 weights and int32 biases."""
    constants = {t for op in graph.ops for t in op.inputs if t >= 0 and graph.tensors[t].is_constant}
    return sum(graph.tensors[t].nbytes for t in constants if graph.tensors[t].shape)


@pytest.mark.parametrize(
    ("name", "aim"), MOST_INSTRUCTIONS, ids=[f"{n.split('/')[0]}-{a}" for n, a in MOST_INSTRUCTIONS]
)
def test_model_takes_few_instructions(name: str, aim: str, tmp_path: Path) -> None:
    tflite = _file(name)
    model, board = read_graph(tflite), load_board(BOARD)
    graph = fold(model).graph
    code = generate(graph, core=board.core, optimize=aim)
    emit_project(tmp_path, graph=graph, code=code, deployed=deployed_model(graph), board=board)
    firmware = build_project(tmp_path, board=board)
    tensor = graph.tensors[graph.inputs[0]]
    assert tensor.dtype is DType.INT8
    codes = np.random.default_rng(5).integers(-128, 128, (SAMPLES, *tensor.shape[1:]), np.int8)
    ran = run_samples(firmware.elf, board, [(x.tobytes(),) for x in codes])
    expected = run_tflm(tflite, [codes])[0]
    assert [i.outputs[0] for i in ran.inferences] == [y.tobytes() for y in expected]
    assert max(i.instructions for i in ran.inferences) <= MOST_INSTRUCTIONS[name, aim]
    if aim == "balanced":
        assert code.constant_bytes <= 1.15 * _bare_bytes(model)
