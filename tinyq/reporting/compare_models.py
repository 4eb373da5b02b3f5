"""What ``tinyq compare`` reports; the JSON that programs read is exactly this."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tinyq.errors import ShortfallError
from tinyq.reporting.models import SCHEMA_VERSION, _Report


class FirstDifference(_Report):
    """One value of the target that is not the host's, as stored."""

    sample: int
    index: tuple[int, ...] = Field(description="position in the layer's output, without the batch")
    target: float
    host: float


class FloatDifference(_Report):
    """One layer of the quantized model against the float model, on the same inputs."""

    sqnr_db: float | None = Field(description="signal to quantization noise; null without noise or signal")
    cosine: float
    max_error: float
    clipped: float | None = Field(description="share of float values that no code reaches; null for float layers")


class ComparedLayer(_Report):
    """One layer on the target against TFLM's host interpreter."""

    index: int
    name: str
    op: str
    kernel: str = Field(description="what computes it on the target")
    output_shape: tuple[int, ...]
    channels_left_out: int = Field(description="constant channels that the firmware does not compute")
    elements: int
    differing: int
    max_difference: float | None = Field(description="in codes where the layer is quantized; null beyond all numbers")
    arises: bool = Field(description="it differs although all that it reads is equal")
    first: FirstDifference | None
    instructions: int
    float_: FloatDifference | None = Field(None, alias="float")


class CompareReport(_Report):
    """Every layer of the target against the host, and of the quantized model against the float model."""

    schema_version: int = SCHEMA_VERSION
    model_sha256: str
    board: str
    core: str
    emulator: str
    runtime: Literal["aot", "tflm"]
    samples: int
    samples_from: str
    layers: tuple[ComparedLayer, ...]
    first_differing: int | None = Field(description="the first layer that differs; null if all are equal")
    instructions_method: str
    notes: tuple[str, ...] = ()

    def require(self) -> None:
        """Judge the run.

        Raises:
            ShortfallError: Some layer differs.
        """
        if self.first_differing is None:
            return
        layer = self.layers[self.first_differing]
        most = f", by {layer.max_difference:g} at most" if layer.max_difference is not None else ""
        raise ShortfallError(
            f"Layer {layer.index} ({layer.name}, {layer.op}) is the first to differ from TFLM's host interpreter: "
            f"{layer.differing:,} of {layer.elements:,} values{most}.",
            f"Look at {layer.kernel}, or report this with the model.",
        )
