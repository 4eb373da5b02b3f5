"""From measurements to the parts of an analysis report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tinyq.analysis.choice import Point
from tinyq.analysis.diagnosis import Cause, Evidence
from tinyq.analysis.difference import Difference
from tinyq.analysis.flowchart import Flowchart, Step
from tinyq.analysis.layers import Isolated
from tinyq.analysis.matrix import Matrix
from tinyq.analysis.measure import Measured
from tinyq.analysis.mends import Mend
from tinyq.analysis.mixed_precision import Mixed
from tinyq.analysis.resources import METHODS
from tinyq.analysis.subject import Subject
from tinyq.graph import layer_name
from tinyq.quantization.op_rules import has_weights
from tinyq.reporting.analysis_models import (
    CauseReport,
    CellReport,
    ChannelsReport,
    DifferenceReport,
    HistogramReport,
    LayerAnalysis,
    MatrixReport,
    MeasuredReport,
    MendReport,
    MixedReport,
    PointReport,
    SensitivityReport,
    StepReport,
)

Verdict = Literal["sound", "loses", "float-model", "transforms"]


def measured(found: Measured | None) -> MeasuredReport | None:
    """Error and score."""
    return MeasuredReport(error=found.error, score=found.score) if found is not None else None


def layers(evidence: Evidence, alone: Mapping[int, Isolated | None]) -> tuple[LayerAnalysis, ...]:
    """Every operator."""
    graph, found = evidence.subject.graph, []
    for i, op in enumerate(graph.ops):
        scheme, single = evidence.subject.schemes[i], alone.get(i)
        own = has_weights(op) and scheme.activations != "float32"
        whole = evidence.differences.get(op.outputs[0]) if op.outputs else None
        found.append(
            LayerAnalysis(
                index=i,
                layer=evidence.name(i),
                op=op.kind,
                activations=scheme.activations,
                weight_bits=scheme.weight_bits if own else None,
                cumulative=_difference(whole) if whole is not None else None,
                isolated=_difference(single.output) if single is not None else None,
                output_error=evidence.errors.get(i),
                channels=_channels(evidence, i),
            )
        )
    return tuple(found)


def _difference(found: Difference) -> DifferenceReport:
    h = found.histogram
    histogram = None
    if h is not None:
        histogram = HistogramReport(
            low=h.low,
            high=h.high,
            float_counts=tuple(h.float_counts.tolist()),
            quantized_counts=tuple(h.quantized_counts.tolist()),
            below=h.below,
            above=h.above,
        )
    return DifferenceReport(
        sqnr_db=found.sqnr_db,
        cosine=found.cosine,
        max_error=found.max_error,
        clipped=found.clipped,
        unused=found.unused,
        histogram=histogram,
    )


def _channels(evidence: Evidence, index: int) -> ChannelsReport | None:
    found = evidence.channels.get(index)
    if found is None:
        return None
    return ChannelsReport(
        weight_ranges=tuple(found.weights.tolist()),
        dead=found.dead,
        ratio=found.ratio,
        evenness=found.evenness,
        tail=found.tail,
    )


def step(found: Step) -> StepReport:
    """One step of the flowchart."""
    return StepReport.model_validate(
        {
            "name": found.name,
            "question": found.question,
            "measured": measured(found.measured),
            "loss": found.loss,
            "fails": found.fails,
        }
    )


def verdict(chart: Flowchart) -> Verdict:
    """What the flowchart comes to."""
    if chart.fails("float"):
        return "float-model"
    if chart.fails("transforms"):
        return "transforms"
    return "loses" if chart.fails("quantized") else "sound"


def cause(found: Cause, evidence: Evidence) -> CauseReport:
    """One reason."""
    return CauseReport(kind=found.kind, layers=tuple(evidence.name(i) for i in found.layers), says=found.says)


def mend(found: Mend, command: str, recipe: str | None) -> MendReport:
    """One change that was tried."""
    return MendReport(
        name=found.name,
        measured=MeasuredReport(error=found.measured.error, score=found.measured.score),
        enough=found.enough,
        command=command,
        recipe=recipe,
    )


def matrix(found: Matrix) -> MatrixReport:
    """All combinations."""
    cells = tuple(
        CellReport(scheme=c.scheme, transforms=c.transforms, calibrator=c.calibrator, measured=measured(c.measured))
        for c in found.cells
    )
    return MatrixReport(cells=cells, stock=measured(found.stock))


def mixed(found: Mixed, subject: Subject, verified: Measured | None, command: str, recipe: str | None) -> MixedReport:
    """All points and the choice."""
    graph = subject.graph
    return MixedReport(
        points=tuple(_point(p, subject) for p in found.points),
        sensitivities=tuple(
            SensitivityReport(
                layer=layer_name(graph, graph.ops[i]), weight_bits=bits, activation_bits=activations, error=error
            )
            for (i, (bits, activations)), error in found.sensitivities.items()
        ),
        base=found.base,
        chosen=found.chosen,
        verified=measured(verified),
        methods=dict(METHODS),
        command=command,
        recipe=recipe,
    )


def _point(found: Point, subject: Subject) -> PointReport:
    names = {i: layer_name(subject.graph, subject.graph.ops[i]) for i in found.widths}
    return PointReport(
        four_bit_weights=tuple(names[i] for i, (bits, _) in found.widths.items() if bits == 4),
        sixteen_bit_activations=tuple(names[i] for i, (_, bits) in found.widths.items() if bits == 16),
        measured=MeasuredReport(error=found.measured.error, score=found.measured.score),
        loss=found.loss,
        flash=found.resources.flash,
        ram=found.resources.ram,
        cost=found.resources.cost,
        efficient=found.efficient,
    )
