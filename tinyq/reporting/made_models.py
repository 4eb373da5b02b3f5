"""What commands report that write files and measure nothing."""

from __future__ import annotations

from pydantic import Field

from tinyq.reporting.base import SCHEMA_VERSION, _Report
from tinyq.reporting.models import EstimateReport, LayerReport


class RecipeReport(_Report):
    """A recipe to start from."""

    schema_version: int = SCHEMA_VERSION
    file: str
    model: str | None = Field(description="the model whose layers it names; null for none")
    layers: tuple[str, ...] = Field(description="layers with weights, by the names that recipes select them by")


class ProjectReport(_Report):
    """A firmware project of a model that was quantized already."""

    schema_version: int = SCHEMA_VERSION
    folder: str
    model: str
    model_sha256: str
    board: str
    optimize: str
    macs: int
    deployed_macs: int = Field(description="what is left without channels that cannot vary or are unread")
    arena_bytes: int
    arena_lower_bound: int
    layers: tuple[LayerReport, ...]
    estimate: EstimateReport
    files: tuple[str, ...] = Field(description="paths below the folder")


class ExportReport(_Report):
    """A model's code in the form that another build system takes."""

    schema_version: int = SCHEMA_VERSION
    folder: str
    format: str
    name: str = Field(description="of the model, as files and symbols have it")
    model_sha256: str
    core: str
    arena_bytes: int
    files: tuple[str, ...] = Field(description="paths below the folder")
