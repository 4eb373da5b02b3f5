"""Cortex-M0+."""

from __future__ import annotations

from tinyq.hardware.timing.cortex_m0 import Armv6M
from tinyq.hardware.timing.decode import Kind

TIMING = Armv6M(
    cores=("cortex-m0plus",),
    method="executed blocks x Arm DDI 0484C, table 3-1; zero wait states; the multiplier that takes one cycle (a chip "
    "may have one of 32 cycles)",
    error="none for such a chip: all times are fixed",
    fixed={
        Kind.LOAD: 2,
        Kind.STORE: 2,
        Kind.CALL: 3,
        Kind.INDIRECT_BRANCH: 2,
        Kind.INDIRECT_CALL: 2,
        Kind.STATUS: 3,
        Kind.BARRIER: 3,
    },
    taken=2,
    pop_pc=3,
)
