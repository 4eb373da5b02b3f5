"""``tinyq generate``: a firmware project from a quantized ``.tflite``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("generate")(generate)


def generate(
    model: Annotated[Path, typer.Argument(help="A full-integer .tflite file.", show_default=False)],
    board: common.BoardName,
    out: common.Out,
    optimize: common.Optimize = "balanced",
    force: common.Force = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Write the firmware project of a model that is quantized already.

    Example:

      tinyq generate model_int8.tflite --board mps2-an386 -o firmware
    """
    from tinyq.api.generation import generate as run

    report = run(model, board, out, optimize=optimize, force=force)
    if as_json:
        common.emit(report.to_json())
    else:
        common.stdout_console(quiet).print(f"Wrote {out}; its README says how to build it.", markup=False)
