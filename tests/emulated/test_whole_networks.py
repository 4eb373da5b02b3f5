"""Networks of the kinds that run on microcontrollers, on an emulated Cortex-M4, in one program; streaming ones too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.emulated.conftest import write_project
from tests.engine.harness import Case, run_tflm
from tests.graphs import recurrent
from tests.graphs.merged import merged
from tests.graphs.networks import NETWORKS
from tests.graphs.quantized_networks import INT8, INT16, WIDE, quantized, streaming
from tinyq.api import convert
from tinyq.api import test as tested
from tinyq.emulation.run import run_samples
from tinyq.firmware.build import build_project
from tinyq.graph import DType, Graph, load_graph, write_graph
from tinyq.hardware.boards import load_board

M4 = "mps2-an386"


def _assert_equal_on_target(cases: Sequence[Case], folder: Path) -> None:
    board = load_board(M4)
    project = write_project(folder / "firmware", M4, merged([case.graph for case in cases]))
    firmware = build_project(project, board=board)
    count = len(cases[0].samples)
    steps = [[np.ascontiguousarray(x).tobytes() for c in cases for x in c.samples[i]] for i in range(count)]
    sequence = tuple(b"".join(parts) for parts in zip(*steps, strict=True))
    keeps = any(case.graph.keeps_state for case in cases)
    ran = run_samples(firmware.elf, board, [sequence] if keeps else [tuple(s) for s in steps])
    expected = run_tflm(cases)
    wanted = [[np.ascontiguousarray(y).tobytes() for runs in expected for y in runs[i]] for i in range(count)]
    found = [inference.outputs for inference in ran.inferences]
    if keeps:
        wanted = [[b"".join(parts) for parts in zip(*wanted, strict=True)]]
    for i, (mine, theirs) in enumerate(zip(found, wanted, strict=True)):
        assert list(mine) == theirs, f"sample {i}"


def _variables(rng: np.random.Generator) -> Graph:
    return recurrent.variables(rng, DType.INT8, True)


def test_networks_give_what_tflm_gives(tmp_path: Path) -> None:
    cases = [quantized(name, INT8, 3) for name in NETWORKS] + [quantized(name, INT16, 3) for name in WIDE]
    _assert_equal_on_target(cases, tmp_path)


def test_streaming_models_give_what_tflm_gives_for_50_steps(tmp_path: Path) -> None:
    _assert_equal_on_target(streaming(), tmp_path)


@pytest.mark.parametrize("make", [recurrent.streaming_keywords, _variables])
def test_streaming_models_go_the_whole_way(make: Callable[[np.random.Generator], Graph], tmp_path: Path) -> None:
    """From the file to the comparison, on single inputs after a reset and on sequences."""
    model = tmp_path / "streaming.tflite"
    model.write_bytes(write_graph(make(np.random.default_rng(4))))
    convert(model, board=M4, out=tmp_path / "out")
    report = tested(tmp_path / "out", samples=5, jobs=2)
    assert report.bit_exact.equal == report.bit_exact.total == 5
    shape = load_graph(model.read_bytes(), subject="the model").tensors[0].shape
    data = tmp_path / "sequences.npy"
    np.save(data, np.random.default_rng(5).integers(-128, 128, (4, 50, *shape[1:]), np.int8))
    report = tested(tmp_path / "out", data=str(data), jobs=2)
    assert report.bit_exact.equal == report.bit_exact.total == 4
