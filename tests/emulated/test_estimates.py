"""Estimates against what was built and run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.emulated.conftest import Build, tflm_root, write_project
from tests.graphs.int8 import small_network
from tinyq.codegen import generate
from tinyq.emulation.qemu import open_qemu
from tinyq.firmware.build import build_project
from tinyq.firmware.built_size import built_size
from tinyq.firmware.deployed import deployed_model
from tinyq.footprint.code_size import is_current
from tinyq.footprint.estimate import estimate
from tinyq.hardware.boards import load_board

BOARDS = ("mps2-an385-m0", "mps2-an386", "mps3-an547")


def stack_seen(elf: Path, board_id: str) -> int:
    graph = small_network()
    with open_qemu(elf, load_board(board_id), 30) as device:
        device.infer([np.zeros(graph.tensors[graph.inputs[0]].shape, np.int8).tobytes()])
        return device.stack_bytes()


def test_what_no_table_knows_is_built(network: Build) -> None:
    graph, board = small_network(), load_board("mps2-an386")
    code, firmware = generate(graph, core=board.core), network(board.id)
    built = built_size(graph, code, deployed_model(graph), board.core)
    assert built is not None
    assert (built.code, built.model) == (firmware.sizes.engine_code, firmware.sizes.model)
    footprint = estimate(graph, board, "aot", code, built=built)
    assert footprint.ram_bytes == firmware.ram_bytes
    assert footprint.flash_bytes == pytest.approx(firmware.flash_bytes, abs=200)  # harness and gaps
    assert built_size(graph, code, deployed_model(graph), "cortex-a9") is None


def test_nothing_is_built_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = small_network()
    monkeypatch.setattr("tinyq.firmware.built_size.build_project", _missing)
    assert built_size(graph, generate(graph, core="cortex-m4"), deployed_model(graph), "cortex-m4") is None


def _missing(*_: object, **__: object) -> None:
    from tinyq.errors import MissingToolError

    raise MissingToolError("There is no compiler.", "Install one.")


@pytest.mark.skipif(not is_current(), reason="the table is of another engine: run benchmarks/measure_code_size.py")
@pytest.mark.parametrize("board_id", BOARDS)
def test_tables_are_near_what_was_built(network: Build, board_id: str) -> None:
    graph, board = small_network(), load_board(board_id)
    firmware = network(board_id)
    footprint = estimate(graph, board, "aot", generate(graph, core=board.core))
    assert footprint.ram_bytes == firmware.ram_bytes
    assert footprint.flash_bytes == pytest.approx(firmware.flash_bytes, rel=0.02)
    assert footprint.stack is not None
    assert footprint.stack.bytes == pytest.approx(stack_seen(firmware.elf, board_id), rel=0.25)


@pytest.mark.parametrize("board_id", BOARDS)
def test_tables_of_tflm_are_near_what_was_built(board_id: str, tmp_path: Path) -> None:
    graph, board = small_network(), load_board(board_id)
    root = tflm_root(board.core, "cmsis-nn")
    footprint = estimate(graph, board, "tflm", deployed=deployed_model(graph))
    if any("not measured" in part.error for part in footprint.flash):
        pytest.skip(f"the table has no TFLM for {board.core}")
    project = write_project(tmp_path / "firmware", board_id)
    firmware = build_project(project, board=board, runtime="tflm", tflm_root=root, tflm_kernels="cmsis-nn")
    assert footprint.ram_bytes == pytest.approx(firmware.ram_bytes, rel=0.005)
    assert footprint.flash_bytes == pytest.approx(firmware.flash_bytes, rel=0.05)
    assert footprint.stack is not None
    assert footprint.stack.bytes == pytest.approx(stack_seen(firmware.elf, board_id), rel=0.25)
