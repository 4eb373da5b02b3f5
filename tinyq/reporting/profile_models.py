"""What ``tinyq profile`` reports; the JSON that programs read is exactly this."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tinyq.reporting.models import SCHEMA_VERSION, _Report


class ProfiledLayer(_Report):
    """What one layer costs in one inference."""

    index: int
    name: str
    op: str
    kernel: str = Field(description="what computes it on the target")
    output_shape: tuple[int, ...] = Field(description="as deployed, without channels that never matter")
    macs: int
    instructions: int = Field(description="0 if they were not counted")
    instructions_per_mac: float | None
    cycles: int | None = Field(description="modelled, see cycles_method; null if there is no model")
    cycles_per_mac: float | None
    bytes_touched: int = Field(description="inputs, outputs, weights and biases, each counted once")
    bytes_loaded: int | None = Field(description="by all executed load instructions; null if they were not traced")
    bytes_stored: int | None


class ProfileTotals(_Report):
    """The layers' sums."""

    macs: int
    instructions: int
    instructions_per_mac: float | None
    cycles: int | None
    cycles_per_mac: float | None
    bytes_loaded: int | None
    bytes_stored: int | None


class ProfileReport(_Report):
    """Where an inference on the target spends its instructions."""

    schema_version: int = SCHEMA_VERSION
    model_sha256: str
    board: str
    core: str
    emulator: str
    runtime: Literal["aot", "tflm"]
    sample_from: str = Field(description="where the input came from, in words")
    layers: tuple[ProfiledLayer, ...]
    total: ProfileTotals
    instructions_method: str
    cycles_method: str
    cycles_error: str
