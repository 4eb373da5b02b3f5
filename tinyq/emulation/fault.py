"""The fault report of the firmware, in words (Armv6-M and Armv7-M Architecture Reference Manuals, B3.2)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

_WORDS = ("r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr")
_FIXED = struct.Struct("<5I8I")
_STATUS = struct.Struct("<4I")

_EXCEPTIONS = {2: "NMI", 3: "HardFault", 4: "MemManage", 5: "BusFault", 6: "UsageFault", 7: "SecureFault", 11: "SVCall"}

# bit of the configurable fault status register: meaning
_CAUSES = {
    0: "instruction fetch from a place that holds no code",
    1: "data access that the memory protection forbids",
    3: "memory protection fault while leaving an exception",
    4: "memory protection fault while entering an exception, as on stack overflow",
    5: "memory protection fault while saving floating-point state",
    8: "instruction fetch from an address where nothing is",
    9: "data access at an address where nothing is",
    10: "data access at an address where nothing is (reported late)",
    11: "bus fault while leaving an exception",
    12: "bus fault while entering an exception, as on stack overflow",
    13: "bus fault while saving floating-point state",
    16: "undefined instruction",
    17: "jump to an address without the Thumb bit",
    18: "invalid return from an exception",
    19: "instruction of a coprocessor that is absent or off",
    24: "unaligned access",
    25: "division by zero",
}
_MMFAR_VALID, _BFAR_VALID, _STACK_LIMIT = 7, 15, 20
_STACK_GUARD = 256


@dataclass(frozen=True)
class Fault:
    """Registers at a fault.

    Attributes:
        exception: Number of the exception that was taken.
        exc_return: Its EXC_RETURN value.
        frame: Address of the saved registers.
        stack_limit: Lowest address of the stack.
        registers: Saved registers by name; empty if they could not be saved.
        cfsr, hfsr, mmfar, bfar: Fault status; None on cores without (Armv6-M).
    """

    exception: int
    exc_return: int
    frame: int
    stack_limit: int
    registers: dict[str, int]
    cfsr: int | None = None
    hfsr: int | None = None
    mmfar: int | None = None
    bfar: int | None = None

    def describe(self, symbol_at: Callable[[int], str | None] = lambda _: None) -> str:
        """One clause: what happened, where. ``symbol_at`` names the function at an address."""
        name = _EXCEPTIONS.get(self.exception, f"exception {self.exception}")
        if self.overflow:
            return f"{name}: stack overflow"
        text = f"{name}: {self._cause()}"
        if self.registers:
            pc, lr = self.registers["pc"], self.registers["lr"] & ~1
            text += f", at pc {_place(pc, symbol_at)}"
            # the register may serve for something else by then
            if symbol_at(lr):
                text += f", called from {_place(lr, symbol_at)}"
        return text

    @property
    def overflow(self) -> bool:
        """Whether the stack ran over: then what was saved on it means nothing."""
        limit = self.cfsr is not None and self.cfsr >> _STACK_LIMIT & 1
        return bool(limit) or not self.registers or self.frame < self.stack_limit + _STACK_GUARD

    def _cause(self) -> str:
        if self.cfsr is None:
            return "a fault of which this core keeps no cause"
        found = [meaning for bit, meaning in _CAUSES.items() if self.cfsr >> bit & 1]
        if not found and self.hfsr is not None and self.hfsr >> 1 & 1:
            found = ["the vector table cannot be read"]
        if not found:
            found = ["no cause recorded"]
        address = None
        if self.cfsr >> _BFAR_VALID & 1:
            address = self.bfar
        elif self.cfsr >> _MMFAR_VALID & 1:
            address = self.mmfar
        return " and ".join(found) + (f" (address 0x{address:08x})" if address is not None else "")


def parse_fault(payload: bytes) -> Fault | None:
    """The payload of a FAULT message, or None if it is none."""
    if len(payload) not in (_FIXED.size, _FIXED.size + _STATUS.size):
        return None
    exception, exc_return, frame, limit, count, *words = _FIXED.unpack_from(payload)
    registers = dict(zip(_WORDS, words, strict=True)) if count else {}
    status = _STATUS.unpack_from(payload, _FIXED.size) if len(payload) > _FIXED.size else (None,) * 4
    return Fault(exception, exc_return, frame, limit, registers, *status)


def _place(address: int, symbol_at: Callable[[int], str | None]) -> str:
    name = symbol_at(address)
    return f"0x{address:08x}" + (f" ({name})" if name else "")
