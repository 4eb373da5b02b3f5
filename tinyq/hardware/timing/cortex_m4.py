"""Cortex-M4 and M4F."""

from __future__ import annotations

from tinyq.hardware.timing.decode import Kind
from tinyq.hardware.timing.three_stage import ThreeStage

FIXED = {
    Kind.DIVIDE: 7,
    Kind.STATUS: 2,
    Kind.BARRIER: 3,
    Kind.FLOAT_LOAD: 2,
    Kind.FLOAT_STORE: 2,
    Kind.FLOAT_MULTIPLY_ADD: 3,
    Kind.FLOAT_DIVIDE: 14,
}

TIMING = ThreeStage(
    cores=("cortex-m4",),
    method="executed blocks x Arm DDI 0439, tables 3-1, 7-1 and load/store timings; zero wait states; pipeline refill "
    "2 cycles; SDIV 7, the middle of what the manual gives",
    error="about 10 %: a refill takes 1 to 3 cycles",
    fixed=FIXED,
)
