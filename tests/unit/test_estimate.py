"""Estimates of flash and RAM: parts, verdicts, what is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.graphs.int8 import small_network
from tinyq.codegen import generate
from tinyq.firmware.deployed import deployed_model
from tinyq.footprint.arena import arena_model
from tinyq.footprint.code_size import AOT_TABLE, aot_code, is_current, table_knows
from tinyq.footprint.estimate import Built, Footprint, estimate
from tinyq.footprint.tflm_kernels import Kernels
from tinyq.graph import read_graph
from tinyq.hardware.boards import Board, all_boards, load_board

MEASURED_ENGINE = pytest.mark.skipif(
    not is_current(), reason="the table is of another engine: run benchmarks/measure_code_size.py"
)


def on(board: Board) -> Footprint:
    graph = small_network()
    return estimate(graph, board, "aot", generate(graph, core=board.core))


def resized(board: Board, bytes_: int) -> Board:
    memory = tuple(m.model_copy(update={"bytes": bytes_}) if "data" in m.roles else m for m in board.memory)
    return board.model_copy(update={"memory": memory})


@MEASURED_ENGINE
@pytest.mark.parametrize("board", all_boards(), ids=lambda b: b.id)
def test_every_board_has_an_estimate(board: Board) -> None:
    graph = small_network()
    code = generate(graph, core=board.core)
    footprint = estimate(graph, board, "aot", code)
    assert footprint.unknown == ()
    assert footprint.verdict == "FITS"
    assert footprint.missing == ""
    parts = {p.name: p for p in (*footprint.flash, *footprint.ram)}
    assert parts["arena"].bytes == code.arena_bytes
    assert parts["model constants"].bytes == code.constant_bytes
    assert parts["stack"].bytes == board.stack_bytes
    assert footprint.flash_bytes == sum(p.bytes for p in footprint.flash)
    assert all(p.method and p.error and p.bytes > 0 for p in parts.values())


def test_a_board_that_is_too_small_says_by_how_much() -> None:
    board = load_board("mps2-an386")
    needed = on(board).ram_bytes
    exact = on(resized(board, needed))
    assert exact.verdict == "TIGHT"
    assert exact.missing == ""
    small = on(resized(board, needed - 100))
    assert small.verdict == "TOO BIG"
    assert [(s.region, s.needed - s.limit) for s in small.shortages] == [("ram", 100)]
    assert "100 bytes more in ram" in small.missing
    assert on(resized(board, 2 * needed)).verdict == "FITS"


def test_peak_names_the_layers_that_are_live_together() -> None:
    graph = small_network()
    names = {0: "stem", 4: "big_a", 7: "big_b"}
    tensors = list(graph.tensors)
    for op in graph.ops:
        index = op.outputs[0]
        tensors[index] = replace(tensors[index], name=f"{names.get(index, f'layer{index}')}/Relu")
    graph = replace(graph, tensors=tuple(tensors))
    code = generate(graph, core="cortex-m4")
    peak = estimate(graph, load_board("mps2-an386"), "aot", code).peak_layers
    step = code.plan.peak_step
    written = graph.tensors[graph.ops[step].outputs[0]].name.split("/")[0]
    assert written in peak
    assert 2 <= len(peak) <= 3


def test_tflm_takes_the_deployed_file_and_its_plan() -> None:
    graph, board = small_network(), load_board("mps2-an386")
    deployed = deployed_model(graph)
    footprint = estimate(graph, board, "tflm", deployed=deployed)
    flash = {p.name: p.bytes for p in footprint.flash}
    ram = {p.name: p.bytes for p in footprint.ram}
    assert flash["model"] == len(deployed)
    assert ram["arena"] == arena_model(read_graph(deployed), Kernels("cmsis-nn", "dsp")).required_bytes
    whole = estimate(graph, board, "tflm")
    assert whole.flash_bytes > footprint.flash_bytes


def test_aot_needs_the_program() -> None:
    with pytest.raises(ValueError, match="generated code"):
        estimate(small_network(), load_board("microbit"), "aot")


def test_code_counts_what_kernels_call_and_names_what_it_does_not_know() -> None:
    alone = aot_code("tq_linear_s8(&a, b)", "cortex-m0", 1)
    both = aot_code("tq_conv_s8(&a, b); tq_linear_s8(&a, b)", "cortex-m0", 1)
    conv = aot_code("tq_conv_s8(&a, b)", "cortex-m0", 1)
    assert alone is not None
    assert both is not None
    assert conv is not None
    assert both.stack == conv.stack > alone.stack >= 0
    assert both.engine == conv.engine > alone.engine > 0
    strange = aot_code("tq_frobnicate(&a)", "cortex-m0", 1)
    assert strange is not None
    assert strange.unknown == ("tq_frobnicate",)
    assert aot_code("", "cortex-a9", 1) is None


@MEASURED_ENGINE
def test_table_knows_every_kernel_of_the_engine() -> None:
    graph = small_network()
    for core in ("cortex-m0", "cortex-m4", "cortex-m55"):
        code = generate(graph, core=core)
        sizes = aot_code(code.files["model.c"], core, len(code.layers))
        assert sizes is not None
        assert sizes.unknown == ()
        assert sizes.parameters > 0
        assert 16 <= sizes.stack < 1024
        assert table_knows(code.files, core)
        # kernels that were generated with the program are in no table
        assert not table_knows({**code.files, "kernels.c": ""}, core)
        assert not table_knows({**code.files, "model.c": "tq_frobnicate(&a);"}, core)
    assert AOT_TABLE.is_file()


def test_what_was_built_takes_the_place_of_tables() -> None:
    board, graph = load_board("mps2-an386"), small_network()
    code = generate(graph, core=board.core)
    built = Built(code=5000, model=code.constant_bytes + 300, compiler="some compiler")
    footprint = estimate(graph, board, "aot", code, built=built)
    parts = {p.name: p for p in footprint.flash}
    assert parts["engine kernels and generated functions"].bytes == 5000
    assert parts["layer parameters"].bytes == 300
    assert "some compiler" in parts["layer parameters"].method
    assert footprint.unknown == ()
