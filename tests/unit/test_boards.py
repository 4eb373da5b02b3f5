"""Board files: the shipped ones, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyq.errors import BadInputError
from tinyq.hardware.boards import all_boards, load_board
from tinyq.hardware.cores import CORES, core

SHIPPED = {"microbit", "mps2-an385", "mps2-an385-m0", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547"}

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


def test_cores_know_what_they_have() -> None:
    assert set(CORES) == {f"cortex-{name}" for name in ("m0", "m0plus", "m3", "m4", "m7", "m33", "m55", "m85")}
    assert [c for c in CORES if CORES[c].has_dsp] == [f"cortex-{n}" for n in ("m4", "m7", "m33", "m55", "m85")]
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
