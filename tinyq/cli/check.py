"""``tinyq check``: which operators and tensors an accelerator takes, and why not the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(
    model: Annotated[Path, typer.Argument(help="A quantized .tflite file.", show_default=False)],
    accelerator: Annotated[
        list[str] | None,
        typer.Option(
            "--accelerator", "-a", help="An accelerator; repeatable. See 'tinyq accelerators'.", show_default="cmsis-nn"
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All accelerators, as a matrix against the layers.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if anything does not comply.")] = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Say for every operator and tensor where it runs, and which rules it breaks, from where, and what mends it.

    Examples:

      tinyq check model_int8.tflite

      tinyq check model_int8.tflite --accelerator ethos-u55-128 --strict

      tinyq check model_int8.tflite --all
    """
    from tinyq.api.checking import check as run
    from tinyq.api.checking import require_compliance
    from tinyq.reporting.check_console import render_check, render_matrix
    from tinyq.reporting.check_models import CheckList

    with common.progress(quiet or as_json) as progress:
        reports = run(model, () if every else tuple(accelerator or ["cmsis-nn"]), progress)
    console = common.stdout_console(quiet)
    if as_json:
        common.emit(CheckList(checks=reports).to_json())
    elif every:
        render_matrix(reports, console)
    else:
        for report in reports:
            render_check(report, console)
    if strict:
        require_compliance(reports)
