"""Traced instructions are those that the target counts; profiles add up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.emulated.conftest import Build
from tests.graphs.int8 import small_network
from tinyq.cli import app
from tinyq.emulation.cost import CostModel
from tinyq.emulation.qemu import open_qemu
from tinyq.emulation.trace import trace_inference, trace_layers
from tinyq.firmware.toolchain import find_toolchain
from tinyq.graph import read_graph, total_macs, write_graph
from tinyq.hardware.boards import load_board

_OBSERVING = 10
"""Instructions between the end of a layer and the moment when the observer reads the counter, at most."""


def random_input() -> list[bytes]:
    return [np.random.default_rng(1).integers(-128, 128, 8 * 8 * 3).astype(np.int8).tobytes()]


@pytest.mark.parametrize("board_id", ["mps2-an385-m0", "mps2-an386", "mps3-an547"])
def test_traced_instructions_are_those_that_were_counted(network: Build, board_id: str) -> None:
    firmware, board = network(board_id, observe=True), load_board(board_id)
    with open_qemu(firmware.elf, board) as device:
        counted = [layer.instructions for layer in device.layers(random_input())]
    model = CostModel(firmware.elf, board.core, find_toolchain(None).objdump)
    costs = [model.of(blocks) for blocks in trace_layers(firmware.elf, board, random_input())]
    assert len(costs) == len(counted) == 8
    for cost, count in zip(costs, counted, strict=True):
        assert 0 <= count - cost.instructions <= _OBSERVING
        assert cost.cycles is not None
        assert cost.cycles >= 0.5 * cost.instructions
    total = sum(cost.cycles or 0 for cost in costs)
    assert 1.0 < total / sum(cost.instructions for cost in costs) < 2.2
    # every output is stored, every input and weight loaded at least once
    assert costs[0].stored >= 8 * 8 * 8
    assert costs[0].loaded >= 8 * 8 * 3 + 8 * 27


@pytest.mark.parametrize("board_id", ["mps2-an386", "mps3-an547"])
def test_a_whole_inference_is_traced_exactly(network: Build, board_id: str) -> None:
    firmware, board = network(board_id), load_board(board_id)
    with open_qemu(firmware.elf, board) as device:
        device.hello()
        counted = device.infer(random_input()).instructions
    blocks = trace_inference(firmware.elf, board, random_input())
    # the timer's quanta, and the call and return around it
    assert abs(sum(block.instructions for block in blocks) - counted) <= 3


def test_a_trace_repeats(network: Build) -> None:
    firmware, board = network("mps2-an386", observe=True), load_board("mps2-an386")
    assert trace_layers(firmware.elf, board, random_input()) == trace_layers(firmware.elf, board, random_input())


def test_profile_command(tmp_path: Path) -> None:
    graph = small_network()
    (tmp_path / "model.tflite").write_bytes(write_graph(graph))
    run = CliRunner()
    out = tmp_path / "out"
    arguments = ["convert", str(tmp_path / "model.tflite"), "--board", "mps2-an386", "-o", str(out), "-q"]
    assert run.invoke(app, arguments).exit_code == 0
    done = run.invoke(app, ["profile", str(out), "--json"])
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert json.loads((out / "profile.json").read_text()) == report
    layers, total = report["layers"], report["total"]
    assert total["macs"] == total_macs(read_graph((out / "model.tflite").read_bytes()))
    for name in ("macs", "instructions", "cycles", "bytes_loaded", "bytes_stored"):
        assert total[name] == sum(layer[name] for layer in layers) > 0
    first = layers[0]
    assert first["op"] == "CONV_2D"
    assert first["instructions_per_mac"] == pytest.approx(first["instructions"] / first["macs"], abs=1e-4)
    assert first["bytes_touched"] == 8 * 8 * 3 + 8 * 8 * 8 + 8 * 27 + 4 * 8
    assert "DDI 0439" in report["cycles_method"]
    assert report["cycles_error"]
    table = run.invoke(app, ["profile", str(out)])
    assert table.exit_code == 0
    assert f"{total['instructions']:,}" in table.stdout
