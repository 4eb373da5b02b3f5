"""``tinyq guard``: hold a tested run against limits and an earlier one, for CI."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("guard")(guard)


def guard(
    run: common.Run,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", help="File with an earlier run's figures; written if it is not there."),
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Write the baseline anew.")] = False,
    drift: Annotated[
        float, typer.Option("--drift", min=0.0, help="How much worse than the baseline counts may be, in percent.")
    ] = 0.0,
    accuracy_drift: Annotated[
        float, typer.Option("--accuracy-drift", min=0.0, help="The same of the metric, in its own unit.")
    ] = 0.0,
    min_accuracy: Annotated[float | None, typer.Option("--min-accuracy", help="Of the metric on the target.")] = None,
    max_instructions: Annotated[int | None, typer.Option("--max-instructions", help="Of one inference.")] = None,
    max_flash: Annotated[int | None, typer.Option("--max-flash", help="Bytes of the ELF in flash.")] = None,
    max_ram: Annotated[int | None, typer.Option("--max-ram", help="Bytes of the ELF in RAM.")] = None,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Judge what 'tinyq test' measured; exit 3 if anything is worse than it may be.

    Examples:

      tinyq guard out --min-accuracy 0.9 --max-flash 65536

      tinyq guard out --baseline baseline.json --drift 1
    """
    from tinyq.api.guard import Limits
    from tinyq.api.guard import guard as judge
    from tinyq.reporting.guard_console import render_guard

    limits = Limits(min_accuracy, max_instructions, max_flash, max_ram, drift / 100, accuracy_drift)
    report = judge(run, limits, baseline, update)
    if as_json:
        common.emit(report.to_json())
    else:
        render_guard(report, common.stdout_console(quiet))
    report.require()
