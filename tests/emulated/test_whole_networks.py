"""Networks of the kinds that run on microcontrollers, on an emulated Cortex-M4, in one program; streaming ones too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.emulated.conftest import write_project
from tests.engine.harness import Case, run_tflm
from tests.merged_graphs import merged
from tests.network_graphs import NETWORKS
from tests.quantized_networks import INT8, INT16, WIDE, quantized, streaming
from tinyq.emulation.run import run_samples
from tinyq.firmware.build import build_project
from tinyq.hardware.boards import load_board

M4 = "mps2-an386"


def _assert_equal_on_target(cases: Sequence[Case], folder: Path) -> None:
    board = load_board(M4)
    project = write_project(folder / "firmware", M4, merged([case.graph for case in cases]))
    firmware = build_project(project, board=board)
    count = len(cases[0].samples)
    samples = [tuple(np.ascontiguousarray(x).tobytes() for c in cases for x in c.samples[i]) for i in range(count)]
    ran = run_samples(firmware.elf, board, samples, jobs=1)  # one after the other, for those that keep something
    expected = run_tflm(cases)
    for i, inference in enumerate(ran.inferences):
        wanted = [np.ascontiguousarray(y).tobytes() for runs in expected for y in runs[i]]
        assert list(inference.outputs) == wanted, f"sample {i}"


def test_networks_give_what_tflm_gives(tmp_path: Path) -> None:
    cases = [quantized(name, INT8, 3) for name in NETWORKS] + [quantized(name, INT16, 3) for name in WIDE]
    _assert_equal_on_target(cases, tmp_path)


def test_streaming_models_give_what_tflm_gives_for_50_steps(tmp_path: Path) -> None:
    _assert_equal_on_target(streaming(), tmp_path)
