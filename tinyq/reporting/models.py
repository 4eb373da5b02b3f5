"""What tinyq reports, as typed values; the JSON that programs read is exactly these."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tinyq.errors import ShortfallError
from tinyq.reporting.base import SCHEMA_VERSION as SCHEMA_VERSION  # noqa: PLC0414 - other reports take it from here
from tinyq.reporting.base import _Report as _Report  # noqa: PLC0414
from tinyq.reporting.run_models import ActivationReport, ConfusionReport, PlanReport


class Scores(_Report):
    """One metric for the float model, the integer model on the host, and the integer model on the target."""

    float_: float | None = Field(None, alias="float")
    host: float | None = None
    target: float | None = None


class BitExact(_Report):
    """Samples whose whole output equals that of TFLM's host interpreter."""

    equal: int
    total: int


class Instructions(_Report):
    """Executed instructions of one inference; 0 where the machine has no timer."""

    min: int
    median: int
    max: int


class Sizes(_Report):
    """Bytes of the ELF by what they belong to."""

    engine_code: int
    model: int
    harness: int
    static_ram: int


class TestReport(_Report):
    """The outcome of a run on the target."""

    __test__ = False  # not a test class, whatever its name

    schema_version: int = SCHEMA_VERSION
    model_sha256: str
    board: str
    core: str
    emulator: str
    machine: str = Field("", description="what the emulator ran it on, where that is not the board itself")
    reference: str = Field("TFLM's host interpreter", description="what the target's outputs were compared with")
    runtime: Literal["aot", "tflm"]
    samples: int
    samples_from: str = Field(description="where the samples came from, in words")
    metric: str
    accuracy: Scores = Field(description="fractions 0..1; null where there are no labels or the metric is no fraction")
    score: Scores = Field(description="the metric's own values, whatever their scale")
    bit_exact: BitExact
    instructions: Instructions
    instructions_method: str
    arena_bytes: int
    stack_bytes: int
    flash_bytes: int
    ram_bytes: int
    sizes: Sizes
    confusion: ConfusionReport | None = Field(None, description="null where outputs are no classes")

    def require(self, min_accuracy: float | None) -> None:
        """Judge the run.

        Raises:
            ShortfallError: Some output differs from the host's, or the accuracy is below ``min_accuracy`` or unknown.
        """
        exact = self.bit_exact
        if exact.equal != exact.total:
            raise ShortfallError(
                f"{exact.total - exact.equal} of {exact.total} outputs differ from TFLM's host interpreter.",
                "The firmware does not compute what the model says; build it again, and report this if it stays.",
            )
        if min_accuracy is None:
            return
        if self.accuracy.target is None:
            raise ShortfallError(
                "There is no accuracy to hold against --min-accuracy.", "Give labelled data and an accuracy metric."
            )
        if self.accuracy.target < min_accuracy:
            raise ShortfallError(
                f"The accuracy on the target, {self.accuracy.target:.4f}, is below {min_accuracy:g}.",
                "Try another --calibrator or more calibration data.",
            )


class LayerReport(_Report):
    """One layer of the deployed model."""

    index: int
    name: str
    op: str
    kernel: str
    output_shape: tuple[int, ...]
    macs: int
    constant_bytes: int
    output_bytes: int


class EstimatePart(_Report):
    """One part of a footprint and how it was obtained."""

    name: str
    bytes: int
    method: str
    error: str


class EstimateAdvice(_Report):
    """A way to need less."""

    text: str
    flash_bytes: int = Field(description="what it saves; negative for what it costs")
    ram_bytes: int
    fits: bool = Field(description="it alone is enough, where the board is too small")


class EstimateReport(_Report):
    """Flash and RAM on one board, before the build."""

    schema_version: int = SCHEMA_VERSION
    board: str
    runtime: str
    verdict: str
    flash: tuple[EstimatePart, ...]
    ram: tuple[EstimatePart, ...]
    flash_bytes: int
    flash_limit: int
    ram_bytes: int
    ram_limit: int
    stack: EstimatePart | None = Field(None, description="stack in use, of what ram holds for it")
    peak_layers: tuple[str, ...] = ()
    missing: str = Field("", description="what is missing by how many bytes; empty if it fits")
    unknown: tuple[str, ...] = Field((), description="operators or kernels whose code size is in no table")
    advice: tuple[EstimateAdvice, ...] = ()


class LayerSchemeReport(_Report):
    """How one operator was quantized; bits and granularity are null where it has no weights."""

    index: int
    layer: str
    op: str
    activations: str
    weight_bits: int | None
    per_channel: bool | None
    scales: str


class TrialReport(_Report):
    """Something that was tried; the error is relative to the variance of the float outputs, on held-out samples."""

    kind: Literal["transform", "calibrator", "refinement"]
    name: str
    before: float | None = Field(description="without it; null for alternatives of one choice")
    after: float
    kept: bool


class QuantizeReport(_Report):
    """The outcome of a quantization."""

    schema_version: int = SCHEMA_VERSION
    model: str
    file: str
    model_bytes: int
    quantizer: str
    calibrator: str | None
    calibration_samples: int
    seed: int
    layers: tuple[LayerSchemeReport, ...]
    trials: tuple[TrialReport, ...]
    notes: tuple[str, ...] = ()


class AccelerationReport(_Report):
    """A quantized model on an accelerator, in short; the whole check is in check.json."""

    accelerator: str
    verdict: Literal["complies", "partly", "unsupported", "unknown"]
    complies: bool
    operators: int = Field(description="those that compute something")
    at_full_speed: int = Field(description="those of them that the accelerator runs as fast as it can")
    cycles: int | None = Field(None, description="the vendor's estimate; null where there is none")
    method: str
    compiled_bytes: int | None = Field(None, description="of the model that the vendor's compiler made")

    def require(self) -> None:
        """Judge the check.

        Raises:
            ShortfallError: Some operator is not on the accelerator, or slower than it could be, or nobody knows.
        """
        if not self.complies:
            raise ShortfallError(
                f"The model does not comply with {self.accelerator}: {self.at_full_speed} of {self.operators} operators"
                " run there at full speed.",
                "check.json names each rule and its mend.",
            )


class ConvertReport(_Report):
    """The outcome of a conversion."""

    schema_version: int = SCHEMA_VERSION
    model: str
    model_sha256: str
    model_bytes: int
    quantizer: str
    calibrator: str | None
    calibration_samples: int
    evaluation_samples: int
    seed: int
    board: str
    metric: str
    accuracy: Scores
    score: Scores
    macs: int
    deployed_macs: int | None = Field(None, description="what is left without channels that cannot vary or are unread")
    arena_bytes: int
    arena_lower_bound: int
    layers: tuple[LayerReport, ...]
    schemes: tuple[LayerSchemeReport, ...] = ()
    trials: tuple[TrialReport, ...] = ()
    estimate: EstimateReport
    acceleration: AccelerationReport | None = None
    plan: PlanReport | None = None
    activations: tuple[ActivationReport, ...] = Field((), description="empty if tinyq did not quantize")
    notes: tuple[str, ...] = ()
    test: TestReport | None = None


class EstimateList(_Report):
    """Estimates for several boards."""

    schema_version: int = SCHEMA_VERSION
    estimates: tuple[EstimateReport, ...]


class BuildReport(_Report):
    """An ELF and what it holds."""

    schema_version: int = SCHEMA_VERSION
    elf: str
    board: str
    runtime: str
    flash_bytes: int
    ram_bytes: int
    sizes: Sizes


class BoardEntry(_Report):
    """One board."""

    id: str
    title: str
    core: str
    flash_bytes: int
    ram_bytes: int


class BoardList(_Report):
    """All boards."""

    schema_version: int = SCHEMA_VERSION
    boards: tuple[BoardEntry, ...]


class DoctorEntry(_Report):
    """One tool or package."""

    name: str
    purpose: str
    found: bool
    version: str
    how_to_get: str


class DoctorReport(_Report):
    """Everything outside tinyq that it may use."""

    schema_version: int = SCHEMA_VERSION
    python: str
    entries: tuple[DoctorEntry, ...]
