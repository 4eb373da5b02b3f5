"""``tinyq estimate``: flash and RAM before the build."""

from __future__ import annotations

from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("estimate")(estimate)


def estimate(
    model: common.Model,
    board: Annotated[str | None, typer.Option("--board", help="One board; all of them if left out.")] = None,
    runtime: common.Runtime = "aot",
    optimize: common.Optimize = "balanced",
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if the board named is too small.")] = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Say how much flash and RAM a quantized model needs, and on which boards it fits.

    Examples:

      tinyq estimate model_int8.tflite

      tinyq estimate model_int8.tflite --board microbit --runtime tflm
    """
    from tinyq.api.estimation import estimate as run
    from tinyq.errors import ShortfallError
    from tinyq.reporting.console import render_estimates
    from tinyq.reporting.models import EstimateList

    reports = run(model, board, runtime, optimize)
    if as_json:
        common.emit(EstimateList(estimates=reports).to_json())
    else:
        render_estimates(reports, detail=board is not None, console=common.stdout_console(quiet))
    if strict and board is not None and reports[0].missing:
        raise ShortfallError(f"The model does not fit on {board}: {reports[0].missing}.", "Choose a larger board.")
