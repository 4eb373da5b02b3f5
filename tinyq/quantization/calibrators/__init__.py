"""Calibrators: from the statistics of an activation to the range that is quantized. One file each.

A module of this package that defines ``CALIBRATORS`` adds to the registry; nothing else needs to be edited.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Protocol

from tinyq.errors import BadInputError
from tinyq.quantization.affine import Grid, Range
from tinyq.quantization.statistics import TensorStatistics

DEFAULT = "mse"


class Calibrator(Protocol):
    """Chooses the range of one activation."""

    @property
    def description(self) -> str:
        """One line for people."""

    def __call__(self, statistics: TensorStatistics, grid: Grid) -> Range:
        """The range to quantize, given what was seen and the codes there are."""


@cache
def calibrators() -> Mapping[str, Calibrator]:
    """All calibrators by name."""
    found: dict[str, Calibrator] = {}
    for module in pkgutil.iter_modules(__path__):
        found.update(importlib.import_module(f"{__name__}.{module.name}").CALIBRATORS)
    return dict(sorted(found.items()))


def calibrator(name: str) -> Calibrator:
    """A calibrator by name.

    Raises:
        BadInputError: There is none of that name.
    """
    if name not in calibrators():
        raise BadInputError(f"There is no calibrator {name!r}.", f"Choose one of {', '.join(calibrators())}.")
    return calibrators()[name]
