"""``tinyq guard`` as a table for people."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tinyq.reporting.guard_models import GuardReport


def render_guard(report: GuardReport, console: Console) -> None:
    """One line for each figure."""
    table = Table(escape(report.board), box=box.SIMPLE_HEAD)
    for title in ("now", "baseline", "allowed"):
        table.add_column(title, justify="right")
    table.add_column("")
    for line in report.lines:
        verdict = "ok" if line.passed else escape(line.reason)
        style = None if line.passed else "red"
        row = (_number(line.value), _number(line.baseline), _number(line.limit))
        table.add_row(escape(line.name), *row, verdict, style=style)
    console.print(table)
    if report.model_changed:
        console.print("Note: The integer model is not the one that the baseline was measured on.")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"
