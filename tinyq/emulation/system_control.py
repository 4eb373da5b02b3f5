"""The system control space of the embedded emulator, as far as the firmware uses it: what a fault was."""

from __future__ import annotations

from enum import IntEnum

_CFSR, _HFSR, _BFAR = 0xD28, 0xD2C, 0xD38
_FORCED = 1 << 30
_BFAR_VALID = 1 << 15
_QEMU_UNDEFINED, _QEMU_FETCH, _QEMU_DATA, _QEMU_NO_COPROCESSOR = 1, 3, 4, 17


class Cause(IntEnum):
    """Bits of the configurable fault status register (Armv7-M Architecture Reference Manual, B3.2.15)."""

    NONE = 0
    FETCH = 1 << 8
    DATA = 1 << 9
    STACKING = 1 << 12
    UNDEFINED = 1 << 16
    NO_COPROCESSOR = 1 << 19

    @staticmethod
    def of_error(error: int) -> Cause:
        """The cause behind an error of ``emu_start``."""
        from unicorn import unicorn_const as uc

        if error in (uc.UC_ERR_READ_UNMAPPED, uc.UC_ERR_WRITE_UNMAPPED, uc.UC_ERR_READ_PROT, uc.UC_ERR_WRITE_PROT):
            return Cause.DATA
        if error in (uc.UC_ERR_FETCH_UNMAPPED, uc.UC_ERR_FETCH_PROT):
            return Cause.FETCH
        return Cause.UNDEFINED if error == uc.UC_ERR_INSN_INVALID else Cause.NONE

    @staticmethod
    def of_exception(number: int) -> Cause:
        """The cause behind an exception that the engine's CPU raised."""
        return {
            _QEMU_UNDEFINED: Cause.UNDEFINED,
            _QEMU_FETCH: Cause.FETCH,
            _QEMU_DATA: Cause.NONE,  # on Armv6-M, which keeps no cause: an unaligned access
            _QEMU_NO_COPROCESSOR: Cause.NO_COPROCESSOR,
        }.get(number, Cause.NONE)


class SystemControl:
    """Fault status, and registers that keep what is written and do nothing; there is no memory protection unit.

    None is needed: below the stack there is no memory, so that an overflow faults by itself.
    """

    def __init__(self) -> None:
        self._words: dict[int, int] = {}

    def read(self, offset: int) -> int:
        """The word at an offset from 0xE000E000."""
        return self._words.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        """Store a word; nothing comes of it."""
        self._words[offset] = value

    def record(self, cause: Cause, address: int | None) -> None:
        """Note a fault that went to the hard fault handler, and the data address behind it."""
        self._words[_CFSR] = cause | (_BFAR_VALID if address is not None else 0)
        self._words[_HFSR] = _FORCED
        self._words[_BFAR] = address or 0
