"""``tinyq compare`` as a table for people."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tinyq.reporting.compare_models import ComparedLayer, CompareReport


def render_compare(report: CompareReport, console: Console) -> None:
    """One line for each layer."""
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("", "layer", "operator", "output"):
        table.add_column(title, overflow="fold")
    for title in ("differing", "by at most", "SQNR dB", "max error", "instructions"):
        table.add_column(title, justify="right")
    for layer in report.layers:
        table.add_row(*_cells(layer), style="red" if layer.arises else "yellow" if layer.differing else None)
    console.print(table)
    console.print(
        f"{report.board} ({report.core}), {report.runtime} runtime under {report.emulator}; "
        f"{report.samples} samples, {report.samples_from}. Differing: target against TFLM's host interpreter. "
        "SQNR and error: quantized against float, on the host.",
        markup=False,
    )
    for note in report.notes:
        console.print(f"Note: {note}", markup=False)
    for layer in report.layers:
        if layer.arises and layer.first is not None:
            at = ", ".join(map(str, layer.first.index))
            console.print(
                f"Layer {layer.index} ({layer.name}, {layer.kernel}) differs although its inputs are equal: sample "
                f"{layer.first.sample}, output [{at}] is {layer.first.target:g} instead of {layer.first.host:g}.",
                markup=False,
            )
    if report.first_differing is None:
        console.print(f"All {len(report.layers)} layers equal TFLM's host interpreter, bit for bit.")


def _cells(layer: ComparedLayer) -> list[str]:
    shape = "x".join(map(str, layer.output_shape))
    if layer.channels_left_out:
        shape += f" (-{layer.channels_left_out})"
    real = layer.float_
    return [
        str(layer.index),
        escape(layer.name),
        layer.op,
        shape,
        f"{layer.differing:,} of {layer.elements:,}",
        "no number" if layer.max_difference is None else f"{layer.max_difference:g}" if layer.differing else "",
        "" if real is None else "exact" if real.sqnr_db is None else f"{real.sqnr_db:.1f}",
        "" if real is None else f"{real.max_error:.3g}",
        f"{layer.instructions:,}" if layer.instructions else "not measured",
    ]
