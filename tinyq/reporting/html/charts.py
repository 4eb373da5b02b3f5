"""The drawings of a run's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tinyq.reporting.analysis_models import CellReport, MixedReport
from tinyq.reporting.html.drawing import BAD, FAINT, GOOD, LINE, SERIES, TEXT, draw, kilobytes, plain_numbers
from tinyq.reporting.models import EstimateReport, TrialReport
from tinyq.reporting.run_models import ActivationReport, ConfusionReport, PlanReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST_NAME = 28
_LABELLED_BYTES = 0.06
_VERDICT_COLORS = {"FITS": GOOD, "TIGHT": SERIES[2], "TOO BIG": BAD}


def footprints(estimates: Sequence[EstimateReport]) -> str:
    """Share of each board's flash and RAM."""

    def paint(axes: Axes) -> None:
        rows = np.arange(len(estimates))
        for offset, color, name, used, limit in (
            (-0.2, SERIES[0], "flash", [e.flash_bytes for e in estimates], [e.flash_limit for e in estimates]),
            (0.2, SERIES[1], "RAM", [e.ram_bytes for e in estimates], [e.ram_limit for e in estimates]),
        ):
            shares = 100 * np.array(used) / np.maximum(limit, 1)
            bars = axes.barh(rows + offset, np.minimum(shares, 110), 0.36, color=color, label=name)
            texts = [f"{u:,} of {a:,}" for u, a in zip(used, limit, strict=True)]
            axes.bar_label(bars, texts, padding=3, fontsize=7)
        axes.axvline(100, color=BAD, linewidth=1)
        axes.set_yticks(rows, [f"{e.board}: {e.verdict}" for e in estimates])
        axes.invert_yaxis()
        axes.set_xlim(0, 150)
        axes.set_xticks([0, 25, 50, 75, 100], ["0", "25 %", "50 %", "75 %", "100 %"])
        axes.legend(loc="lower right", frameon=False)

    return draw("footprints", 8, 0.7 + 0.42 * len(estimates), paint)


def memory_plan(plan: PlanReport) -> str:
    """What lies where in the arena, and when: steps from left to right, addresses upwards."""
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import FuncFormatter

    def paint(axes: Axes) -> None:
        for number, buffer in enumerate(plan.buffers):
            color = FAINT if buffer.name.endswith(": scratch") else SERIES[number % len(SERIES)]
            corner, width = (buffer.first - 0.5, buffer.offset), buffer.last - buffer.first + 1
            axes.add_patch(Rectangle(corner, width, buffer.bytes, facecolor=color, edgecolor=LINE, alpha=0.75, lw=0.5))
            if buffer.bytes > _LABELLED_BYTES * plan.size:
                middle = (buffer.first + buffer.last) / 2, buffer.offset + buffer.bytes / 2
                axes.text(*middle, f"{buffer.bytes:,}", ha="center", va="center", fontsize=7)
        axes.axhline(plan.size, color=LINE, linewidth=1)
        axes.axvspan(plan.peak_step - 0.5, plan.peak_step + 0.5, color=BAD, alpha=0.12, lw=0)
        axes.set_xlim(-0.5, max(len(plan.steps), 1) - 0.5)
        axes.set_ylim(0, plan.size * 1.06 or 1)
        axes.set_xticks(range(len(plan.steps)), [_short(s) for s in plan.steps], rotation=90, fontsize=7)
        axes.yaxis.set_major_formatter(FuncFormatter(kilobytes))

    return draw("plan", max(6.0, 0.32 * len(plan.steps)), 4.2, paint)


def activation(number: int, report: ActivationReport) -> str:
    """What was seen of one activation, and the range that its codes reach."""

    def paint(axes: Axes) -> None:
        counts = np.array(report.counts, np.float64)
        edges = np.linspace(report.seen_low, report.seen_high, counts.size + 1)
        if counts.size and edges[-1] > edges[0]:
            axes.stairs(np.maximum(counts, 0.5), edges, baseline=0.5, fill=True, color=SERIES[0])
            axes.set_yscale("log")
        for limit in (report.low, report.high):
            axes.axvline(limit, color=BAD, linewidth=1)
        low, high = min(report.seen_low, report.low), max(report.seen_high, report.high)
        margin = 0.04 * (high - low) or 1.0
        axes.set_xlim(low - margin, high + margin)
        axes.set_yticks([])
        axes.minorticks_off()
        axes.set_title(_short(report.layer), fontsize=8)
        axes.tick_params(labelsize=7)

    return draw(f"activation-{number}", 2.6, 1.5, paint, box=(0.04, 0.16, 0.92, 0.68))


def calibrators(trials: Sequence[TrialReport]) -> str:
    """Errors of all calibrators that were tried, best first."""
    ranked = sorted(trials, key=lambda t: t.after, reverse=True)

    def paint(axes: Axes) -> None:
        colors = [GOOD if t.kept else SERIES[0] for t in ranked]
        bars = axes.barh([t.name for t in ranked], [t.after for t in ranked], color=colors)
        axes.bar_label(bars, [f"{t.after:.3g}" for t in ranked], padding=3, fontsize=7)
        axes.set_xscale("log")
        plain_numbers(axes.xaxis)
        axes.margins(x=0.2)

    return draw("calibrators", 6, 0.5 + 0.26 * len(ranked), paint)


def confusion(report: ConfusionReport) -> str:
    """Classes of the float model down, those of the target across; the diagonal agrees."""

    def paint(axes: Axes) -> None:
        counts = np.array(report.counts)
        size = len(counts)
        largest = max(int(counts.max()), 1)
        for row, column in zip(*np.nonzero(counts), strict=True):
            color, count = (GOOD if row == column else BAD), int(counts[row, column])
            axes.fill([column - 0.5, column + 0.5, column + 0.5, column - 0.5],
                      [row - 0.5, row - 0.5, row + 0.5, row + 0.5],
                      color=color, alpha=0.15 + 0.75 * count / largest, lw=0)  # fmt: skip
            if size <= 24:
                axes.text(column, row, str(count), ha="center", va="center", fontsize=7, color=TEXT)
        axes.set_xlim(-0.5, size - 0.5)
        axes.set_ylim(size - 0.5, -0.5)
        axes.set_aspect("equal")
        axes.set_xlabel("class on the target")
        axes.set_ylabel("class of the float model")
        ticks = range(0, size, max(1, size // 12))
        axes.set_xticks(ticks)
        axes.set_yticks(ticks)

    return draw("confusion", 4.8, 4.6, paint)


def bars(name: str, labels: Sequence[str], values: Sequence[float]) -> str:
    """One bar for each run."""

    def paint(axes: Axes) -> None:
        drawn = axes.barh([_short(label) for label in labels], list(values), color=SERIES[0])
        axes.bar_label(drawn, [f"{v:,.0f}" for v in values], padding=3, fontsize=7)
        axes.invert_yaxis()
        axes.margins(x=0.2)
        axes.set_xticks([])

    return draw(name, 6, 0.4 + 0.3 * len(labels), paint)


def cells(ranked: Sequence[tuple[str, CellReport]]) -> str:
    """Errors of calibrators with transforms, best first."""
    names = [name for name, _ in ranked]
    errors = [cell.measured.error for _, cell in ranked if cell.measured is not None]

    def paint(axes: Axes) -> None:
        drawn = axes.barh(names, errors, color=[GOOD] + [SERIES[0]] * (len(errors) - 1))
        axes.bar_label(drawn, [f"{error:.3g}" for error in errors], padding=3, fontsize=7)
        axes.invert_yaxis()
        axes.set_xscale("log")
        plain_numbers(axes.xaxis)
        axes.margins(x=0.2, y=0.01)

    return draw("cells", 7, 0.5 + 0.24 * len(names), paint)


def bit_widths(mixed: MixedReport) -> str:
    """Error against flash of all choices of bit widths; those that no other beats are joined."""

    def paint(axes: Axes) -> None:
        points = [(p.flash, p.measured.error) for p in mixed.points]
        best: list[tuple[int, float]] = []
        for point in sorted(points):
            if not best or point[1] < best[-1][1]:
                best.append(point)
        flash, errors = zip(*points, strict=True)
        axes.scatter(flash, errors, s=14, color=SERIES[0], alpha=0.6, label="tried")
        axes.plot(*zip(*best, strict=True), color=LINE, linewidth=1, drawstyle="steps-post", label="none is better")
        axes.scatter(
            flash[mixed.base], errors[mixed.base], s=60, marker="s", color=SERIES[2], label="8 bits everywhere"
        )
        if mixed.chosen is not None:
            axes.scatter(flash[mixed.chosen], errors[mixed.chosen], s=90, marker="*", color=GOOD, label="chosen")
        axes.set_yscale("log")
        plain_numbers(axes.yaxis)
        axes.xaxis.set_major_formatter(kilobytes)
        axes.set_xlabel("flash for weights and biases")
        axes.set_ylabel("error of the outputs")
        axes.legend(frameon=False, fontsize=7)

    return draw("bit-widths", 6, 3.2, paint)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else "\N{HORIZONTAL ELLIPSIS}" + name[1 - _LONGEST_NAME :]
