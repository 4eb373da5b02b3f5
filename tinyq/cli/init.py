"""``tinyq init``: a recipe to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("init")(init)


def init(
    model: Annotated[
        Path | None, typer.Argument(help="A float model whose layers are to be listed.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="The YAML file to write.")] = Path("recipe.yaml"),
    trust: common.Trust = False,
    force: common.Force = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Write a commented recipe that says what there is to choose, and changes nothing until it is edited.

    Examples:

      tinyq init

      tinyq init digits.keras -o digits.yaml
    """
    from tinyq.api.starting import init as run

    report = run(out, model, force=force, trust=trust)
    if as_json:
        common.emit(report.to_json())
    else:
        common.stdout_console(quiet).print(f"Wrote {out}. Use it with --recipe {out}.", markup=False)
