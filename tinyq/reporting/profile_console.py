"""``tinyq profile`` as a table for people."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tinyq.reporting.profile_models import ProfiledLayer, ProfileReport, ProfileTotals

_COLUMNS = ("MACs", "instructions", "/MAC", "share", "cycles", "/MAC", "touched", "moved")
_LAYER_WIDTH, _KERNEL_WIDTH = 17, 20


def render_profile(report: ProfileReport, console: Console) -> None:
    """One line for each layer, their sum, and how the numbers were obtained."""
    console.print(
        f"One inference on {report.board} ({report.core}), {report.runtime} runtime under {report.emulator}; input: "
        f"{report.sample_from}",
        markup=False,
    )
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("", justify="right", min_width=2)
    table.add_column("layer", no_wrap=True, max_width=_LAYER_WIDTH, overflow="ellipsis")
    table.add_column("kernel", no_wrap=True, max_width=_KERNEL_WIDTH, overflow="ellipsis")
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for layer in report.layers:
        row = _numbers(layer, report.total.instructions, _count(layer.bytes_touched))
        table.add_row(str(layer.index), escape(layer.name), escape(_function(layer)), *row)
    table.add_section()
    table.add_row("", "sum", "", *_numbers(report.total, report.total.instructions, ""))
    console.print(table)
    error = f" Error: {report.cycles_error}." if report.cycles_error else ""
    for line in (
        f"Instructions: {report.instructions_method}.",
        f"Cycles: {report.cycles_method}.{error}",
        "Bytes: touched are inputs, outputs, weights and biases, once; moved is what all instructions load and store.",
    ):
        console.print(line, markup=False)


def _function(layer: ProfiledLayer) -> str:
    """The kernel's name without what is the same in all of them."""
    return layer.kernel.split(" (")[0].removeprefix("tq_").removeprefix("TFLM's kernel of ")


def _numbers(of: ProfiledLayer | ProfileTotals, all_instructions: int, touched: str) -> tuple[str, ...]:
    share = f"{100 * of.instructions / all_instructions:.1f}%" if all_instructions else ""
    moved = of.bytes_loaded + of.bytes_stored if of.bytes_loaded is not None and of.bytes_stored is not None else None
    return (
        _count(of.macs) if of.macs else "",
        _count(of.instructions),
        _ratio(of.instructions_per_mac),
        share,
        _count(of.cycles),
        _ratio(of.cycles_per_mac),
        touched,
        _count(moved),
    )


def _count(value: int | None) -> str:
    return f"{value:,}" if value is not None else "-"


def _ratio(value: float | None) -> str:
    return f"{value:.2f}" if value is not None else ""
