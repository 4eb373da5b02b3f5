"""How many cycles instructions take on each core, as far as Arm documents it; one module for each core.

Nothing here is measured: cycles are modelled from executed instructions, with memories that answer at once (zero wait
states, no caches). Each module names its source and what it assumes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol

from tinyq.hardware.timing.decode import Coded, Decoded, decode

__all__ = ["Coded", "Decoded", "Timing", "decode", "timing_of"]


class Timing(Protocol):
    """The timing of a core."""

    @property
    def cores(self) -> tuple[str, ...]:
        """Names of the cores that it is for."""

    @property
    def method(self) -> str:
        """Where the numbers come from, and what is assumed."""

    @property
    def error(self) -> str:
        """How far off the sum over a program can be."""

    def cycles(self, block: Sequence[Decoded], *, taken: bool) -> float:
        """Cycles of instructions that are executed one after another.

        Args:
            block: At least one instruction; only the last one may branch.
            taken: Whether the last one, if it branches on a condition, did.
        """


@cache
def _timings() -> Mapping[str, Timing]:
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__))
    found = (getattr(importlib.import_module(f"{__name__}.{name}"), "TIMING", None) for name in modules)
    return {core: timing for timing in found if timing is not None for core in timing.cores}


def timing_of(core: str) -> Timing | None:
    """The timing of a core, None if there is none."""
    return _timings().get(core)
