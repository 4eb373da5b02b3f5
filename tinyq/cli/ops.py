"""``tinyq ops``: the operators that the runtimes have."""

from __future__ import annotations

from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("ops")(ops)


def ops(
    as_json: common.AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/ops.md.")] = False,
) -> None:
    """List operators by the types of their data, and which runtime has them.

    Examples:

        tinyq ops

        tinyq ops --json
    """
    from tinyq.api.ops import list_ops, ops_page
    from tinyq.reporting.op_console import render_ops

    if markdown:
        typer.echo(ops_page(), nl=False)
    elif as_json:
        common.emit(list_ops().to_json())
    else:
        render_ops(list_ops(), common.stdout_console())
