"""Reports as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tinyq.reporting.models import (
    AccelerationReport,
    BoardList,
    BuildReport,
    ConvertReport,
    DoctorReport,
    EstimateReport,
    QuantizeReport,
    Scores,
    TestReport,
    TrialReport,
)

_NOT_MEASURED = "not measured"


def render_convert(report: ConvertReport, out: Path, console: Console) -> None:
    """What a conversion gave, and what to do next."""
    table = _facts()
    folded = report.deployed_macs is not None and report.deployed_macs < report.macs
    left = f" ({report.deployed_macs:,} without channels that never matter)" if folded else ""
    table.add_row("model", f"{escape(report.model)}: {report.macs:,} MACs{left}, {report.model_bytes:,} bytes in int8")
    calibration = f"{report.calibrator}, {report.calibration_samples} samples" if report.calibrator else "as given"
    table.add_row("quantization", f"{report.quantizer}, {calibration}")
    _scores(table, report.metric, report.score, report.accuracy, with_target=False)
    if report.evaluation_samples:
        table.add_row("evaluated on", f"{report.evaluation_samples:,} unseen samples (seed {report.seed})")
    table.add_row("arena", f"{report.arena_bytes:,} bytes (lower bound {report.arena_lower_bound:,})")
    estimate = report.estimate
    table.add_row(estimate.board, f"{estimate.verdict}: {_usage(estimate)}")
    if report.acceleration is not None:
        table.add_row(report.acceleration.accelerator, _acceleration(report.acceleration, out))
    console.print(table)
    render_trials(report.trials, console)
    for note in report.notes:
        console.print(f"Note: {note}", markup=False)
    console.print(f"Wrote {out}. Next: tinyq test {out}", markup=False)


def render_quantize(report: QuantizeReport, detail: bool, console: Console) -> None:
    """What a quantization gave; with ``detail`` what each layer got."""
    if detail and report.layers:
        table = Table("", "layer", "operator", "activations", "weights", "granularity", "scales", box=box.SIMPLE_HEAD)
        for layer in report.layers:
            granularity = {True: "per channel", False: "per tensor", None: ""}[layer.per_channel]
            bits = f"int{layer.weight_bits}" if layer.weight_bits else ""
            row = (str(layer.index), escape(layer.layer), layer.op, layer.activations, bits, granularity, layer.scales)
            table.add_row(*row)
        console.print(table)
    render_trials(report.trials, console)
    calibration = f"{report.calibrator}, {report.calibration_samples} samples" if report.calibrator else "as given"
    console.print(f"{report.file}: {report.model_bytes:,} bytes, {report.quantizer}, {calibration}", markup=False)
    for note in report.notes:
        console.print(f"Note: {note}", markup=False)


def render_trials(trials: Sequence[TrialReport], console: Console) -> None:
    """What was tried, calibrators best first."""
    if not trials:
        return
    table = Table("tried", "", "output error before", "after", "", box=box.SIMPLE_HEAD)
    order = ("transform", "calibrator", "refinement")
    for trial in sorted(trials, key=lambda t: (order.index(t.kind), t.after if t.kind == "calibrator" else 0.0)):
        before = f"{trial.before:.3g}" if trial.before is not None else ""
        table.add_row(trial.kind, escape(trial.name), before, f"{trial.after:.3g}", "kept" if trial.kept else "")
    console.print(table)


def render_build(report: BuildReport, console: Console) -> None:
    """Sizes of an ELF."""
    table = _facts()
    table.add_row("ELF", escape(report.elf))
    _sizes(table, report)
    console.print(table)


def render_test(report: TestReport, console: Console) -> None:
    """What the target computed, beside the host."""
    table = _facts()
    table.add_row("board", f"{report.board} ({report.core}), {report.runtime} runtime under {report.emulator}")
    if report.machine:
        table.add_row("machine", report.machine)
    table.add_row("samples", f"{report.samples:,}, {report.samples_from}")
    _scores(table, report.metric, report.score, report.accuracy, with_target=True)
    exact = report.bit_exact
    table.add_row("bit-exact", f"{exact.equal:,} of {exact.total:,} outputs equal {report.reference}")
    counts = report.instructions
    spread = f" ({counts.min:,} to {counts.max:,})" if counts.min != counts.max else ""
    table.add_row("instructions", f"{counts.median:,} per inference{spread}" if counts.max else _NOT_MEASURED)
    table.add_row("arena", f"{report.arena_bytes:,} bytes")
    table.add_row("stack", f"{report.stack_bytes:,} bytes at most")
    _sizes(table, report)
    console.print(table)


def render_boards(boards: BoardList, console: Console) -> None:
    """The boards that are known."""
    table = Table("board", "core", "flash", "RAM", "", box=box.SIMPLE_HEAD)
    for board in boards.boards:
        table.add_row(board.id, board.core, f"{board.flash_bytes:,}", f"{board.ram_bytes:,}", escape(board.title))
    console.print(table)


def render_doctor(report: DoctorReport, console: Console) -> None:
    """Tools and packages, found or not."""
    table = Table("", "tool", "version", "what for", "how to get it", box=box.SIMPLE_HEAD)
    for entry in report.entries:
        mark = "[green]found[/]" if entry.found else "[yellow]missing[/]"
        hint = "" if entry.found else escape(entry.how_to_get)
        table.add_row(mark, entry.name, escape(entry.version), entry.purpose, hint)
    console.print(f"Python {report.python}")
    console.print(table)


def _acceleration(report: AccelerationReport, out: Path) -> str:
    share = f"{report.at_full_speed} of {report.operators} operators at full speed"
    cycles = f", {report.cycles:,} cycles by {report.method}" if report.cycles is not None else ""
    return escape(f"{report.verdict}: {share}{cycles}; reasons and mends in {out / 'check.json'}")


def _facts() -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    return table


def _scores(table: Table, metric: str, score: Scores, accuracy: Scores, with_target: bool) -> None:
    if metric == "none":
        table.add_row("accuracy", f"{_NOT_MEASURED}: no labelled data")
        return
    percent = accuracy.host is not None or accuracy.target is not None

    def show(value: float | None) -> str:
        if value is None:
            return _NOT_MEASURED
        return f"{value:.2%}" if percent else f"{value:.6g}"

    table.add_row(f"{metric} float", show(score.float_))
    table.add_row(f"{metric} int8 on host", show(score.host))
    if with_target:
        table.add_row(f"{metric} on target", show(score.target))


def _sizes(table: Table, report: TestReport | BuildReport) -> None:
    sizes = report.sizes
    table.add_row(
        "flash",
        f"{report.flash_bytes:,} bytes: engine and calls {sizes.engine_code:,}, model {sizes.model:,}, "
        f"harness {sizes.harness:,}",
    )
    table.add_row("RAM", f"{report.ram_bytes:,} bytes, {sizes.static_ram:,} of them static beside arena and stack")


def _usage(report: EstimateReport) -> str:
    flash = f"flash {report.flash_bytes:,} of {report.flash_limit:,}"
    ram = f"RAM {report.ram_bytes:,} of {report.ram_limit:,} bytes"
    text = f"{flash}, {ram}"
    return f"{text}; {report.missing}" if report.missing else text
