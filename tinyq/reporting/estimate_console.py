"""``tinyq estimate`` as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tinyq.reporting.models import EstimateAdvice, EstimateReport

_STYLES = {"FITS": "green", "TIGHT": "yellow", "TOO BIG": "red"}


def render_estimate(report: EstimateReport, console: Console, fitting: Sequence[str] = ()) -> None:
    """Every part of one board, what sets the peak, and what would shrink it.

    Args:
        report: The estimate.
        console: Where to print.
        fitting: Boards on which it does fit.
    """
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("", "part", "bytes", "how it was obtained", "error"):
        table.add_column(title, justify="right" if title == "bytes" else "left")
    for kind, parts in (("flash", report.flash), ("RAM", report.ram)):
        for part in parts:
            table.add_row(kind, escape(part.name), f"{part.bytes:,}", escape(part.method), escape(part.error))
    if report.stack is not None:
        stack = report.stack
        table.add_row("", stack.name, f"{stack.bytes:,}", escape(stack.method), escape(stack.error))
    console.print(table)
    style = _STYLES[report.verdict]
    console.print(f"{report.board}, {report.runtime} runtime: [{style}]{report.verdict}[/], {escape(_usage(report))}")
    if report.missing:
        console.print(f"Missing: {report.missing}", markup=False)
    if report.unknown:
        console.print(f"Not counted: {', '.join(report.unknown)}", markup=False)
    if report.peak_layers:
        console.print(f"RAM peaks at: {', '.join(report.peak_layers)}", markup=False)
    for each in report.advice:
        console.print(f"Smaller: {_advice(each, bool(report.missing))}", markup=False)
    if report.missing:
        console.print(f"Boards that it fits: {', '.join(fitting) or 'none'}", markup=False)


def render_boards_table(reports: Sequence[EstimateReport], console: Console) -> None:
    """One line for each board."""
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("board", "", "flash", "of", "RAM", "of", "missing", "what would mend it"):
        table.add_column(title, justify="right" if title in ("flash", "of", "RAM") else "left")
    for report in reports:
        mend = next((a.text for a in report.advice if a.fits), "nothing alone" if report.missing else "")
        table.add_row(
            report.board,
            f"[{_STYLES[report.verdict]}]{report.verdict}[/]",
            f"{report.flash_bytes:,}", f"{report.flash_limit:,}", f"{report.ram_bytes:,}", f"{report.ram_limit:,}",
            escape(report.missing), escape(mend),
        )  # fmt: skip
    console.print(table)
    if reports and reports[0].peak_layers:
        console.print(f"RAM peaks at: {', '.join(reports[0].peak_layers)}", markup=False)


def _usage(report: EstimateReport) -> str:
    flash = f"flash {report.flash_bytes:,} of {report.flash_limit:,}"
    return f"{flash}, RAM {report.ram_bytes:,} of {report.ram_limit:,} bytes"


def _advice(advice: EstimateAdvice, short: bool) -> str:
    saved = []
    for count, kind in ((advice.flash_bytes, "flash"), (advice.ram_bytes, "RAM")):
        if count:
            saved.append(f"{abs(count):,} bytes {'less' if count > 0 else 'more'} {kind}")
    enough = "; that alone is enough" if advice.fits else "; not enough alone" if short else ""
    return f"{advice.text}; {', '.join(saved)}{enough}"
