"""A small network on every board that QEMU has."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest

from tests.emulated.conftest import Build, write_project
from tests.firmware_tools import with_flipped_weight
from tests.graphs.int8 import small_network
from tinyq.codegen import generate
from tinyq.emulation.qemu import open_qemu
from tinyq.emulation.run import run_samples
from tinyq.evaluation import run_tflm
from tinyq.firmware.build import build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.graph import write_graph
from tinyq.hardware.boards import Counter, all_boards, load_board

BOARDS = [board.id for board in all_boards() if board.qemu is not None and board.qemu.machine]


def codes(count: int) -> np.ndarray:
    graph = small_network()
    shape = graph.tensors[graph.inputs[0]].shape
    return np.random.default_rng(1).integers(-128, 128, (count, *shape[1:]), dtype=np.int8)


@pytest.mark.parametrize("board_id", BOARDS)
def test_network_is_bit_exact_with_tflm_and_counted(network: Build, board_id: str) -> None:
    firmware, board = network(board_id), load_board(board_id)
    x = codes(3)
    expected = run_tflm(write_graph(small_network()), (x,))[0]
    seen: list[int] = []
    samples = [(sample.tobytes(),) for sample in (*x, x[0])]
    result = run_samples(firmware.elf, board, samples, jobs=1, timeout=20, progress=seen.append)
    assert [i.outputs[0] for i in result.inferences] == [e.tobytes() for e in (*expected, expected[0])]
    assert seen == [1, 2, 3, 4]

    assert result.hello.runtime == "aot"
    assert result.hello.input_bytes == (x[0].nbytes,)
    assert result.hello.output_bytes == (expected[0].nbytes,)
    assert result.hello.arena_bytes == firmware.sizes.arena
    assert "exact" in result.hello.counter
    # the same input takes the same instructions, to the last one
    assert result.inferences[0].instructions == result.inferences[3].instructions > 10_000
    assert 64 < result.stack_bytes < board.stack_bytes == firmware.sizes.stack

    sizes = firmware.sizes
    assert sizes.engine_code + sizes.model + sizes.harness == firmware.flash_bytes <= board.flash_bytes
    assert sizes.static_ram + sizes.arena + sizes.stack == firmware.ram_bytes <= board.ram_bytes


@pytest.mark.parametrize("board_id", BOARDS)
def test_instructions_of_a_known_loop(stub: Build, board_id: str) -> None:
    with open_qemu(stub(board_id, exact_loop=True).elf, load_board(board_id), 20) as device:
        counts = [device.infer([bytes(16)]).instructions for _ in range(5)]
    assert counts == [3 + 2 * 5000 + 2] * 5


def test_board_without_counter_counts_nothing(tmp_path: Path) -> None:
    board = load_board("mps2-an386").model_copy(update={"counter": Counter()})
    graph = small_network()
    code, folder = generate(graph, core=board.core), tmp_path / "firmware"
    folder.mkdir()
    emit_project(folder, graph=graph, code=code, deployed=deployed_model(graph), board=board)
    firmware = build_project(folder, board=board)
    result = run_samples(firmware.elf, board, [(codes(1)[0].tobytes(),)], timeout=20)
    assert result.hello.counter == "not measured"
    assert result.inferences[0].instructions == 0


def test_layers_are_those_of_tflm(network: Build) -> None:
    graph = small_network()
    x = codes(2)
    plan = generate(graph, core="cortex-m4").layers
    everything = dataclasses.replace(graph, outputs=tuple(layer.tensor for layer in plan))
    expected = run_tflm(write_graph(everything), (x,))
    with open_qemu(network("mps2-an386", observe=True).elf, load_board("mps2-an386"), 20) as device:
        runs = [device.layers([sample.tobytes()]) for sample in x]
        again = device.layers([x[0].tobytes()])
        whole = device.infer([x[0].tobytes()])
    for sample, layers in enumerate(runs):
        assert [layer.index for layer in layers] == list(range(len(plan)))
        assert [layer.output for layer in layers] == [output[sample].tobytes() for output in expected]
    assert again == runs[0]
    together = sum(layer.instructions for layer in runs[0])
    assert abs(together - whole.instructions) < 30 * len(plan)


def test_tflm_runtime_gives_the_same_layers(tmp_path: Path) -> None:
    """The very interpreter, where a build of it is at hand."""
    root = os.environ.get("TFLM_ROOT")
    if not root or not list(Path(root).glob("gen/*_cortex-m4+fp_*/lib/libtensorflow-microlite.a")):
        pytest.skip("TFLM_ROOT names no checkout of tflite-micro that was built for cortex-m4+fp")
    board = load_board("mps2-an386")
    project = write_project(tmp_path / "firmware", board.id)
    x = codes(2)
    expected = run_tflm(write_graph(small_network()), (x,))[0]
    runs = []
    for runtime in ("aot", "tflm"):
        firmware = build_project(project, board=board, runtime=runtime, observe=True)
        with open_qemu(firmware.elf, board, 20) as device:
            assert device.hello().runtime == runtime
            assert device.hello().arena_bytes <= firmware.sizes.arena
            assert [device.infer([s.tobytes()]).outputs[0] for s in x] == [e.tobytes() for e in expected]
            runs.append([layer.output for layer in device.layers([x[0].tobytes()])])
    assert runs[0] == runs[1]


def test_several_emulators_give_results_in_order(network: Build) -> None:
    x = codes(9)
    expected = run_tflm(write_graph(small_network()), (x,))[0]
    board = load_board("mps2-an385")
    result = run_samples(network("mps2-an385").elf, board, [(s.tobytes(),) for s in x], jobs=3, timeout=20)
    assert [i.outputs[0] for i in result.inferences] == [e.tobytes() for e in expected]


def test_one_flipped_weight_is_seen(network: Build, tmp_path: Path) -> None:
    board = load_board("mps2-an386")
    elf = network(board.id).elf
    damaged = with_flipped_weight(elf, tmp_path / "firmware.elf")
    samples = [(s.tobytes(),) for s in codes(4)]
    before, after = (run_samples(f, board, samples, jobs=1, timeout=20).inferences for f in (elf, damaged))
    assert [i.outputs for i in before] != [i.outputs for i in after]
