"""zig as the toolchain and Unicorn as the emulator, held against GCC and QEMU."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.emulated.conftest import Build, write_project, write_stub_project
from tests.emulated.test_boards import codes
from tests.graphs.int8 import small_network
from tests.processes import children_of
from tinyq.emulation import embedded, trace
from tinyq.emulation.run import run_samples
from tinyq.emulation.session import Session
from tinyq.errors import BadInputError, FailedError, MissingToolError
from tinyq.evaluation import run_tflm
from tinyq.firmware.build import Firmware, build_project
from tinyq.firmware.elf import Symbols
from tinyq.firmware.toolchain import providers
from tinyq.graph import write_graph
from tinyq.hardware.boards import Board, all_boards, load_board

pytest.importorskip("unicorn", reason="the extra embedded is not installed")
if not providers()["zig"].available():
    pytest.skip("the extra embedded is not installed", allow_module_level=True)

TOOLCHAINS = ("gnu", "zig")
OWN_ADDRESSES = [b.id for b in all_boards() if b.qemu is not None and b.qemu.board and embedded.EMULATOR.supports(b)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    @functools.cache
    def build(board_id: str, toolchain: str, observe: bool = False) -> Firmware:
        folder = tmp_path_factory.mktemp("network") / "firmware"
        board = load_board(board_id)
        return build_project(write_project(folder, board_id), board=board, observe=observe, toolchain=toolchain)

    return build


@functools.cache
def expected(count: int) -> tuple[bytes, ...]:
    """What the reference computes for the first so many samples."""
    return tuple(y.tobytes() for y in run_tflm(write_graph(small_network()), (codes(count),))[0])


@contextlib.contextmanager
def uncounted(elf: Path, board: Board, timeout: float = 20.0) -> Iterator[Session]:
    """A device that does not calibrate its counter first, which takes a second."""
    transport = embedded.EmbeddedTransport(elf, board, timeout)
    try:
        yield Session(transport, timeout=timeout, counts_instructions=False, symbol_at=Symbols(elf).name_at)
    finally:
        transport.close()
        transport.release()


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
@pytest.mark.parametrize("board_id", ["mps2-an385-m0", "mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505"])
def test_same_elf_same_outputs_and_same_counts_as_under_qemu(built: Build, board_id: str, toolchain: str) -> None:
    firmware, board = built(board_id, toolchain), load_board(board_id)
    x = codes(2)
    samples = [(s.tobytes(),) for s in x]
    qemu, own = (
        run_samples(firmware.elf, board, samples, emulator=name, jobs=1, timeout=30) for name in ("qemu", "embedded")
    )
    assert tuple(i.outputs[0] for i in own.inferences) == expected(2)
    assert own.inferences == qemu.inferences
    assert own.inferences[0].instructions > 10_000
    assert own.stack_bytes == qemu.stack_bytes
    assert "2 ticks" in own.hello.counter
    assert "exact" in own.hello.counter


@pytest.mark.parametrize("board_id", OWN_ADDRESSES)
def test_boards_that_qemu_lacks_run_with_their_own_addresses(built: Build, board_id: str) -> None:
    board = load_board(board_id)
    x = codes(1)
    result = run_samples(built(board_id, "gnu").elf, board, [(x[0].tobytes(),)], emulator="embedded", timeout=30)
    assert result.inferences[0].outputs == expected(1)
    assert result.inferences[0].instructions > 10_000


@pytest.mark.parametrize(
    ("board_id", "toolchain"),
    [
        ("mps2-an385-m0", "gnu"),
        ("mps2-an385", "zig"),
        ("mps2-an386", "gnu"),
        ("mps2-an500", "zig"),
        ("mps2-an505", "gnu"),
    ],
)
def test_each_layer_executes_the_same_instructions_as_under_qemu(built: Build, board_id: str, toolchain: str) -> None:
    board = load_board(board_id)
    firmware = built(board.id, toolchain, observe=True)
    inputs = [codes(1)[0].tobytes()]
    runs = []
    for module in (trace, embedded):
        layers = module.trace_layers(firmware.elf, board, inputs)
        executed = []
        for layer in layers:
            counts: dict[int, int] = {}
            for run in layer:
                for address in run.addresses:
                    counts[address] = counts.get(address, 0) + run.entered
            executed.append((counts, sum(run.left for run in layer)))
        runs.append(executed)
    assert runs[0] == runs[1]
    assert len(runs[0]) > 2


def test_layers_are_read_one_by_one(built: Build) -> None:
    board = load_board("mps2-an386")
    inputs = [codes(1)[0].tobytes()]
    with embedded.open_embedded(built(board.id, "gnu", observe=True).elf, board) as device:
        layers = device.layers(inputs)
        whole = device.infer(inputs)
    assert abs(sum(layer.instructions for layer in layers) - whole.instructions) < 30 * len(layers)


@pytest.mark.parametrize("board_id", ["mps2-an386", "mps2-an385-m0", "mps2-an505"])
@pytest.mark.parametrize(("kind", "what"), [("d", "data access"), ("u", "undefined instr"), ("s", "stack overflow")])
def test_faults_are_reported_as_on_the_board(stub: Build, board_id: str, kind: str, what: str) -> None:
    board = load_board(board_id)
    elf = stub(board_id).elf
    with uncounted(elf, board) as device:
        assert device.infer([b"x" + bytes(15)]).outputs == (b"y" + b"\1" * 15,)
        with pytest.raises(FailedError, match="stopped with a fault") as caught:
            device.infer([kind.encode() + bytes(15)])
    assert (what if board.core != "cortex-m0" or kind == "s" else "keeps no cause") in caught.value.message
    if kind != "s":
        assert "(act)" in caught.value.message


def test_the_smallest_core_executes_no_more_than_silicon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other emulators run division and unaligned loads on a Cortex-M0; this one does not."""
    board = load_board("microbit")
    unaligned = '__asm__ volatile("movs r0, #1\\n ldr r0, [r0]" ::: "r0");'
    division = '__asm__ volatile(".inst.w 0xfb90f0f1");'
    for name, line in (("unaligned", unaligned), ("division", division)):
        project = write_stub_project(tmp_path / name, board.id)
        model = project / "model" / "model.c"
        model.write_text(model.read_text().replace('__asm__ volatile("udf #7");', line))
        monkeypatch.setattr("tinyq.firmware.build.check_instructions", lambda *_: None)
        elf = build_project(project, board=board).elf
        with uncounted(elf, board) as device, pytest.raises(FailedError, match="stopped with a fault"):
            device.infer([b"u" + bytes(15)])


def test_a_hang_is_ended_and_nothing_stays_behind(stub: Build) -> None:
    board = load_board("mps2-an386")
    elf = stub(board.id).elf
    before, start = children_of(os.getpid()), time.monotonic()
    with (
        pytest.raises(FailedError, match="no answer within 2 s while running an inference"),
        uncounted(elf, board, 2) as device,
    ):
        device.hello()
        device.infer([b"h" + bytes(15)])
    assert time.monotonic() - start < 20
    assert children_of(os.getpid()) <= before


def test_two_builds_with_zig_are_the_same_anywhere(tmp_path: Path) -> None:
    board = load_board("mps2-an386")
    images = []
    for name in ("one", "another-folder"):
        elf = build_project(write_project(tmp_path / name, board.id), board=board, toolchain="zig").elf
        images.append(elf.read_bytes())
    assert images[0] == images[1]


def test_zig_needs_no_library_for_the_harness_and_no_gcc_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sh", "mkdir"):
        (tmp_path / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(tmp_path))
    board = load_board("mps2-an385-m0")
    firmware = build_project(write_stub_project(tmp_path / "firmware", board.id), board=board)
    assert firmware.elf.parent.name == "build-zig"
    assert 0 < firmware.sizes.engine_code < 400
    with uncounted(firmware.elf, board) as device:
        assert device.infer([b"x" + bytes(15)]).outputs == (b"y" + b"\1" * 15,)


def test_what_cannot_be_run_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = load_board("mps3-an547")
    with pytest.raises(BadInputError, match="Unicorn has no M55"), embedded.open_embedded(tmp_path, board):
        pass
    odd = load_board("mps2-an386")
    odd = odd.model_copy(update={"uart": odd.uart.model_copy(update={"type": "odd"})})
    with pytest.raises(BadInputError, match="no model of the UART odd"), embedded.open_embedded(tmp_path, odd):
        pass
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with (
        pytest.raises(MissingToolError, match="unicorn is not installed") as caught,
        embedded.open_embedded(tmp_path, load_board("mps2-an386")),
    ):
        pass
    assert "pip install 'tinyq[embedded]'" in caught.value.hint


def test_tflm_needs_the_gnu_toolchain(tmp_path: Path) -> None:
    board: Board = load_board("mps2-an386")
    with pytest.raises(MissingToolError, match="zig has no C\\+\\+ library"):
        build_project(write_project(tmp_path / "p", board.id), board=board, runtime="tflm", toolchain="zig")


@pytest.mark.parametrize(
    ("board_id", "option", "line", "needs"),
    [
        ("mps2-an385-m0", "-mcpu=cortex_m3", "sdiv %0, %0, %0", "Armv7-M"),
        ("nucleo-l073rz", "-mcpu=cortex_m3", "movw %0, #4660", "Armv7-M"),
        ("mps2-an385", "-mcpu=cortex_m4", "smlad %0, %0, %0, %0", "the DSP extension"),
        ("mps2-an386", "-mcpu=cortex_m33", "lda %0, [%0]", "Armv8-M"),
        ("mps2-an386", "-mcpu=cortex_m7+fp_armv8d16", "vadd.f64 d0, d0, d0", "double precision"),
        ("mps2-an505", "-mcpu=cortex_m7+fp_armv8d16", "vadd.f64 d0, d0, d0", "double precision"),
    ],
)
def test_instructions_that_the_core_lacks_are_refused_in_zigs_programs_too(
    tmp_path: Path, board_id: str, option: str, line: str, needs: str
) -> None:
    board = load_board(board_id)
    project = write_stub_project(tmp_path / "firmware", board_id)
    tools = project / "cmake" / "zig.cmake"
    tools.write_text("\n".join(f"  {option}" if "-mcpu=" in row else row for row in tools.read_text().splitlines()))
    model = project / "model" / "model.c"
    model.write_text(
        model.read_text().replace(
            "int model_init(void) { return 0; }",
            f'int model_init(void) {{\n    int x = 0;\n    __asm__ volatile("{line}" : "+r"(x));\n    return x;\n}}',
        )
    )
    with pytest.raises(FailedError, match=rf"lacks, first '{line.split(maxsplit=1)[0]}.*{needs}.* in model_init"):
        build_project(project, board=board, toolchain="zig")


def test_reference_on_a_machine_without_tflm(monkeypatch: pytest.MonkeyPatch) -> None:
    from tinyq.evaluation import reference, runners

    content = write_graph(small_network())
    x = codes(5)
    expected = run_tflm(content, (x,))
    assert reference() == "TFLM's host interpreter"
    monkeypatch.setattr(runners, "has_tflm", lambda: False)
    assert "portable C engine" in reference()
    found = run_tflm(content, (x,))
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
