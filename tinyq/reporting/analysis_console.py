"""Analyses as tables for people."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tinyq.reporting.analysis_models import (
    AnalysisReport,
    DiagnosisReport,
    DifferenceReport,
    MatrixReport,
    MeasuredReport,
    MixedReport,
)

_BARS = " ▁▂▃▄▅▆▇█"
_COLUMNS = 16
_SMALLEST_SHARE = 1e-4
_NOT_MEASURED = "not measured"


def render_analysis(report: AnalysisReport, console: Console) -> None:
    """Everything that an analysis holds."""
    if report.layers:
        console.print(_layers(report))
        console.print(_channels(report))
    if report.diagnosis is not None:
        console.print(_steps(report))
        _diagnosis(report, report.diagnosis, console)
    if report.matrix is not None:
        for table in _matrix(report, report.matrix):
            console.print(table)
    if report.mixed is not None:
        console.print(_mixed(report, report.mixed))
        _choice(report, report.mixed, console)
    if report.float_score is not None and report.diagnosis is None:
        own = MeasuredReport(error=0.0, score=report.float_score)
        console.print(f"The float model: {report.metric} {_both(report, own)[1]}", markup=False)
    how = "" if report.matrix is not None else f" ({report.calibrator})"
    console.print(
        f"Calibrated{how} on {report.calibration_samples:,} samples; layers measured on "
        f"{report.layer_samples:,}, whole models on {report.model_samples:,}; {report.method}.",
        markup=False,
    )
    for note in report.notes:
        console.print(f"Note: {note}", markup=False)


def _layers(report: AnalysisReport) -> Table:
    title = "Quantized against float, in the whole model and of the layer alone"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1, 0, 0))
    for name in (
        "",
        "layer",
        "SQNR dB",
        "cosine",
        "max error",
        "clipped",
        "unused",
        "alone: dB",
        "output error",
        "values",
    ):
        table.add_column(name, justify="left" if name in ("layer", "values") else "right", no_wrap=name == "values")
    names = [layer.layer for layer in report.layers]
    for layer in report.layers:
        c, alone = layer.cumulative, layer.isolated
        table.add_row(
            str(layer.index),
            escape(layer.layer if layer.weight_bits or names.count(layer.layer) == 1 else f"{layer.layer} {layer.op}"),
            _decibels(c),
            f"{c.cosine:.4f}" if c is not None else "",
            f"{c.max_error:.3g}" if c is not None else "",
            _share(c.clipped) if c is not None else "",
            _share(c.unused) if c is not None else "",
            _decibels(alone),
            f"{layer.output_error:.2g}" if layer.output_error is not None else "",
            _bars(c),
        )
    return table


def _channels(report: AnalysisReport) -> Table:
    table = Table(title="Channels, most uneven first", box=box.SIMPLE_HEAD, title_justify="left")
    for name in ("layer", "weights: widest / narrowest", "dead", "outputs: mean / whole range", "whole / 99.99 %"):
        table.add_column(name, justify="left" if name == "layer" else "right")
    known = [(layer, layer.channels) for layer in report.layers if layer.channels is not None]
    for layer, channels in sorted(known, key=lambda pair: -pair[1].ratio):
        table.add_row(
            escape(layer.layer),
            f"{channels.ratio:,.1f}",
            str(channels.dead),
            f"{channels.evenness:.0%}",
            f"{channels.tail:.2f}",
        )
    return table


def _steps(report: AnalysisReport) -> Table:
    table = Table("step", "question", "output error", box=box.SIMPLE_HEAD)
    table.add_column(report.metric or "score", justify="right")
    table.add_column("")
    for step in report.steps:
        fine = "[green]fine[/]" if step.measured is not None else ""
        table.add_row(step.name, step.question, *_both(report, step.measured), "[red]lost[/]" if step.fails else fine)
    return table


def _diagnosis(report: AnalysisReport, diagnosis: DiagnosisReport, console: Console) -> None:
    if diagnosis.mends:
        table = Table("tried", "output error", report.metric or "score", "", box=box.SIMPLE_HEAD)
        for index, mend in enumerate(diagnosis.mends):
            advised = "advised" if index == diagnosis.advice else ""
            table.add_row(escape(mend.name), *_both(report, mend.measured), advised)
        console.print(table)
    console.print(diagnosis.summary, markup=False)
    if diagnosis.advice is not None:
        advice = diagnosis.mends[diagnosis.advice]
        _command(advice.command, advice.recipe, console)


def _matrix(report: AnalysisReport, matrix: MatrixReport) -> list[Table]:
    tables = []
    for scheme in dict.fromkeys(c.scheme for c in matrix.cells):
        cells = [c for c in matrix.cells if c.scheme == scheme]
        columns = list(dict.fromkeys(c.transforms for c in cells))
        best = min((c.measured.error for c in cells if c.measured is not None), default=None)
        score = f" / {report.metric}" if report.metric else ""
        table = Table(title=f"{scheme}: output error{score}", box=box.SIMPLE_HEAD, title_justify="left")
        table.add_column("calibrator")
        for column in columns:
            table.add_column(" + ".join(column) or "no transform", justify="right")
        for name in dict.fromkeys(c.calibrator for c in cells):
            row = []
            for column in columns:
                cell = next(c for c in cells if (c.calibrator, c.transforms) == (name, column))
                text = " / ".join(t for t in _both(report, cell.measured) if t)
                row.append(f"[bold]{text}[/]" if cell.measured is not None and cell.measured.error == best else text)
            table.add_row(escape(name), *row)
        tables.append(table)
    baseline = Table("TensorFlow's converter (w8a8)", box=box.SIMPLE_HEAD)
    baseline.add_row(" / ".join(t for t in _both(report, matrix.stock) if t))
    return [*tables, baseline]


def _mixed(report: AnalysisReport, mixed: MixedReport) -> Table:
    table = Table(title="Bit widths, by what they cost", box=box.SIMPLE_HEAD, title_justify="left")
    for name in (
        "flash",
        "RAM",
        "cost",
        "output error",
        report.metric or "score",
        "4-bit weights",
        "int16 activations",
        "",
    ):
        table.add_column(name, justify="left" if name in ("4-bit weights", "int16 activations", "") else "right")
    order = sorted(range(len(mixed.points)), key=lambda k: (mixed.points[k].flash, mixed.points[k].ram))
    for index in order:
        point = mixed.points[index]
        if not (point.efficient or index in (mixed.base, mixed.chosen)):
            continue
        mark = {mixed.chosen: "[green]chosen[/]", mixed.base: "8 bits"}.get(index, "")
        table.add_row(
            f"{point.flash:,}", f"{point.ram:,}", f"{point.cost:,}", *_both(report, point.measured),
            _listed(point.four_bit_weights), _listed(point.sixteen_bit_activations), mark,
        )  # fmt: skip
    return table


def _choice(report: AnalysisReport, mixed: MixedReport, console: Console) -> None:
    for name, method in mixed.methods.items():
        console.print(f"{name}: {method}", markup=False)
    if mixed.chosen is None:
        return
    error, score = _both(report, mixed.verified)
    console.print(f"The choice under TFLM's host interpreter: output error {error}{', ' if score else ''}{score}")
    _command(mixed.command, mixed.recipe, console)


def _command(command: str, recipe: str | None, console: Console) -> None:
    console.print(f"Run: {command}", markup=False, soft_wrap=True)
    if recipe is not None:
        console.print("with this recipe (--write-recipe writes it):", markup=False)
        console.print(recipe, markup=False, soft_wrap=True)


def _both(report: AnalysisReport, measured: MeasuredReport | None) -> tuple[str, str]:
    """Error and score as text."""
    if measured is None:
        return _NOT_MEASURED, ""
    if measured.score is None:
        return f"{measured.error:.2g}", ""
    return f"{measured.error:.2g}", f"{measured.score:.2%}" if report.metric_is_fraction else f"{measured.score:.4g}"


def _decibels(found: DifferenceReport | None) -> str:
    if found is None:
        return ""
    return f"{found.sqnr_db:.1f}" if found.sqnr_db is not None else "exact" if found.max_error == 0 else ""


def _share(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2%}" if value >= _SMALLEST_SHARE or not value else f"<{_SMALLEST_SHARE:.2%}"


def _bars(found: DifferenceReport | None) -> str:
    """The quantized values' histogram over the range, in few columns, by the square root of the counts."""
    if found is None or found.histogram is None:
        return ""
    counts = found.histogram.quantized_counts
    each = max(1, len(counts) // _COLUMNS)
    sums = [sum(counts[k : k + each]) ** 0.5 for k in range(0, len(counts), each)]
    most = max(sums, default=0.0)
    # whatever is there shows
    return "".join(_BARS[min(8, int(s / most * 7.99) + 1)] if s else _BARS[0] for s in sums) if most else ""


def _listed(names: tuple[str, ...]) -> str:
    if len(names) <= 2:
        return escape(", ".join(names))
    return f"{len(names)} layers"
