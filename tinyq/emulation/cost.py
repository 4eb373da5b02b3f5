"""What executed blocks cost: instructions, bytes moved, and cycles as modelled for the core."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tinyq.emulation.blocks import Executed
from tinyq.errors import FailedError
from tinyq.firmware.disassembly import Instruction, disassemble
from tinyq.hardware.timing import Decoded, Timing, decode, timing_of


@dataclass(frozen=True)
class Cost:
    """What a stretch of a program cost.

    Attributes:
        instructions: Executed instructions.
        cycles: Modelled; None if there is no timing for the core.
        loaded, stored: Bytes that its instructions read and wrote; instructions of pure predication count in full.
    """

    instructions: int
    cycles: float | None
    loaded: int
    stored: int


class CostModel:
    """Costs of the blocks of one firmware.

    Args:
        elf: The firmware.
        core: A core of :mod:`tinyq.hardware.cores`.
        objdump: The toolchain's ``objdump``; None for capstone.
    """

    def __init__(self, elf: Path, core: str, objdump: Path | None) -> None:
        self._elf, self._objdump = elf, objdump
        self._decoded: dict[int, Decoded] = {}
        self.timing: Timing | None = timing_of(core)

    @cached_property
    def _instructions(self) -> dict[int, Instruction]:
        return {i.address: i for i in disassemble(self._elf, self._objdump)}

    def of(self, blocks: Iterable[Executed]) -> Cost:
        """The cost of some blocks.

        Raises:
            FailedError: They are none of this firmware.
        """
        instructions, cycles, loaded, stored = 0, 0.0, 0, 0
        for block in blocks:
            decoded = [self._at(address) for address in block.addresses]
            instructions += block.instructions
            for each in decoded:
                if each.is_store:
                    stored += each.access_bytes * block.entered
                else:
                    loaded += each.access_bytes * block.entered
            if self.timing is not None:
                stayed = block.entered - block.left
                cycles += block.left * self.timing.cycles(decoded, taken=True) if block.left else 0.0
                cycles += stayed * self.timing.cycles(decoded, taken=False) if stayed else 0.0
        return Cost(instructions, cycles if self.timing is not None else None, loaded, stored)

    def _at(self, address: int) -> Decoded:
        found = self._decoded.get(address)
        if found is None:
            instruction = self._instructions.get(address)
            if instruction is None:
                raise FailedError(
                    f"The firmware has no instruction at 0x{address:08x}, where it was executed.", "Build it again."
                )
            found = self._decoded[address] = decode(instruction)
        return found
