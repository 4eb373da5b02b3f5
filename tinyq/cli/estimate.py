"""``tinyq estimate``: flash, RAM and stack before anything is flashed."""

from __future__ import annotations

from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("estimate")(estimate)


def estimate(
    model: common.Model,
    board: Annotated[str | None, typer.Option("--board", help="One board; all of them if left out.")] = None,
    all_boards: Annotated[bool, typer.Option("--all-boards", help="A line for every board.")] = False,
    runtime: common.Runtime = "aot",
    tflm_kernels: common.TflmKernels = "",
    build: Annotated[
        bool | None,
        typer.Option(
            "--build/--no-build",
            help="Build the program for its sizes, or take them from tables.",
            show_default="tables where they know the engine",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if the board named is too small.")] = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Say how much flash, RAM and stack a quantized model needs, and on which boards it fits.

    Every number says how it was obtained and how far off it can be. TIGHT means that less than 5 % of a memory is left.

    Examples:

      tinyq estimate model_int8.tflite

      tinyq estimate model_int8.tflite --board microbit --runtime tflm
    """
    from tinyq.api.estimation import estimate as run
    from tinyq.errors import BadInputError, ShortfallError
    from tinyq.reporting.estimate_console import render_boards_table, render_estimate
    from tinyq.reporting.models import EstimateList

    if board is not None and all_boards:
        raise BadInputError("--board and --all-boards exclude each other.", "Give one of them.")
    reports = run(model, board, runtime, tflm_kernels=tflm_kernels, build=build)
    if as_json:
        common.emit(EstimateList(estimates=reports).to_json())
    elif board is None:
        render_boards_table(reports, common.stdout_console(quiet))
    else:
        fitting: list[str] = []
        if reports[0].missing:
            everywhere = run(model, None, runtime, tflm_kernels=tflm_kernels, build=build)
            able = [r for r in everywhere if not r.missing]
            fitting = [r.board for r in sorted(able, key=lambda r: (r.ram_limit, r.flash_limit))]
        render_estimate(reports[0], common.stdout_console(quiet), fitting)
    if strict and board is not None and reports[0].missing:
        raise ShortfallError(f"The model does not fit on {board}: {reports[0].missing}.", "Choose a larger board.")
