"""Parts of the report of a run that are pictures for people."""

from __future__ import annotations

from pydantic import Field

from tinyq.reporting.base import _Report


class ActivationReport(_Report):
    """One activation as calibration saw it, and the range that its codes reach."""

    layer: str
    tensor: str
    dtype: str
    low: float = Field(description="least value that a code stands for")
    high: float
    seen_low: float = Field(description="least value that was seen")
    seen_high: float
    counts: tuple[int, ...] = Field(description="values in equal bins from seen_low to seen_high")


class BufferReport(_Report):
    """A buffer of the arena."""

    name: str
    offset: int
    bytes: int
    first: int = Field(description="first step that needs it")
    last: int


class PlanReport(_Report):
    """What lies where in the arena, and when."""

    size: int
    lower_bound: int = Field(description="no plan can be smaller")
    peak_step: int
    steps: tuple[str, ...] = Field(description="layer of each step")
    buffers: tuple[BufferReport, ...]


class ChangedSample(_Report):
    """A sample to which the target gives another class than the float model."""

    index: int = Field(description="position in the data")
    label: int | None
    float_: int = Field(alias="float")
    target: int


class ConfusionReport(_Report):
    """Classes of the float model (rows) against those of the target (columns)."""

    counts: tuple[tuple[int, ...], ...]
    agree: int
    total: int
    changed: tuple[ChangedSample, ...] = Field(description="the first samples that changed class")
