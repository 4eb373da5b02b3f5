"""Choices of bit widths, what each takes and gives, and which meets a budget best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyq.analysis.measure import Measured
from tinyq.analysis.resources import Resources
from tinyq.quantization.scheme import LayerScheme

Widths = tuple[int, int]
"""Bits of weights and of activations."""


@dataclass(frozen=True)
class Budget:
    """Limits, each optional.

    Attributes:
        error: Relative output error.
        loss: Of the metric, against the float model.
        flash: Bytes of weights and biases.
        ram: Bytes of activations, planned.
        cost: Weighted multiply-accumulates (see :class:`Resources`).
    """

    error: float | None = None
    loss: float | None = None
    flash: int | None = None
    ram: int | None = None
    cost: int | None = None

    @property
    def limits_quality(self) -> bool:
        return self.error is not None or self.loss is not None

    @property
    def limits_resources(self) -> bool:
        return any(v is not None for v in (self.flash, self.ram, self.cost))


@dataclass(frozen=True)
class Point:
    """One choice of widths, measured on the whole model.

    Attributes:
        widths: Operator index -> widths, of the operators with weights.
        schemes: One for each operator.
        resources: What it takes.
        measured: Error and score.
        loss: Of the metric, against the float model.
        efficient: No other point is at least as good in error, flash, RAM and cost, and better in one.
    """

    widths: Mapping[int, Widths]
    schemes: tuple[LayerScheme, ...]
    resources: Resources
    measured: Measured
    loss: float | None
    efficient: bool = False


def choose(points: Sequence[Point], base: int, budget: Budget) -> int | None:
    """Index of the point that meets a budget best, as ``mixed_precision`` describes it, or None."""
    eight = points[base].resources
    limits = eight if budget.limits_resources and not budget.limits_quality else None
    fitting = [k for k, p in enumerate(points) if _within(p, budget, limits)]
    if not fitting:
        return None
    if budget.limits_quality:
        return min(fitting, key=lambda k: (points[k].resources.relative_to(eight), points[k].measured.error))
    return min(fitting, key=lambda k: (points[k].measured.error, points[k].resources.relative_to(eight)))


def _within(point: Point, budget: Budget, otherwise: Resources | None) -> bool:
    if budget.error is not None and point.measured.error > budget.error:
        return False
    if budget.loss is not None and (point.loss is None or point.loss > budget.loss):
        return False
    for name in ("flash", "ram", "cost"):
        limit = getattr(budget, name)
        if limit is None and otherwise is not None:
            limit = getattr(otherwise, name)
        if limit is not None and getattr(point.resources, name) > limit:
            return False
    return True


def dominates(a: Point, b: Point) -> bool:
    """Whether a point is at least as good as another in error, flash, RAM and cost, and better in one."""
    first = (a.measured.error, a.resources.flash, a.resources.ram, a.resources.cost)
    second = (b.measured.error, b.resources.flash, b.resources.ram, b.resources.cost)
    return first != second and all(x <= y for x, y in zip(first, second, strict=True))
