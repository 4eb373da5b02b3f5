"""What other commands found about a run, for its page."""

from __future__ import annotations

from dataclasses import dataclass

from tinyq.reporting.analysis_models import AnalysisReport, CellReport, PointReport
from tinyq.reporting.check_models import CheckOp, CheckReport
from tinyq.reporting.compare_models import ComparedLayer, CompareReport
from tinyq.reporting.models import ConvertReport, LayerReport
from tinyq.reporting.profile_models import ProfiledLayer, ProfileReport


@dataclass(frozen=True)
class Findings:
    """Reports of other commands on the same model; None for what was not run.

    Attributes:
        profile: Of ``tinyq profile``: what each layer costs.
        compare: Of ``tinyq compare``: each layer against the host and the float model.
        check: Of ``tinyq check``: where an accelerator places each operator.
        matrix: Of ``tinyq analyze --matrix``: what other calibrators and transforms would give.
        mixed: Of ``tinyq analyze --mixed``: what other bit widths would give.
    """

    profile: ProfileReport | None = None
    compare: CompareReport | None = None
    check: CheckReport | None = None
    matrix: AnalysisReport | None = None
    mixed: AnalysisReport | None = None


@dataclass(frozen=True)
class LayerRow:
    """All that is known of one layer; None for what was not measured."""

    layer: LayerReport
    profiled: ProfiledLayer | None
    compared: ComparedLayer | None
    placed: CheckOp | None
    share: float | None


def layer_rows(report: ConvertReport, findings: Findings) -> tuple[LayerRow, ...]:
    """The layers of a run with what the findings say of each."""
    profile, compare = findings.profile, findings.compare
    profiled = {each.index: each for each in profile.layers} if profile is not None else {}
    compared = {each.index: each for each in compare.layers} if compare is not None else {}
    placed: dict[tuple[str, str], CheckOp] = {}
    for op in findings.check.ops if findings.check is not None else ():
        placed.setdefault((op.layer, op.kind), op)
    total = profile.total.instructions if profile is not None else 0
    rows = []
    for layer in report.layers:
        cost = profiled.get(layer.index)
        share = cost.instructions / total if cost is not None and total else None
        place = placed.get((layer.name, layer.op))
        rows.append(LayerRow(layer, cost, compared.get(layer.index), place, share))
    return tuple(rows)


def ranked_cells(analysis: AnalysisReport) -> list[tuple[str, CellReport]]:
    """Combinations of calibrator and transforms that could be measured, the best first, with their names."""
    cells = analysis.matrix.cells if analysis.matrix is not None else ()
    named = [(_named(cell), cell) for cell in cells if cell.measured is not None]
    return sorted(named, key=lambda pair: pair[1].measured.error if pair[1].measured is not None else 0.0)


def efficient_points(analysis: AnalysisReport) -> list[PointReport]:
    """Choices of bit widths that no other beats, the smallest first, among them always those that are talked of."""
    mixed = analysis.mixed
    if mixed is None:
        return []
    named = {mixed.base, mixed.chosen}
    points = [p for number, p in enumerate(mixed.points) if p.efficient or number in named]
    return sorted(points, key=lambda p: (p.flash, p.measured.error))


def _named(cell: CellReport) -> str:
    return " + ".join((cell.calibrator, *cell.transforms)) + f" ({cell.scheme})"
