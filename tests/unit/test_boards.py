"""Board files: the shipped ones, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyq.errors import BadInputError
from tinyq.hardware.boards import all_boards, describe_machine, load_board, stand_in
from tinyq.hardware.cores import CORES, core

SHIPPED = {
    "microbit", "mps2-an385", "mps2-an385-m0", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547",
    "stm32f4-discovery", "stm32f746-discovery", "nucleo-h753zi", "nrf52840-dk", "stm32l552", "stm32f072-discovery",
    "nucleo-l073rz", "ek-ra8m1", "mps3-an547-nomve",
}  # fmt: skip

GOOD = """
id = "mine"
title = "Mine"
core = "cortex-m4"

[[memory]]
name = "flash"
origin = 0x08000000
bytes = 0x40000
roles = ["code"]

[[memory]]
name = "ram"
origin = 0x20000000
bytes = 0x8000
roles = ["data", "arena"]

[uart]
type = "cmsdk"
base = 0x40004000
clock_hz = 25_000_000
"""


def test_shipped_boards() -> None:
    boards = {board.id: board for board in all_boards()}
    assert boards.keys() >= SHIPPED
    for board in boards.values():
        assert load_board(board.id) == board
        assert board.emulators
        assert board.flash_bytes > 0
        assert board.ram_bytes > board.stack_bytes
    microbit = boards["microbit"]
    assert (microbit.core, microbit.flash_bytes, microbit.ram_bytes) == ("cortex-m0", 256 << 10, 16 << 10)
    assert boards["mps2-an500"].region("window").origin == 0x60000000  # type: ignore[union-attr]
    m55 = boards["mps3-an547"]
    assert m55.flash_bytes == sum(m.bytes for m in m55.memory if set(m.roles) & {"code", "model"})


@pytest.mark.parametrize(
    ("board_id", "machine"),
    [
        ("stm32f4-discovery", "mps2-an386"),
        ("nrf52840-dk", "mps2-an386"),
        ("stm32f746-discovery", "mps2-an500"),
        ("nucleo-h753zi", "mps2-an500"),
        ("stm32l552", "mps2-an505"),
        ("stm32f072-discovery", "mps2-an385-m0"),
        ("nucleo-l073rz", "mps2-an385"),
        ("ek-ra8m1", "mps3-an547"),
    ],
)
def test_a_machine_of_the_same_core_or_a_superset_stands_in(board_id: str, machine: str) -> None:
    board = load_board(board_id)
    other = stand_in(board)
    assert other.id == machine
    # the firmware stays one for the board's own core
    assert (other.core, other.stack_bytes) == (board.core, board.stack_bytes)
    assert describe_machine(other, board).startswith(f"{machine} stands in for {board_id} (")
    own = core(load_board(machine).core)
    assert {"armv6-m": own.architecture in ("armv7-m", "armv6-m")}.get(
        core(board.core).architecture, own.architecture == core(board.core).architecture
    )


def test_nothing_stands_in_for_a_board_that_qemu_has() -> None:
    board = load_board("mps2-an386")
    assert stand_in(board) is board
    assert describe_machine(board, board) == ""
    m0 = load_board("mps2-an385-m0")
    assert describe_machine(m0, m0) == "a Cortex-M3 stands in for the Cortex-M0"


def test_cores_know_what_they_have() -> None:
    assert set(CORES) == {
        f"cortex-{name}" for name in ("m0", "m0plus", "m3", "m4", "m7", "m33", "m55", "m55-nomve", "m85")
    }
    assert [c for c in CORES if CORES[c].has_dsp] == [
        f"cortex-{n}" for n in ("m4", "m7", "m33", "m55", "m55-nomve", "m85")
    ]
    assert [c for c in CORES if CORES[c].has_mve] == ["cortex-m55", "cortex-m85"]
    assert [c for c in CORES if not CORES[c].has_divide] == ["cortex-m0", "cortex-m0plus"]
    assert all((c.float_abi == "hard") == c.has_fpu for c in CORES.values())
    assert all(any(f.startswith("-mcpu=") for f in c.flags) for c in CORES.values())


def test_unknown_names_come_with_the_nearest() -> None:
    with pytest.raises(BadInputError, match=r"no board named 'mps2-an38'.*mps2-an386"):
        load_board("mps2-an38")
    with pytest.raises(BadInputError, match=r"no core named 'cortex-m5'.*cortex-m55"):
        core("cortex-m5")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TINYQ_PATH", str(tmp_path))
    (tmp_path / "boards").mkdir()
    return tmp_path / "boards"


def test_a_board_of_ones_own(own_folder: Path) -> None:
    (own_folder / "mine.toml").write_text(GOOD)
    board = load_board("mine")
    assert (board.core, board.flash_bytes, board.ram_bytes) == ("cortex-m4", 0x40000, 0x8000)
    assert board.counter.type == "none"
    assert board.emulators == ()
    assert "mine" in {b.id for b in all_boards()}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('core = "cortex-m4"', 'core = "cortex-m99"'), "core: There is no core named 'cortex-m99'"),
        (('title = "Mine"', ""), "title: Field required"),
        (("bytes = 0x8000", "bytes = -1"), "memory.1.bytes"),
        (("origin = 0x20000000", "origin = 0x08000100"), "'flash' and 'ram' overlap"),
        (('roles = ["code"]', 'roles = ["model"]'), "exactly one memory region must have the role 'code'"),
        (('name = "ram"', 'name = "flash"'), "same name"),
        (('name = "ram"', 'name = "ram; PROVIDE(x)"'), "memory.1.name"),
        (('type = "cmsdk"', 'type = "../../etc"'), "uart.type"),
        (('title = "Mine"', 'title = "Mine */ int x; /*\\n"'), "title"),
        (('title = "Mine"', 'title = "Mine"\nsurprise = 1'), "surprise"),
        (("[uart]", "[uart"), "cannot be read"),
        (('id = "mine"', 'id = "yours"'), "calls its board 'yours'"),
    ],
)
def test_unsound_files_are_refused(own_folder: Path, change: tuple[str, str], says: str) -> None:
    assert change[0] in GOOD
    (own_folder / "mine.toml").write_text(GOOD.replace(*change))
    with pytest.raises(BadInputError) as caught:
        load_board("mine")
    assert says in caught.value.message
    assert "\n" not in caught.value.message.strip()
