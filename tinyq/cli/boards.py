"""``tinyq boards``: the boards that are known."""

from __future__ import annotations

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("boards")(boards)


def boards(as_json: common.AsJson = False) -> None:
    """List the boards.

    A board is one file; TINYQ_PATH names folders whose boards/ are added.
    """
    from tinyq.api.boards import list_boards
    from tinyq.reporting.console import render_boards

    found = list_boards()
    if as_json:
        common.emit(found.to_json())
    else:
        render_boards(found, common.stdout_console())
