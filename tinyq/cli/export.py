"""``tinyq export``: the model's code for other build systems."""

from __future__ import annotations

from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    run: common.Run,
    form: Annotated[
        str,
        typer.Option("--format", help="bare, cmake, arduino, platformio, zephyr or cmsis-pack.", show_default=False),
    ],
    out: common.Out,
    name: Annotated[str | None, typer.Option("--name", help="Of the model.", show_default="that of its file")] = None,
    force: common.Force = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Write the code of a converted model in the form that another build system takes.

    Examples:

      tinyq export out --format arduino -o Digits

      tinyq export out --format zephyr --name digits -o modules/digits
    """
    from tinyq.api.exporting import export as run_export

    report = run_export(run, form, out, name=name, force=force)
    if as_json:
        common.emit(report.to_json())
    else:
        common.stdout_console(quiet).print(f"Wrote {out}", markup=False)
