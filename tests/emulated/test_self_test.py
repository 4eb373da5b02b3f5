"""The program that tests itself: what it prints under QEMU and on the embedded machine, and Renode's test of it."""

from __future__ import annotations

import dataclasses
import functools
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.emulated.test_boards import codes
from tests.graphs.int8 import small_network
from tinyq.codegen import generate
from tinyq.evaluation import run_tflm
from tinyq.firmware.build import build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.firmware.self_test import SelfTest
from tinyq.graph import write_graph
from tinyq.hardware.boards import load_board

SAMPLES = 6
Project = Callable[[str], Path]


def self_test() -> SelfTest:
    """Of the small network; the class of the last sample is not the one that it computes."""
    x = codes(SAMPLES)
    outputs = tuple(run_tflm(write_graph(small_network()), (x,)))
    labels = outputs[0].reshape(SAMPLES, -1).argmax(axis=1)
    labels[-1] = (labels[-1] + 1) % outputs[0].shape[-1]
    return SelfTest((x,), outputs, labels, "random codes")


def write(folder: Path, board_id: str, test: SelfTest | None) -> Path:
    board, graph = load_board(board_id), small_network()
    folder.mkdir(parents=True)
    code = generate(graph, core=board.core)
    emit_project(folder, graph=graph, code=code, deployed=deployed_model(graph), board=board, self_test=test)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    @functools.cache
    def make(board_id: str) -> Path:
        folder = write(tmp_path_factory.mktemp(board_id) / "firmware", board_id, self_test())
        build_project(folder, board=load_board(board_id), self_test=True)
        return folder

    return make


def lines_under_qemu(elf: Path, machine: str) -> list[str]:
    """What it prints up to the line that ends the test, as a user without tinyq sees it."""
    command = ["qemu-system-arm", "-M", machine, "-nographic", "-monitor", "none", "-kernel", str(elf)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    said, end = b"", time.monotonic() + 30
    try:
        while b"SELF-TEST" not in said or not said.endswith(b"\n"):
            assert time.monotonic() < end, said
            piece = os.read(process.stdout.fileno(), 1 << 12)
            assert piece, said
            said += piece
    finally:
        process.kill()
        process.communicate()
    return said.decode().splitlines()


@pytest.mark.parametrize("board_id", ["mps2-an385-m0", "mps2-an386", "mps3-an547"])
def test_it_says_how_many_outputs_are_equal_and_how_many_correct(project: Project, board_id: str) -> None:
    qemu = load_board(board_id).qemu
    assert qemu is not None
    lines = lines_under_qemu(project(board_id) / "build-self-test" / "firmware.elf", qemu.machine)
    test = self_test()
    assert test.labels is not None
    found = test.outputs[0].reshape(SAMPLES, -1).argmax(axis=1)
    samples = [f"sample {n}: equal, class {found[n]} for {test.labels[n]}" for n in range(SAMPLES)]
    assert lines == [*samples, f"SELF-TEST {SAMPLES} of {SAMPLES} equal, {SAMPLES - 1} of {SAMPLES} correct"]


def test_a_wrong_output_is_counted(tmp_path: Path) -> None:
    right = self_test()
    wrong = right.outputs[0].copy()
    wrong[2].flat[0] ^= 1
    board = load_board("mps2-an386")
    test = dataclasses.replace(right, outputs=(wrong,), labels=None)
    elf = build_project(write(tmp_path / "p", board.id, test), board=board, self_test=True).elf
    lines = lines_under_qemu(elf, "mps2-an386")
    assert lines[2] == "sample 2: differs"
    assert lines[-1] == f"SELF-TEST {SAMPLES - 1} of {SAMPLES} equal"


def test_the_normal_program_does_not_change_by_it(tmp_path: Path) -> None:
    board = load_board("mps2-an386")
    images = [
        build_project(write(tmp_path / name, board.id, test), board=board).elf.read_bytes()
        for name, test in (("with", self_test()), ("without", None))
    ]
    assert images[0] == images[1]


@pytest.mark.parametrize("board_id", ["mps2-an385-m0", "mps2-an386"])
def test_renodes_test_asserts_the_counts(project: Project, board_id: str, tmp_path: Path) -> None:
    """The Robot file itself is executed, with stand-ins for Renode's keywords on the embedded machine."""
    pytest.importorskip("unicorn", reason="the extra embedded is not installed")
    running = pytest.importorskip("robot.running", reason="robotframework is not installed")
    own = tmp_path / "project"
    (own / "build-self-test").mkdir(parents=True)
    shutil.copytree(project(board_id) / "renode", own / "renode")
    shutil.copy(project(board_id) / "build-self-test" / "firmware.elf", own / "build-self-test")
    file = own / "renode" / f"{board_id}.robot"

    def message() -> str:
        suite = running.TestSuite.from_file_system(str(file))
        suite.resource.imports.library("tests.renode_keywords")
        test = suite.run(output=None, log=None, report=None, console="none").suite.tests[0]
        assert test.passed == (test.status == "PASS")
        return str(test.message) if not test.passed else ""

    assert message() == ""
    text = file.read_text()
    file.write_text(text.replace(f"{SAMPLES - 1} of {SAMPLES} correct", f"{SAMPLES} of {SAMPLES} correct"))
    assert f"does not contain ', {SAMPLES} of {SAMPLES} correct'" in message()
    file.write_text(text.replace("SELF-TEST .*", "NO SUCH LINE"))
    assert "Terminal tester failed" in message()


def test_a_second_run_gives_the_same(project: Project) -> None:
    pytest.importorskip("unicorn", reason="the extra embedded is not installed")
    from tinyq.emulation.machine import Machine

    machine = Machine(project("mps2-an386") / "build-self-test" / "firmware.elf", load_board("mps2-an386"))
    machine.run()
    first = bytes(machine.line.sent)
    machine.line.sent.clear()
    machine.line.received += b"\r"
    machine.run()
    assert bytes(machine.line.sent) == first
    assert first.endswith(b"correct\r\n")
