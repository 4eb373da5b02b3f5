"""Cortex-M3."""

from __future__ import annotations

from tinyq.hardware.timing.decode import Kind
from tinyq.hardware.timing.three_stage import ThreeStage

TIMING = ThreeStage(
    cores=("cortex-m3",),
    method="executed blocks x Arm DDI 0337I, tables 3-1 and load/store timings; zero wait states; pipeline refill 2 "
    "cycles; SMULL 4, SMLAL 5.5, SDIV 7, the middle of what the manual gives",
    error="about 10 %, where long multiplications are many 30 %: their time depends on the operands",
    fixed={
        Kind.MULTIPLY: 1,
        Kind.MULTIPLY_ADD: 2,
        Kind.LONG_MULTIPLY: 4,
        Kind.LONG_MULTIPLY_ADD: 5.5,
        Kind.DIVIDE: 7,
        Kind.STATUS: 2,
        Kind.BARRIER: 3,
    },
)
