"""A model that is too big for a board: what is missing, by how much, which layer, and what would fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.graphs import W8A8
from tests.graphs.dead_channels import network_with_dead_channels
from tests.graphs.int8 import Int8Builder
from tinyq import resources
from tinyq.api.conversion import ConvertSettings, convert
from tinyq.api.estimation import estimate
from tinyq.errors import ShortfallError
from tinyq.graph import Graph, write_graph
from tinyq.hardware.boards import load_board

SMALL = "microbit"


def wide(size: int = 64) -> Graph:
    """Much RAM, little flash."""
    b = Int8Builder()
    x = b.activation((1, size, size, 1), name="picture")
    y = b.conv(b.conv(x, 16, stride=2), 4, stride=2)
    return b.graph([x], [b.dense(b.mean(y), 3)])


def heavy(units: int = 160) -> Graph:
    """Much flash, little RAM."""
    b = Int8Builder()
    x = b.activation((1, units), name="features")
    return b.graph([x], [b.dense(b.dense(x, units), 3)])


def refused(graph: Graph, folder: Path, board: str = SMALL) -> ShortfallError:
    model = folder / "model.tflite"
    model.write_bytes(write_graph(graph))
    with pytest.raises(ShortfallError) as error:
        convert(ConvertSettings(model=model, board=board, out=folder / "out"))
    assert not (folder / "out").exists()
    return error.value


def test_too_little_ram(tmp_path: Path) -> None:
    error = refused(wide(), tmp_path)
    (report,) = estimate(tmp_path / "model.tflite", SMALL, build=False)
    lack = report.ram_bytes - load_board(SMALL).ram_bytes
    assert lack > 0
    assert f"{lack:,} bytes more in ram" in error.message
    assert f"RAM peaks at {report.peak_layers[0]}" in error.message
    assert "halve the channels or the resolution of" in error.hint
    assert "bytes less RAM" in error.hint
    assert "--scheme w4a8" not in error.hint  # saves flash, of which there is enough


def test_too_little_flash_and_an_option_that_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = (resources.folder("boards") / f"{SMALL}.toml").read_text()
    own = shipped.replace(f'id = "{SMALL}"', 'id = "own"').replace("0x40000", "0x6000")
    assert own.count("0x6000") == 1
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "own.toml").write_text(own)
    monkeypatch.setenv("TINYQ_PATH", str(tmp_path))
    error = refused(heavy(), tmp_path, "own")
    (report,) = estimate(tmp_path / "model.tflite", "own", build=False)
    assert f"{report.flash_bytes - report.flash_limit:,} bytes more in flash" in error.message
    assert error.hint.startswith("Enough: give all layers 4-bit weights: --scheme w4a8")
    assert "13,040 bytes less flash" in error.hint  # half of 160 x 160 + 3 x 160
    assert SMALL in error.hint.split("Boards that it fits: ")[1]


def test_boards_that_it_fits_the_smallest_first(tmp_path: Path) -> None:
    hint = refused(wide(), tmp_path).hint
    named = hint.split("Boards that it fits: ")[1].rstrip(".").split(", ")
    assert SMALL not in named
    sizes = [load_board(b).ram_bytes for b in named]
    assert sizes == sorted(sizes)
    convert(ConvertSettings(model=tmp_path / "model.tflite", board=named[0], out=tmp_path / "out"))


def test_no_board_is_large_enough(tmp_path: Path) -> None:
    hint = refused(wide(3000), tmp_path).hint
    assert hint.endswith("No board that tinyq knows is large enough.")


def test_estimates_are_for_what_goes_into_the_firmware(tmp_path: Path) -> None:
    """Channels that do not matter are left out of both."""
    model = tmp_path / "model.tflite"
    model.write_bytes(write_graph(network_with_dead_channels(np.random.default_rng(3), W8A8)))
    (report,) = estimate(model, "mps2-an386", build=False)
    done = convert(ConvertSettings(model=model, board="mps2-an386", out=tmp_path / "out"))
    assert done.deployed_macs is not None
    assert done.deployed_macs < done.macs
    assert {p.name: p.bytes for p in report.flash} == {p.name: p.bytes for p in done.estimate.flash}
    assert report.ram_bytes == done.estimate.ram_bytes
