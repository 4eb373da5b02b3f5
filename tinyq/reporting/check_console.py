"""Checks and accelerators as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tinyq.reporting.check_models import AcceleratorList, CheckFailure, CheckOp, CheckReport, CheckTensor

_VERDICTS = {
    "complies": "complies",
    "partly": "runs, but not all of it on the accelerator at full speed",
    "unsupported": "cannot run as it is",
    "unknown": "not known",
}
_MARKS = {"accelerator": "#", "software": "s", "unsupported": "x", "unknown": "?"}
_LEGEND = "# accelerator   - slower there   s software   x cannot run   . nothing to compute   ? not known"
_NAMED_TENSORS = 3


def render_accelerators(found: AcceleratorList, console: Console) -> None:
    """The accelerators that are known."""
    table = Table("accelerator", "", "rules", "scheme", "from", box=box.SIMPLE_HEAD)
    for entry in found.accelerators:
        table.add_row(entry.id, escape(entry.title), str(entry.rules), escape(entry.scheme), escape(entry.source))
    console.print(table)


def render_check(report: CheckReport, console: Console) -> None:
    """Placement of every operator, each broken rule with its reason, its source and its mend."""
    table = Table("", "layer", "operator", "placement", "by", title=escape(report.title), box=box.SIMPLE_HEAD)
    for op in report.ops:
        table.add_row(str(op.index), escape(op.layer), op.kind, _placement(op), escape(op.kernel))
        for failure in op.failures:
            table.add_row("", "", "", "", f"[yellow]{escape(_told(failure))}[/]")
        if op.tensors:
            table.add_row("", "", "", "", f"[yellow]{len(op.tensors)} of its tensors break rules, see below.[/]")
    console.print(table)
    _tensors(report.tensors, console)
    for failure in report.failures:
        console.print(f"Model: {_told(failure)}", markup=False)
    _sources(report, console)
    if report.estimate is not None:
        e = report.estimate
        figures = f"{e.cycles:,} cycles, {e.sram_bytes:,} bytes of SRAM, {e.flash_bytes:,} bytes read-only"
        console.print(f"{e.method}: {figures}; error {e.error}", markup=False)
    for command in report.commands:
        console.print(f"Mend with: {command}", markup=False)
    for note in report.notes:
        console.print(f"Note: {note}", markup=False)
    console.print(f"{report.accelerator}: {_VERDICTS[report.verdict]} ({report.method})", markup=False)


def render_matrix(reports: Sequence[CheckReport], console: Console) -> None:
    """Accelerators against layers, one character each."""
    ops = reports[0].ops if reports else ()
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("accelerator")
    table.add_column(_ruler(len(ops)), no_wrap=True)
    for title in ("verdict", "cycles", "rules that are broken"):
        table.add_column(title, justify="right" if title == "cycles" else "left")
    for report in reports:
        cycles = f"{report.estimate.cycles:,}" if report.estimate is not None else ""
        row = "".join(_mark(op) for op in report.ops)
        table.add_row(report.accelerator, escape(row), report.verdict, cycles, ", ".join(_rules(report)))
    console.print(table)
    console.print(_LEGEND, markup=False)
    console.print("Layers: " + ", ".join(f"{op.index} {op.layer}" for op in ops), markup=False)
    methods = sorted({r.estimate.method.split("'")[0] for r in reports if r.estimate is not None})
    if methods:
        console.print(f"Cycles are {', '.join(methods)}'s own estimates; error not measured.", markup=False)
    for note in dict.fromkeys(n for r in reports for n in r.notes if "not installed" in n):
        console.print(f"Note: {note}", markup=False)
    console.print("Reasons and mends: tinyq check MODEL --accelerator NAME", markup=False)


def _placement(op: CheckOp) -> str:
    if op.neutral:
        return "nothing to compute"
    slower = op.placement == "accelerator" and not op.complies
    return "accelerator, slower" if slower else op.placement


def _mark(op: CheckOp) -> str:
    if op.neutral:
        return "."
    return "-" if op.placement == "accelerator" and not op.complies else _MARKS[op.placement]


def _ruler(count: int) -> str:
    """Digits above the layers: 0123456789 again and again."""
    return "".join(str(i % 10) for i in range(count))


def _rules(report: CheckReport) -> list[str]:
    failures = [*report.failures, *(f for op in report.ops for f in op.failures)]
    return sorted({f.rule for f in (*failures, *(f for t in report.tensors for f in t.failures))})


def _told(failure: CheckFailure) -> str:
    detail = f" ({failure.detail})" if failure.detail else ""
    mend = f" Mend: {failure.mend}" if failure.mend else ""
    options = f" [{failure.options}]" if failure.options else ""
    return f"{failure.why}{detail}{mend}{options}"


def _tensors(tensors: Iterable[CheckTensor], console: Console) -> None:
    """Each broken rule with the tensors that break it, and those that are handed over."""
    tensors = tuple(tensors)
    broken: dict[str, list[tuple[CheckTensor, CheckFailure]]] = {}
    for tensor in tensors:
        for failure in tensor.failures:
            broken.setdefault(failure.rule, []).append((tensor, failure))
    for entries in broken.values():
        first = entries[0][1]
        names = ", ".join(
            f"{t.layer or t.name} ({t.role}: {f.detail})" if f.detail else t.layer for t, f in entries[:_NAMED_TENSORS]
        )
        more = f" and {len(entries) - _NAMED_TENSORS} more" if len(entries) > _NAMED_TENSORS else ""
        mend = f" Mend: {first.mend}" if first.mend else ""
        options = f" [{first.options}]" if first.options else ""
        count = f"{len(entries)} of {len(tensors)} tensors"
        console.print(f"{count}: {first.why} {names}{more}.{mend}{options}", markup=False, style="yellow")
    crossing = [t for t in tensors if t.crosses]
    if crossing:
        names = ", ".join(t.layer or t.name for t in crossing[:_NAMED_TENSORS])
        console.print(f"Handed between accelerator and software: {len(crossing)} tensors ({names}).", markup=False)


def _sources(report: CheckReport, console: Console) -> None:
    failures = [*report.failures, *(f for op in report.ops for f in op.failures)]
    failures += [f for t in report.tensors for f in t.failures]
    sources = sorted({f"{f.source} ({f.confidence})" for f in failures})
    if sources:
        console.print(f"Rules from: {'; '.join(sources)}", markup=False)
