"""``tinyq sweep`` as a table for people."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tinyq.reporting.sweep_models import SweepReport


def render_sweep(report: SweepReport, console: Console) -> None:
    """One line for each combination."""
    table = Table("model", "recipe", "board", box=box.SIMPLE_HEAD)
    for title in ("float", "target", "bit-exact", "instructions", "arena", "flash", "RAM"):
        table.add_column(title, justify="right")
    for row in report.rows:
        where = (escape(row.model), escape(row.recipe.rsplit("/", 1)[-1]), row.board)
        if row.error:
            table.add_row(*where, escape(row.error), style="red")
            continue
        exact = {True: "yes", False: "NO", None: ""}[row.bit_exact]
        counts = [row.instructions, row.arena_bytes, row.flash_bytes, row.ram_bytes]
        shown = [f"{count:,}" if count is not None else "" for count in counts]
        table.add_row(*where, _score(row.float_), _score(row.target), exact, *shown)
    console.print(table)
    reused = sum(row.reused for row in report.rows)
    if reused:
        console.print(f"{reused} of {len(report.rows)} were finished before.")


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
