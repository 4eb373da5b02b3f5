"""What ``tinyq analyze`` reports, as typed values."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tinyq.reporting.models import SCHEMA_VERSION, _Report


class HistogramReport(_Report):
    """Equal bins over the range that the codes reach, and float values outside of it."""

    low: float
    high: float
    float_counts: tuple[int, ...]
    quantized_counts: tuple[int, ...]
    below: int
    above: int


class DifferenceReport(_Report):
    """One activation, quantized against float."""

    sqnr_db: float | None = Field(description="signal to quantization noise; null without noise or signal")
    cosine: float
    max_error: float
    clipped: float | None = Field(description="share of float values beyond the codes; null for float activations")
    unused: float | None = Field(description="share of codes that no value took; null if there were too few values")
    histogram: HistogramReport | None


class ChannelsReport(_Report):
    """Channels of a layer with weights."""

    weight_ranges: tuple[float, ...] = Field(description="largest magnitude of each output channel's weights")
    dead: int = Field(description="channels whose weights are zero, or as good as zero")
    ratio: float = Field(description="widest over narrowest of weight_ranges, dead ones apart")
    evenness: float = Field(description="mean range of the output's channels, relative to the range they share")
    tail: float = Field(description="range of the output over that of the middle 99.99 % of its values")


class LayerAnalysis(_Report):
    """One operator."""

    index: int
    layer: str
    op: str
    activations: str
    weight_bits: int | None
    cumulative: DifferenceReport | None = Field(description="in the wholly quantized model")
    isolated: DifferenceReport | None = Field(description="with this operator alone quantized; null if it stays float")
    output_error: float | None = Field(description="relative error of the model's output with it alone quantized")
    channels: ChannelsReport | None


class MeasuredReport(_Report):
    """Outputs against the float model's."""

    error: float = Field(description="mean squared error over the variance of the float outputs")
    score: float | None = Field(description="the metric; null without one")


class StepReport(_Report):
    """One step of the flowchart."""

    name: Literal["float", "transforms", "quantized", "weights", "activations"]
    question: str
    measured: MeasuredReport | None
    loss: float | None = Field(description="of the metric, against the float model")
    fails: bool


class CauseReport(_Report):
    """One reason for a loss."""

    kind: str
    layers: tuple[str, ...]
    says: str


class MendReport(_Report):
    """One change of the recipe, tried."""

    name: str
    measured: MeasuredReport
    enough: bool = Field(description="whether nothing noticeable is lost with it")
    command: str
    recipe: str | None = Field(description="the file that the command names, if it needs one")


class DiagnosisReport(_Report):
    """The flowchart's outcome."""

    verdict: Literal["sound", "loses", "float-model", "transforms"]
    summary: str
    causes: tuple[CauseReport, ...]
    mends: tuple[MendReport, ...]
    advice: int | None = Field(description="index of the mend to take")


class CellReport(_Report):
    """One combination of the matrix."""

    scheme: str
    transforms: tuple[str, ...]
    calibrator: str
    measured: MeasuredReport | None


class MatrixReport(_Report):
    """All combinations; ``stock`` is TensorFlow's own converter, null where it is not installed."""

    cells: tuple[CellReport, ...]
    stock: MeasuredReport | None


class PointReport(_Report):
    """One choice of bit widths."""

    four_bit_weights: tuple[str, ...] = Field(description="layers")
    sixteen_bit_activations: tuple[str, ...] = Field(description="layers")
    measured: MeasuredReport
    loss: float | None
    flash: int
    ram: int
    cost: int
    efficient: bool = Field(description="no other is as good in error, flash, RAM and cost and better in one")


class SensitivityReport(_Report):
    """One layer at one choice of widths, all else float."""

    layer: str
    weight_bits: int
    activation_bits: int
    error: float


class MixedReport(_Report):
    """Mixed precision."""

    points: tuple[PointReport, ...]
    sensitivities: tuple[SensitivityReport, ...]
    base: int = Field(description="index of the point with 8 bits everywhere")
    chosen: int | None = Field(description="index of the point that meets the budget; null if none does")
    verified: MeasuredReport | None = Field(
        description="the chosen one under TFLM's host interpreter, on layer_samples"
    )
    methods: dict[str, str] = Field(description="how flash, ram and cost were obtained")
    command: str
    recipe: str | None


class AnalysisReport(_Report):
    """The outcome of an analysis; the parts that were not asked for are empty."""

    schema_version: int = SCHEMA_VERSION
    model: str
    scheme: str
    calibrator: str
    transforms: tuple[str, ...]
    refinements: tuple[str, ...]
    metric: str | None
    metric_is_fraction: bool
    float_score: float | None
    calibration_samples: int
    layer_samples: int = Field(description="samples that single layers were measured on")
    model_samples: int = Field(description="samples that whole models were measured on")
    seed: int
    method: str
    layers: tuple[LayerAnalysis, ...] = ()
    steps: tuple[StepReport, ...] = ()
    diagnosis: DiagnosisReport | None = None
    matrix: MatrixReport | None = None
    mixed: MixedReport | None = None
    notes: tuple[str, ...] = ()
