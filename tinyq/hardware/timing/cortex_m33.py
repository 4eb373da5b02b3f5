"""Cortex-M33."""

from __future__ import annotations

from tinyq.hardware.timing.cortex_m4 import FIXED
from tinyq.hardware.timing.three_stage import ThreeStage

TIMING = ThreeStage(
    cores=("cortex-m33",),
    method="executed blocks x the Cortex-M4's table, as Arm publishes none for the Cortex-M33, which has three stages "
    "too; that it can issue two 16-bit instructions at once is left out; zero wait states",
    error="not known; likely up to 20 % too many",
    fixed=FIXED,
)
