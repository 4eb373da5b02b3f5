"""``tinyq sweep``: models x recipes x boards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("sweep")(sweep)


def sweep(
    models: Annotated[list[Path], typer.Argument(help="Models, as for convert.", show_default=False)],
    data: Annotated[str, typer.Option("--data", help="Samples, as for convert.", show_default=False)],
    boards: Annotated[list[str], typer.Option("--board", help="A board; repeatable.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="A folder for the runs.", show_default=False)],
    recipes: Annotated[
        list[str] | None, typer.Option("--recipe", help="A scheme or a recipe file; repeatable.", show_default="w8a8")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", min=0, help="To run on the target; 0 leaves it out.")] = 100,
    calibrator: common.Calibrator = None,
    seed: common.Seed = 0,
    trust: common.Trust = False,
    emulator: Annotated[str | None, typer.Option("--emulator", help="As for test.", show_default=False)] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Combinations at once.")] = 2,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Address of a Dask scheduler whose workers take over.")
    ] = None,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Convert and test every combination of models, recipes and boards; an interrupted sweep goes on where it was.

    Examples:

      tinyq sweep kws.keras --data kws.npz --recipe w8a8 --recipe w4a8 --board mps2-an386 --board mps3-an547 -o runs
    """
    from tinyq.api.sweep import SweepSettings
    from tinyq.api.sweep import sweep as run
    from tinyq.errors import FailedError
    from tinyq.reporting.sweep_console import render_sweep

    settings = SweepSettings(
        models=tuple(models),
        data=data,
        recipes=tuple(recipes or ["w8a8"]),
        boards=tuple(boards),
        out=out,
        samples=samples,
        calibrator=calibrator,
        seed=seed,
        trust=trust,
        emulator=emulator,
        jobs=jobs,
        scheduler=scheduler,
    )
    with common.progress(quiet or as_json) as progress:
        report = run(settings, progress)
    if as_json:
        common.emit(report.to_json())
    else:
        render_sweep(report, common.stdout_console(quiet))
    if report.failed:
        raise FailedError(
            f"{len(report.failed)} of {len(report.rows)} combinations failed.",
            "The table says why; the others are done.",
        )
