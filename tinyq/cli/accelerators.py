"""``tinyq accelerators``: what ``tinyq check`` and ``tinyq convert --accelerator`` know."""

from __future__ import annotations

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("accelerators")(accelerators)


def accelerators(as_json: common.AsJson = False) -> None:
    """List the accelerators.

    An accelerator is one file; TINYQ_PATH names folders whose accelerators/ are added.

    Examples:

      tinyq accelerators

      tinyq accelerators --json
    """
    from tinyq.api.checking import list_accelerators
    from tinyq.reporting.check_console import render_accelerators

    found = list_accelerators()
    if as_json:
        common.emit(found.to_json())
    else:
        render_accelerators(found, common.stdout_console())
