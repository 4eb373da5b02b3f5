"""From timer ticks to executed instructions.

An emulator whose virtual time advances by a fixed step for each instruction makes a timer a counter of instructions:
ticks = instructions * a fraction. Loops of known length, timed on the target, give that fraction, and an empty function
the cost of measuring. If an instruction takes two ticks or more, rounding is exact whatever the phase of the timer.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

_OVERFLOW = (1 << 64) - 1
_LARGEST_DENOMINATOR = 500  # two ticks too many or too few in the 262,144 instructions between the loops change none


@dataclass(frozen=True)
class Calibration:
    """Ticks of one instruction, and instructions that measuring itself takes."""

    ticks_per_instruction: Fraction
    overhead: int

    def instructions(self, ticks: int) -> int:
        """Instructions of a function, its return included; 0 if the counter could not hold the ticks."""
        if ticks >= _OVERFLOW:
            return 0
        return max(0, round(ticks / self.ticks_per_instruction) - self.overhead)

    @property
    def exact(self) -> bool:
        """Whether counts are exact, and not only within one instruction."""
        return self.ticks_per_instruction >= 2


def calibrate(loops: tuple[tuple[int, int], ...]) -> Calibration | None:
    """Calibrate with three functions (instructions, ticks): an empty one, a short and a long loop.

    Returns:
        The calibration, or None if the ticks do not follow the instructions (no counter, or one of time).
    """
    (empty, empty_ticks), (short, short_ticks), (long, long_ticks) = loops
    if long_ticks <= short_ticks or short_ticks <= 0 or _OVERFLOW in (empty_ticks, short_ticks, long_ticks):
        return None
    slope = Fraction(long_ticks - short_ticks, long - short).limit_denominator(_LARGEST_DENOMINATOR)
    if slope == 0:
        return None
    found = Calibration(slope, round(empty_ticks / slope) - empty)
    tolerance = 0 if found.exact else 1
    follows = all(abs(found.instructions(ticks) - count) <= tolerance for count, ticks in loops[1:])
    return found if follows and found.overhead >= 0 else None
