"""``tinyq report``: runs as pages for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders that 'tinyq convert' wrote.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="The page to write. Default: report.html in the run, comparison.html of many."
        ),
    ] = None,
    analysis: Annotated[
        list[Path] | None,
        typer.Option("--analysis", help="What 'tinyq analyze --matrix --json' or --mixed printed; repeatable."),
    ] = None,
    force: common.Force = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Write one page that opens offline: a run with all boards on it, or several runs side by side.

    Examples:

      tinyq report out

      tinyq report out_m4 out_m55 -o boards.html

      tinyq analyze digits.keras --data digits.npz --mixed --json > mixed.json && tinyq report out --analysis mixed.json
    """
    from tinyq.api.pages import keep_analysis, make_pages, read_report
    from tinyq.errors import BadInputError

    if analysis and len(runs) != 1:
        raise BadInputError("--analysis is for one run.", "Give the run whose model was analyzed alone.")
    for file in analysis or ():
        keep_analysis(runs[0], file)

    if as_json:
        common.emit("[" + ", ".join(read_report(run).to_json() for run in runs) + "]")
        return
    path = make_pages(runs, out, force)
    common.stdout_console(quiet).print(f"Wrote {path}", markup=False)
