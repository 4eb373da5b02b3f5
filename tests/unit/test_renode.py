"""Renode's files, and what is said where it cannot be used."""

from __future__ import annotations

import ast
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.int8 import small_network
from tests.renode_stand_in import parse_platform, parse_script
from tinyq.codegen import generate
from tinyq.emulation.registry import emulator, emulators
from tinyq.emulation.renode import open_renode, renode_files, version_of
from tinyq.errors import BadInputError, MissingToolError
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import project_files
from tinyq.firmware.self_test import SelfTest
from tinyq.hardware.boards import all_boards, load_board

BOARDS = [board.id for board in all_boards() if board.renode is not None]
SHIPPED = {
    "stm32f4-discovery": "platforms/boards/stm32f4_discovery.repl",
    "stm32f746-discovery": "platforms/boards/stm32f7_discovery-bb.repl",
    "nucleo-h753zi": "platforms/cpus/stm32h743.repl",
    "nrf52840-dk": "platforms/cpus/nrf52840.repl",
    "stm32l552": "platforms/cpus/stm32l552.repl",
    "stm32f072-discovery": "platforms/boards/stm32f072b_discovery.repl",
    "nucleo-l073rz": "platforms/cpus/stm32l071.repl",
    "ek-ra8m1": "platforms/boards/renesas-ek_ra8m1.repl",
}


def program(folder: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in for Renode, on PATH."""
    folder.mkdir(exist_ok=True)
    script = folder / "renode"
    root = Path(__file__).parents[2]
    script.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m tests.renode_stand_in "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("TINYQ_TEST_RENODE_VERSION", version)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_every_board_has_a_platform() -> None:
    assert [board.id for board in all_boards()] == BOARDS
    assert {b: load_board(b).renode.platform for b in BOARDS if load_board(b).renode.platform} == SHIPPED  # type: ignore[union-attr]


@pytest.mark.parametrize("board_id", BOARDS)
def test_platform_parses_and_holds_what_the_firmware_uses(board_id: str) -> None:
    board = load_board(board_id)
    assert board.renode is not None
    platform = parse_platform(renode_files(board)[f"{board_id}.repl"])
    assert platform.using == board.renode.platform
    # four ticks of the cycle counter for an instruction
    mips = int(platform.entries["cpu"].properties["PerformanceInMips"])
    assert int(platform.entries["dwt"].properties["frequency"]) == 4_000_000 * mips < 1 << 32
    assert platform.entries["dwt"].address == 0xE0001000
    # a platform's own lines would download something
    assert bool(platform.using) == ("sysbus" in platform.entries)
    if not platform.using:
        for region in board.memory:
            made = platform.entries[region.name]
            assert (made.type, made.address) == ("Memory.MappedMemory", region.origin)
            assert int(made.properties["size"], 16) == region.bytes
        assert platform.entries["cpu"].properties["cpuType"] == board.renode.cpu_type
        assert platform.entries[board.renode.uart].address == board.uart.base


@pytest.mark.parametrize("board_id", BOARDS)
def test_script_parses_and_ends_in_a_start(board_id: str, tmp_path: Path) -> None:
    board = load_board(board_id)
    text = renode_files(board)[f"{board_id}.resc"]
    script = parse_script(text, tmp_path, {"elf": "@/there/firmware.elf", "port": "4711"})
    assert (script.machine, script.elf, script.port) == (board_id, Path("/there/firmware.elf"), 4711)
    assert script.platform == tmp_path / f"{board_id}.repl"
    assert script.vectors == board.region("code").origin  # type: ignore[union-attr]
    assert board.renode is not None
    assert script.uart == board.renode.uart
    assert script.serial
    assert script.immediately
    # by hand, without variables, it takes the project's own firmware
    assert parse_script(text, tmp_path, {}).elf == tmp_path / ".." / "build" / "firmware.elf"


def test_parsers_are_strict() -> None:
    late = 'using "a.repl"\nsysbus:\n        Tag <0x00000000, 0x00000001> "A"\n'
    for wrong in ("ram: Memory.MappedMemory @ sysbus 0x2\n", "cpu:\n    x: 1\n", "    size: 1\n", "??\n", late):
        with pytest.raises(ValueError, match=r"not understood|was not made"):
            parse_platform(wrong)
    good = renode_files(load_board("mps2-an386"))["mps2-an386.resc"]
    for wrong in (good.replace("start\n", ""), good.replace("LoadELF", "LoadElf"), good + "quit\n"):
        with pytest.raises(ValueError, match=r"missing|not understood"):
            parse_script(wrong, Path(), {})


def test_missing_renode_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(MissingToolError, match="renode is not installed") as caught,
        open_renode(tmp_path / "x", load_board("mps2-an386")),
    ):
        pass
    assert "github.com/renode/renode/releases" in caught.value.hint
    assert "PATH" in caught.value.hint


def test_version_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "1.13.3", monkeypatch)
    assert version_of(str(tmp_path / "bin" / "renode")) == (1, 13, 3)
    with pytest.raises(MissingToolError, match=r"1\.13\.3 is too old"), open_renode(tmp_path, load_board("mps2-an386")):
        pass
    program(tmp_path / "bin", "1.16.1", monkeypatch)
    with (
        pytest.raises(BadInputError, match=r"1\.16\.1 lacks vector instructions.*Cortex-M55") as caught,
        open_renode(tmp_path, load_board("mps3-an547")),
    ):
        pass
    assert "mps3-an547-nomve" in caught.value.hint


def test_board_that_renode_cannot_run_is_refused_with_the_reason(tmp_path: Path) -> None:
    board = load_board("ek-ra8m1")
    with pytest.raises(BadInputError, match="does not tell when a byte came"), open_renode(tmp_path, board):
        pass
    with pytest.raises(BadInputError, match="Renode cannot run the board ek-ra8m1"):
        emulator("renode", board)


def test_qemu_comes_first_and_the_embedded_emulator_next(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ["qemu", "embedded", "renode"]
    assert [name for name in emulators() if name in ours] == ours
    board = load_board("mps2-an386")
    for name in ours:
        monkeypatch.setattr(type(emulators()[name]), "available", lambda self: True)
    assert emulator(None, board).name == "qemu"
    monkeypatch.setattr(type(emulators()["qemu"]), "available", lambda self: False)
    assert emulator(None, board).name == "embedded"
    # where nothing is installed, the first one says how to get it
    monkeypatch.setattr(type(emulators()["embedded"]), "available", lambda self: False)
    monkeypatch.setattr(type(emulators()["renode"]), "available", lambda self: False)
    assert emulator(None, board).name == "qemu"


@pytest.mark.parametrize("board_id", BOARDS)
def test_robot_file_is_read_by_robot_itself(board_id: str, tmp_path: Path) -> None:
    """Its own parser finds one test of keywords that Renode has, and every value in it."""
    parsing = pytest.importorskip("robot.api", reason="robotframework is not installed")
    board, graph = load_board(board_id), small_network()
    x = np.zeros((3, 8, 8, 3), np.int8)
    y = np.array([[0, 1, 0, 0, 0], [5, 1, 0, 0, 0], [0, 1, 9, 0, 0]], np.int8)
    files = project_files(
        graph=graph,
        code=generate(graph, core=board.core),
        deployed=deployed_model(graph),
        board=board,
        self_test=SelfTest((x,), (y,), np.array([1, 1, 2]), "three of them", macs=1_000_000),
    )
    path = tmp_path / f"{board_id}.robot"
    path.write_text(str(files[f"renode/{board_id}.robot"]))
    model = parsing.get_model(str(path))
    assert not [e for node in ast.walk(model) for e in getattr(node, "errors", ())]
    suite = parsing.TestSuite.from_file_system(str(path))
    (test,) = suite.tests
    assert test.timeout == "10 minutes"
    calls = [(call.name, *call.args) for call in test.body]
    assert board.renode is not None
    assert ("Create Terminal Tester", f"sysbus.{board.renode.uart}", "timeout=${SECONDS}") in calls
    assert ("Should Contain", "${said}", "SELF-TEST 3 of 3 equal") in calls
    assert ("Should Contain", "${said}", ", 2 of 3 correct") in calls
    assert {name for name, *_ in calls} == {
        "Execute Command", "Create Terminal Tester", "Start Emulation", "Wait For Line On Uart", "Convert To String",
        "Should Contain",
    }  # fmt: skip
    values = {v.name: v.value for v in suite.resource.variables}
    assert int(values["${SECONDS}"][0]) == 16
    assert values["${ELF}"][0].endswith("build-self-test/firmware.elf")
