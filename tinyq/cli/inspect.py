"""``tinyq inspect``: what is in a model."""

from __future__ import annotations

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("inspect")(inspect)


def inspect(
    model: common.Model,
    trust: common.Trust = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Show the layers of a model: shapes, types, quantization, sizes and multiply-accumulates.

    Examples:

      tinyq inspect digits.keras

      tinyq inspect someone_elses.tflite --json
    """
    from tinyq.api.inspection import inspect as run
    from tinyq.reporting.inspect_console import render_inspect

    report = run(model, trust)
    if as_json:
        common.emit(report.to_json())
    else:
        render_inspect(report, common.stdout_console(quiet))
