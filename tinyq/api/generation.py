"""The firmware project of a model that is quantized already."""

from __future__ import annotations

import json
from pathlib import Path

from tinyq.api.estimation import report_of
from tinyq.api.manifest import sha256
from tinyq.api.program import emit, layer_reports, program_of
from tinyq.api.self_test import self_test_of
from tinyq.api.staging import MANIFEST, check_output, staged_folder, write_file, written
from tinyq.errors import BadInputError
from tinyq.frontend import load_model
from tinyq.graph import total_macs
from tinyq.hardware.boards import load_board
from tinyq.reporting.made_models import ProjectReport


def generate(
    model: str | Path, board: str, out: str | Path, *, optimize: str = "balanced", force: bool = False
) -> ProjectReport:
    """Write the firmware project of a model that is quantized already.

    Args:
        model: A full-integer ``.tflite``.
        board: Id of a board.
        out: The folder to write.
        optimize: What the code is best at: "balanced", "speed", "size" or "ram".
        force: Replace ``out`` if tinyq wrote it.

    Raises:
        BadInputError: The model is float, or not usable.
        ShortfallError: It does not fit on the board.
    """
    model, out = Path(model), Path(out)
    check_output(out, force)
    target = load_board(board)
    loaded = load_model(model)
    if loaded.kind != "quantized":
        raise BadInputError(f"{model} is a float model.", "Quantize it first, or use 'tinyq convert' with --data.")
    program = program_of(loaded.graph, loaded.tflite, target, optimize)
    self_test = self_test_of(loaded.graph, loaded.tflite, target, program.footprint)
    record = {"model_sha256": sha256(loaded.tflite), "board": target.id, "optimize": optimize}
    with staged_folder(out, force) as stage:
        emit(stage, program, target, self_test)
        write_file(stage / MANIFEST, json.dumps(record, indent=2) + "\n")
        files = written(stage)
    return ProjectReport(
        folder=str(out),
        model=model.name,
        model_sha256=sha256(loaded.tflite),
        board=target.id,
        optimize=optimize,
        macs=total_macs(loaded.graph),
        deployed_macs=total_macs(program.graph),
        arena_bytes=program.code.arena_bytes,
        arena_lower_bound=program.code.plan.lower_bound,
        layers=layer_reports(program),
        estimate=report_of(program.footprint),
        files=files,
    )
