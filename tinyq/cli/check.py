"""``tinyq check``: which operators an accelerator runs, and why not the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("check")(check)
    app.command("accelerators")(accelerators)


def check(
    model: Annotated[Path, typer.Argument(help="A quantized .tflite file.", show_default=False)],
    accelerator: Annotated[
        list[str] | None,
        typer.Option("--accelerator", "-a", help="Accelerators to check against.", show_default="cmsis-nn"),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Check against all accelerators.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if any operator does not comply.")] = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Say for every operator whether the accelerator runs it, and if not, which rules it breaks.

    Examples:

      tinyq check model_int8.tflite

      tinyq check model_int8.tflite --accelerator ethos-u55-128 --strict
    """
    from tinyq.api.checking import check as run
    from tinyq.errors import ShortfallError
    from tinyq.reporting.console import render_checks
    from tinyq.reporting.models import CheckList

    reports = run(model, () if every else tuple(accelerator or ["cmsis-nn"]))
    if as_json:
        common.emit(CheckList(checks=reports).to_json())
    else:
        render_checks(reports, common.stdout_console(quiet))
    failing = [r.accelerator for r in reports if not r.complies]
    if strict and failing:
        raise ShortfallError(
            f"The model does not comply with {', '.join(failing)}.", "The table above names each rule and its mend."
        )


def accelerators(as_json: common.AsJson = False) -> None:
    """List the accelerators.

    An accelerator is one file; TINYQ_PATH names folders whose accelerators/ are added.
    """
    from tinyq.api.checking import list_accelerators
    from tinyq.reporting.console import render_accelerators

    found = list_accelerators()
    if as_json:
        common.emit(found.to_json())
    else:
        render_accelerators(found, common.stdout_console())
