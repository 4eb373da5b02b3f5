"""Firmware for the emulated boards, built once for a test session."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.graphs.int8 import small_network
from tinyq.codegen import generate
from tinyq.emulation.qemu_transport import PROGRAM
from tinyq.firmware.build import Firmware, build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.firmware.toolchain import find_program
from tinyq.firmware.toolchains.gnu import COMPILER
from tinyq.graph import Graph
from tinyq.hardware.boards import load_board
from tinyq.hardware.cores import core

HERE = Path(__file__).parent
Build = Callable[..., Firmware]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in (COMPILER, PROGRAM) if find_program(name) is None]
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.emulated)
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))


def write_project(folder: Path, board_id: str, graph: Graph | None = None) -> Path:
    """A project of a small network, or another graph, for a board."""
    board = load_board(board_id)
    graph = graph or small_network()
    folder.mkdir(parents=True)
    code = generate(graph, core=board.core)
    emit_project(folder, graph=graph, code=code, deployed=deployed_model(graph), board=board)
    return folder


def write_stub_project(folder: Path, board_id: str, *, exact_loop: bool = False) -> Path:
    """A project with the stub in place of a model."""
    project = write_project(folder, board_id)
    for name in ("model.c", "model.h"):
        shutil.copy(HERE / f"stub_{name}", project / "model" / name)
    if exact_loop:
        source = project / "model" / "model.c"
        source.write_text("#define EXACT_LOOP\n" + source.read_text())
    return project


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds the small network for a board; ``observe`` as in ``build_project``."""

    @functools.cache
    def build(board_id: str, observe: bool = False) -> Firmware:
        folder = tmp_path_factory.mktemp("network") / "firmware"
        return build_project(write_project(folder, board_id), board=load_board(board_id), observe=observe)

    return build


@pytest.fixture(scope="session")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds the stub for a board."""

    @functools.cache
    def build(board_id: str, exact_loop: bool = False) -> Firmware:
        folder = tmp_path_factory.mktemp("stub") / "firmware"
        project = write_stub_project(folder, board_id, exact_loop=exact_loop)
        return build_project(project, board=load_board(board_id))

    return build


def tflm_root(core_name: str, kernels: str = "") -> Path:
    """The checkout that TFLM_ROOT names; the test is skipped where it holds no library for a core.

    Args:
        core_name: A core of :mod:`tinyq.hardware.cores`.
        kernels: "cmsis-nn", "reference", or empty for any.
    """
    architecture = core(core_name).tflm_architecture
    root = os.environ.get("TFLM_ROOT")
    if not root:
        pytest.skip("TFLM_ROOT does not name a checkout of tflite-micro")
    names = [p.parts[-3] for p in Path(root).glob(f"gen/*_{architecture}_*/lib/libtensorflow-microlite.a")]
    if not [n for n in names if not kernels or ("cmsis_nn" in n) == (kernels == "cmsis-nn")]:
        pytest.skip(f"TFLM_ROOT holds no library with {kernels or 'any'} kernels for {architecture}")
    return Path(root)
