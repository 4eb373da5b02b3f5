"""What a project's CI holds a run against, and what came out."""

from __future__ import annotations

from pydantic import Field

from tinyq.errors import ShortfallError
from tinyq.reporting.base import SCHEMA_VERSION, _Report


class Baseline(_Report):
    """Figures of a run that later ones must not be worse than; kept in the project's repository."""

    schema_version: int = SCHEMA_VERSION
    board: str
    runtime: str
    metric: str
    samples: int
    score: float | None = Field(description="on the target; null where nothing could be measured")
    instructions: int
    flash_bytes: int
    ram_bytes: int
    stack_bytes: int
    model_sha256: str


class GuardLine(_Report):
    """One figure and what it is held against."""

    name: str
    value: float | None
    baseline: float | None = None
    limit: float | None = Field(None, description="the worst that is allowed")
    passed: bool
    reason: str = ""


class GuardReport(_Report):
    """The outcome of a guard."""

    schema_version: int = SCHEMA_VERSION
    board: str
    lines: tuple[GuardLine, ...]
    model_changed: bool = Field(False, description="the integer model is not the baseline's")

    @property
    def passed(self) -> bool:
        return all(line.passed for line in self.lines)

    def require(self) -> None:
        """Judge the run.

        Raises:
            ShortfallError: Some figure is worse than it may be.
        """
        failing = [f"{line.name} ({line.reason})" for line in self.lines if not line.passed]
        if failing:
            raise ShortfallError(
                f"The run is worse than it may be: {'; '.join(failing)}.",
                "Mend it; or raise the limit, or where the baseline is passed accept the new figures with --update.",
            )
