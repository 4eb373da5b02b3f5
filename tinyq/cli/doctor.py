"""``tinyq doctor``: the external tools, found or not."""

from __future__ import annotations

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(as_json: common.AsJson = False) -> None:
    """Say which tools and packages are installed, and how to get those that are not."""
    from tinyq.api.doctor import examine
    from tinyq.reporting.console import render_doctor

    report = examine()
    if as_json:
        common.emit(report.to_json())
    else:
        render_doctor(report, common.stdout_console())
