"""What would shrink a model, by how much, and whether it is enough."""

from __future__ import annotations

from tests.graphs.int8 import Int8Builder, small_network
from tinyq.codegen import generate
from tinyq.footprint.advice import Advice, advice
from tinyq.footprint.estimate import Built, Footprint, estimate
from tinyq.graph import Graph
from tinyq.hardware.boards import Board, load_board

M4 = "mps2-an386"


def footprint(graph: Graph, board: Board) -> Footprint:
    code = generate(graph, core=board.core)
    return estimate(graph, board, "aot", code, built=Built(4000, code.constant_bytes + 100, "a compiler"))


def resized(board: Board, role: str, size: int) -> Board:
    memory = tuple(m.model_copy(update={"bytes": size}) if role in m.roles else m for m in board.memory)
    return board.model_copy(update={"memory": memory})


def found_by(text: str, found: tuple[Advice, ...]) -> Advice:
    (only,) = [a for a in found if text in a.text]
    return only


def wide() -> Graph:
    """A convolution to many channels, then to few: the peak is between them."""
    b = Int8Builder()
    x = b.activation((1, 16, 16, 4))
    return b.graph([x], [b.dense(b.mean(b.conv(b.conv(x, 32), 4)), 10)])


def test_half_of_the_largest_tensor_at_the_peak() -> None:
    graph, board = wide(), load_board(M4)
    # 8,192 bytes with 1,024 beside; halved, 4,096 with 1,024
    assert found_by("halve the channels", advice(graph, board, footprint(graph, board), {})).ram_bytes == 4096


def test_another_peak_limits_what_halving_saves() -> None:
    b = Int8Builder()
    x = b.activation((1, 16, 16, 4))
    narrow = b.conv(b.conv(x, 32), 4)
    graph, board = b.graph([x], [b.mean(b.conv(b.conv(narrow, 28), 4))]), load_board(M4)
    # from 8,192 + 1,024 down to 28 * 256 + 1,024, where the second pair of layers needs as much
    assert found_by("halve the channels", advice(graph, board, footprint(graph, board), {})).ram_bytes == 1024


def test_weights_in_four_bits() -> None:
    graph, board = wide(), load_board(M4)
    weights = 32 * 9 * 4 + 4 * 9 * 32 + 10 * 4
    found = advice(graph, board, footprint(graph, board), {})
    assert found_by("w4a8", found).flash_bytes == weights // 2
    assert found_by("w4a8", found).ram_bytes == 0
    assert found_by("1,152 of 2,344 bytes", found).flash_bytes == 576


def test_a_fix_that_is_enough_comes_first_and_says_so() -> None:
    graph, roomy = wide(), load_board(M4)
    need = footprint(graph, roomy).ram_bytes
    board = resized(roomy, "data", need - 4000)
    too_big = footprint(graph, board)
    assert too_big.verdict == "TOO BIG"
    found = advice(graph, board, too_big, {})
    assert found[0].fits
    assert found_by("halve the channels", found).fits
    assert not found_by("w4a8", found).fits
    hopeless = resized(roomy, "data", 3000)
    assert not any(a.fits for a in advice(graph, hopeless, footprint(graph, hopeless), {}))


def test_another_runtime_is_weighed() -> None:
    graph, board = small_network(), load_board(M4)
    code = generate(graph, core=board.core)
    tflm = estimate(graph, board, "tflm")
    aot = estimate(graph, board, "aot", code, built=Built(4000, code.constant_bytes + 100, "a compiler"))
    other = found_by("compile it", advice(graph, board, tflm, {"compile it": aot}))
    assert other.flash_bytes == tflm.flash_bytes - aot.flash_bytes > 20_000
    assert other.ram_bytes == tflm.ram_bytes - aot.ram_bytes > 0


def test_stack_that_is_not_used() -> None:
    graph, board = small_network(), load_board(M4)
    tflm = estimate(graph, board, "tflm")
    assert tflm.stack is not None
    found = found_by("-DSTACK_BYTES=", advice(graph, board, tflm, {}))
    reserved = board.stack_bytes - found.ram_bytes
    assert f"-DSTACK_BYTES={reserved}" in found.text
    assert tflm.stack.bytes * 1.2 < reserved < tflm.stack.bytes * 2
