"""Both runtimes on every emulated board: bit-exact, in the smallest arena, with the same layers.

The interpreter needs a checkout of tflite-micro that ``TFLM_ROOT`` names, with upstream's library built for the core;
where there is none, the test says so and is skipped.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

from tests.emulated.conftest import Build, tflm_root, write_project
from tests.graphs import recurrent
from tests.graphs.int8 import bottleneck_network, small_network
from tests.graphs.merged import merged
from tinyq.emulation.qemu import open_qemu
from tinyq.emulation.run import run_samples
from tinyq.errors import BadInputError, FailedError, MissingToolError
from tinyq.evaluation import run_tflm
from tinyq.firmware.build import build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.footprint.arena import arena_model
from tinyq.footprint.estimate import tflm_kernels_of
from tinyq.graph import DType, Graph, read_graph, write_graph
from tinyq.hardware.boards import all_boards, load_board
from tinyq.hardware.cores import core

# a board of each core; others with the same core run the same code
BOARDS = ("mps2-an385-m0", "mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547")
KERNELS = ("reference", "cmsis-nn")
# a board of each kind of kernels: what they need of the arena differs by kind alone
ARENAS = (
    ("mps2-an386", "reference"),
    ("mps2-an385-m0", "cmsis-nn"),
    ("mps2-an386", "cmsis-nn"),
    ("mps3-an547", "cmsis-nn"),
)
# layers are observed by the same code on all boards
OBSERVED = ("mps2-an385-m0", "mps2-an386", "mps3-an547")


def codes(graph: Graph, count: int) -> np.ndarray:
    shape = graph.tensors[graph.inputs[0]].shape
    return np.random.default_rng(3).integers(-128, 128, (count, *shape[1:]), dtype=np.int8)


@functools.cache
def expected_of_bottleneck(count: int) -> tuple[bytes, ...]:
    graph = bottleneck_network()
    return tuple(y.tobytes() for y in run_tflm(write_graph(graph), (codes(graph, count),))[0])


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("board_id", BOARDS)
def test_interpreter_is_bit_exact_in_the_smallest_arena(board_id: str, kernels: str, tmp_path: Path) -> None:
    board, graph = load_board(board_id), bottleneck_network()
    root = tflm_root(board.core, kernels)
    project = write_project(tmp_path / "firmware", board_id, graph)
    x = codes(graph, 3)
    firmware = build_project(project, board=board, runtime="tflm", tflm_root=root, tflm_kernels=kernels)
    result = run_samples(firmware.elf, board, [(s.tobytes(),) for s in x], jobs=1, timeout=30)
    assert tuple(i.outputs[0] for i in result.inferences) == expected_of_bottleneck(3)
    assert result.hello.runtime == "tflm"

    library = "reference" if kernels == "reference" else "cmsis-nn"
    model = arena_model(read_graph(deployed_model(graph)), tflm_kernels_of(core(board.core), library))
    assert firmware.sizes.arena == model.required_bytes
    assert result.hello.arena_bytes == model.used_bytes
    if (board_id, kernels) not in ARENAS:
        return
    less = {"TFLM_ARENA_BYTES": str(model.required_bytes - 16)}
    small = build_project(
        project, board=board, runtime="tflm", tflm_root=root, tflm_kernels=kernels, definitions=less
    )  # fmt: skip
    with open_qemu(small.elf, board, 30) as device, pytest.raises(FailedError, match="could not be set up"):
        device.hello()


@pytest.mark.parametrize("board_id", OBSERVED)
def test_both_runtimes_tell_of_the_same_layers(network: Build, board_id: str, tmp_path: Path) -> None:
    board, graph = load_board(board_id), small_network()
    root = tflm_root(board.core)
    project = write_project(tmp_path / "firmware", board_id)
    interpreter = build_project(project, board=board, runtime="tflm", tflm_root=root, observe=True).elf
    sample = [codes(graph, 1)[0].tobytes()]
    runs = []
    for elf in (network(board_id, observe=True).elf, interpreter):
        with open_qemu(elf, board, 30) as device:
            runs.append([layer.output for layer in device.layers(sample)])
    assert runs[0] == runs[1]


def test_states_of_the_interpreter_are_kept_and_reset(tmp_path: Path) -> None:
    """Variables that a subgraph initializes, and states of layers; the same layers as the other runtime's."""
    rng = np.random.default_rng(4)
    graph = merged([recurrent.variables(rng, DType.INT8, True), recurrent.streaming_keywords(rng)])
    board, root = load_board("mps2-an386"), tflm_root("cortex-m4", "reference")
    project = write_project(tmp_path / "firmware", board.id, graph)
    shapes = [graph.tensors[t].shape[1:] for t in graph.inputs]
    inputs = [rng.integers(-128, 128, (3, 6, *shape), np.int8) for shape in shapes]
    wanted = run_tflm(write_graph(graph), inputs)
    samples = [tuple(x[n].tobytes() for x in inputs) for n in range(3)]
    observed = []
    for runtime in ("tflm", "aot"):
        elf = build_project(
            project, board=board, runtime=runtime, tflm_root=root, tflm_kernels="reference", observe=True
        ).elf
        for n, inference in enumerate(run_samples(elf, board, samples, jobs=1).inferences):
            assert inference.outputs == tuple(y[n].tobytes() for y in wanted), f"{runtime}, sample {n}"
        with open_qemu(elf, board, 30) as device:
            first = tuple(x[0, 0].tobytes() for x in inputs)
            observed.append([[layer.output for layer in device.layers(first)] for _ in range(2)])
    assert observed[0] == observed[1]
    assert observed[0][0] == observed[0][1]


def test_every_core_is_covered() -> None:
    tested = {core(load_board(board_id).core).architecture for board_id in BOARDS}
    assert {core(board.core).architecture for board in all_boards()} <= tested


def test_kernels_that_are_not_there_are_named(tmp_path: Path) -> None:
    """A checkout with a library of reference kernels alone, and one without any."""
    project = write_project(tmp_path / "firmware", "mps2-an386")
    board, root = load_board("mps2-an386"), tmp_path / "tflite-micro"
    header = root / "tensorflow" / "lite" / "micro" / "micro_interpreter.h"
    header.parent.mkdir(parents=True)
    header.write_text("")
    with pytest.raises(MissingToolError, match=r"holds no library built with TARGET_ARCH=cortex-m4\+fp"):
        build_project(project, board=board, runtime="tflm", tflm_root=root)
    library = root / "gen" / "cortex_m_generic_cortex-m4+fp_release_gcc" / "lib" / "libtensorflow-microlite.a"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"!<arch>\n")
    with pytest.raises(MissingToolError, match=r"holds no library with cmsis_nn kernels"):
        build_project(project, board=board, runtime="tflm", tflm_root=root, tflm_kernels="cmsis-nn")
    with pytest.raises(BadInputError, match="no kernels 'neon'"):
        build_project(project, board=board, runtime="tflm", tflm_root=root, tflm_kernels="neon")
