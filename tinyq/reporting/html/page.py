"""A run as one page, and several runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from tinyq import resources
from tinyq.reporting.html import charts
from tinyq.reporting.html.findings import Findings, efficient_points, layer_rows, ranked_cells
from tinyq.reporting.models import ConvertReport, EstimateReport

if TYPE_CHECKING:
    from jinja2 import Environment

_MOST_HISTOGRAMS = 60
_MOST_CELLS = 20
_NOTHING = Findings()


@dataclass(frozen=True)
class Verdict:
    """One statement on top of a page: what, how good, and whether it is good at all (None: nothing to judge)."""

    title: str
    value: str
    detail: str
    good: bool | None


def render_run(
    report: ConvertReport, estimates: Sequence[EstimateReport], version: str, findings: Findings = _NOTHING
) -> str:
    """The page of one run.

    Args:
        report: What ``convert`` and ``test`` found.
        estimates: Of the same model on the boards that are to be shown.
        version: Of tinyq.
        findings: What other commands found about the run.
    """
    from markupsafe import Markup

    ranked = ranked_cells(findings.matrix) if findings.matrix is not None else []
    mixed = findings.mixed.mixed if findings.mixed is not None else None
    tried = [t for t in report.trials if t.kind == "calibrator"]
    shown = report.activations[:_MOST_HISTOGRAMS]
    drawings = {
        "footprints": charts.footprints(estimates) if estimates else "",
        "plan": charts.memory_plan(report.plan) if report.plan is not None else "",
        "calibrators": charts.calibrators(tried) if tried else "",
        "confusion": charts.confusion(report.test.confusion) if report.test and report.test.confusion else "",
        "cells": charts.cells(ranked[:_MOST_CELLS]) if ranked else "",
        "bit_widths": charts.bit_widths(mixed) if mixed is not None else "",
    }
    values = {
        "report": report,
        "verdicts": verdicts(report),
        "estimates": estimates,
        "drawings": {name: Markup(svg) for name, svg in drawings.items()},  # noqa: S704 - Matplotlib escapes texts
        "histograms": [Markup(charts.activation(n, a)) for n, a in enumerate(shown)],  # noqa: S704
        "hidden_histograms": len(report.activations) - len(shown),
        "version": version,
        "findings": findings,
        "rows": layer_rows(report, findings),
        "cells": ranked,
        "hidden_cells": max(0, len(ranked) - _MOST_CELLS),
        "points": efficient_points(findings.mixed) if findings.mixed is not None else [],
    }
    return _environment(_folders()).get_template("report/run.html.jinja").render(values)


def render_comparison(runs: Sequence[tuple[str, ConvertReport]], version: str) -> str:
    """Several runs side by side.

    Args:
        runs: Name and report of each.
        version: Of tinyq.
    """
    from markupsafe import Markup

    names = [name for name, _ in runs]
    measured: list[tuple[str, list[float]]] = [
        ("flash", [float(r.test.flash_bytes if r.test else r.estimate.flash_bytes) for _, r in runs]),
        ("RAM", [float(r.test.ram_bytes if r.test else r.estimate.ram_bytes) for _, r in runs]),
    ]
    if all(r.test is not None and r.test.instructions.median for _, r in runs):
        measured.append(("instructions", [float(r.test.instructions.median) for _, r in runs if r.test is not None]))
    values = {
        "runs": runs,
        "drawings": [(title, Markup(charts.bars(f"runs-{title}", names, v))) for title, v in measured],  # noqa: S704
        "version": version,
    }
    return _environment(_folders()).get_template("report/compare.html.jinja").render(values)


def verdicts(report: ConvertReport) -> tuple[Verdict, ...]:
    """What a reader wants to know first."""
    test = report.test
    scores = test.score if test is not None else report.score
    fraction = (test.accuracy if test is not None else report.accuracy).host is not None
    last, where = (scores.target, "on the target") if test is not None else (scores.host, "on the host")
    lost = None if last is None or scores.float_ is None else last - scores.float_
    accuracy = Verdict(
        f"{report.metric} {where}",
        _score(last, fraction),
        f"float {_score(scores.float_, fraction)}" + (f", {_difference(lost, fraction)}" if lost is not None else ""),
        None,
    )
    exact = test.bit_exact if test is not None else None
    estimate = report.estimate
    return (
        accuracy,
        Verdict(
            "bit-exact",
            f"{exact.equal:,} of {exact.total:,}" if exact is not None else "not measured",
            "outputs equal to TFLM's host interpreter" if exact is not None else "tinyq test OUT measures it",
            exact.equal == exact.total if exact is not None else None,
        ),
        Verdict(
            estimate.board,
            estimate.verdict,
            estimate.missing
            or f"flash {estimate.flash_bytes:,} of {estimate.flash_limit:,}, RAM "
            f"{estimate.ram_bytes:,} of {estimate.ram_limit:,} bytes (estimated)",
            estimate.verdict != "TOO BIG",
        ),
        Verdict(
            "instructions",
            f"{test.instructions.median:,}" if test is not None and test.instructions.median else "not measured",
            f"per inference; {test.instructions_method}" if test is not None else "tinyq test OUT counts them",
            None,
        ),
    )


def _score(value: float | None, fraction: bool) -> str:
    return "not measured" if value is None else f"{value:.2%}" if fraction else f"{value:.6g}"


def _difference(value: float, fraction: bool) -> str:
    return f"{100 * value:+.2f} points" if fraction else f"{value:+.4g}"


def _folders() -> tuple[str, ...]:
    return tuple(str(root / "templates") for root in resources.roots())


@cache
def _environment(folders: tuple[str, ...]) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folders), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["thousands"] = _thousands
    environment.filters["score"] = _score
    return environment


def _thousands(value: Any) -> str:
    return f"{value:,}"
