"""Every operator and type of the engine once on an emulated Cortex-M4 and Cortex-M55, all in one program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.emulated.conftest import write_project
from tests.engine.harness import run_tflm
from tests.engine.op_cells import ALL
from tests.graphs.merged import merged
from tinyq.emulation.run import run_samples
from tinyq.firmware.build import build_project
from tinyq.hardware.boards import load_board


@pytest.mark.parametrize("board_id", ["mps2-an386", "mps3-an547"])
def test_every_cell_gives_what_tflm_gives(board_id: str, tmp_path: Path) -> None:
    cells = [(cell, cell.cases(samples=1, count=1)[0]) for cell in ALL]
    board = load_board(board_id)
    project = write_project(tmp_path / "firmware", board_id, merged([case.graph for _, case in cells]))
    firmware = build_project(project, board=board)
    sample = tuple(np.ascontiguousarray(x).tobytes() for _, case in cells for x in case.samples[0])
    outputs = iter(run_samples(firmware.elf, board, [sample], jobs=1).inferences[0].outputs)
    for (cell, case), expected in zip(cells, run_tflm([case for _, case in cells]), strict=True):
        for reference in expected[0]:
            mine = np.frombuffer(next(outputs), reference.dtype).reshape(reference.shape)
            where = f"{cell.kind} of {cell.type}: {case.graph.ops}"
            cell.assert_close(mine, reference, where)
    assert next(outputs, None) is None
