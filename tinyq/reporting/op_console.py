"""``tinyq ops`` on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from tinyq.reporting.op_models import OpEntry, OpList

if TYPE_CHECKING:
    from rich.console import Console


def render_ops(ops: OpList, console: Console) -> None:
    """Operators by types; "tflm" where only the official interpreter has them."""
    table = Table("operator", *ops.types, box=box.SIMPLE_HEAD)
    for entry in ops.ops:
        table.add_row(entry.op, *(_cell(entry, dtype) for dtype in ops.types))
    console.print(table)
    console.print("aot: both runtimes; tflm: only with --runtime tflm")


def _cell(entry: OpEntry, dtype: str) -> str:
    if dtype in entry.aot:
        return "[green]aot[/]"
    return "[yellow]tflm[/]" if dtype in entry.tflm else ""
