"""Flash of a generated program by building it, for estimates of what no table knows."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tinyq.codegen.code import GeneratedCode
from tinyq.errors import TinyqError
from tinyq.firmware.build import build_project
from tinyq.firmware.project import emit_project
from tinyq.firmware.toolchain import find_toolchain
from tinyq.footprint.estimate import Built
from tinyq.graph import Graph
from tinyq.hardware.boards import all_boards


def built_size(graph: Graph, code: GeneratedCode, deployed: bytes, core: str) -> Built | None:
    """Build a program for the roomiest board with a core, in a folder that goes away, and look at the ELF.

    Args:
        graph: The quantized model.
        code: What was generated of it for the core.
        deployed: The ``.tflite`` for TFLM.
        core: The core.

    Returns:
        None where no compiler is installed, or the program does not build.
    """
    boards = [board for board in all_boards() if board.core == core]
    if not boards:
        return None
    board = max(boards, key=lambda b: (b.flash_bytes, b.ram_bytes))
    try:
        with tempfile.TemporaryDirectory(prefix="tinyq-") as folder:
            project = Path(folder)
            emit_project(project, graph=graph, code=code, deployed=deployed, board=board)
            sizes = build_project(project, board=board).sizes
            return Built(sizes.engine_code, sizes.model, f"the toolchain {find_toolchain().name}")
    except TinyqError:
        return None
