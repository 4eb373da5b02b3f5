"""What ``tinyq sweep`` reports; the JSON that programs read is exactly this."""

from __future__ import annotations

from pydantic import Field

from tinyq.reporting.base import SCHEMA_VERSION, _Report


class SweepRow(_Report):
    """One combination of a sweep."""

    name: str = Field(description="of its folder")
    model: str
    recipe: str = Field(description="a scheme's name or a recipe's file")
    board: str
    error: str = Field("", description="why there is no result; empty if there is one")
    metric: str = "none"
    float_: float | None = Field(None, alias="float")
    target: float | None = None
    bit_exact: bool | None = None
    instructions: int | None = None
    arena_bytes: int | None = None
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    reused: bool = Field(False, description="found finished, not run again")


class SweepReport(_Report):
    """All combinations, in the order of models, recipes and boards."""

    schema_version: int = SCHEMA_VERSION
    rows: tuple[SweepRow, ...]

    @property
    def failed(self) -> tuple[SweepRow, ...]:
        return tuple(row for row in self.rows if row.error)
