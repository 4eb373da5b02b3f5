"""``tinyq ops``: the table of operators and types, its page, and a test behind each of its cells."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from tests.engine import op_cells
from tinyq.api.ops import list_ops, ops_page
from tinyq.cli.app import app
from tinyq.firmware.tflm_ops import METHODS

PAGE = Path(__file__).parents[2] / "docs" / "ops.md"


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text() == ops_page()


def test_engine_has_nothing_that_tflm_lacks() -> None:
    for entry in list_ops().ops:
        assert set(entry.aot) <= set(entry.tflm), entry.op


def test_table_knows_the_operators_of_the_resolver() -> None:
    assert {entry.op for entry in list_ops().ops if entry.tflm} == set(METHODS)


def test_every_cell_of_the_engine_is_tested() -> None:
    cells = {(entry.op, dtype) for entry in list_ops().ops for dtype in entry.aot}
    assert cells == {(cell.kind, cell.type) for cell in op_cells.ALL}


def test_command_prints_table_json_and_page() -> None:
    runner = CliRunner()
    assert "CONV_2D" in runner.invoke(app, ["ops"]).stdout
    found = json.loads(runner.invoke(app, ["ops", "--json"]).stdout)
    conv = next(entry for entry in found["ops"] if entry["op"] == "CONV_2D")
    assert conv["aot"][:3] == ["int8", "int16", "int4"]
    assert runner.invoke(app, ["ops", "--markdown"]).stdout == ops_page()
