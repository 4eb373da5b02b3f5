"""A Cortex-M machine on the Unicorn engine: memories, peripherals and faults of one board, counted block by block.

Unicorn executes instructions and nothing else, so what the firmware needs around the core is here: the serial port and
the counter that the board's drivers use, the system control space, and the entry of exceptions (Armv7-M Architecture
Reference Manual, B1.5).
"""

from __future__ import annotations

import struct
from collections import defaultdict
from pathlib import Path
from typing import Any

from tinyq.emulation.block_counter import BlockCounter
from tinyq.emulation.blocks import Executed
from tinyq.emulation.peripherals import Peripheral, SerialLine, counters, uarts
from tinyq.emulation.system_control import Cause, SystemControl
from tinyq.errors import FailedError
from tinyq.hardware.boards import Board

_PAGE = 0x1000
_NOWHERE = 0xFFFFFFFE
"""Where emulation would end by itself."""
_HARD_FAULT = 3
_EXC_RETURN_THREAD_MAIN = 0xFFFFFFF9
_FRAME = struct.Struct("<8I")
_THUMB = 1 << 24

_CPU_MODELS = {
    "cortex-m0": "CORTEX_M0",
    "cortex-m0plus": "CORTEX_M0",
    "cortex-m3": "CORTEX_M3",
    "cortex-m4": "CORTEX_M4",
    "cortex-m7": "CORTEX_M7",
    "cortex-m33": "CORTEX_M33",
}


def unsupported(board: Board) -> str:
    """Why this emulator cannot run a board; empty if it can."""
    if board.core not in _CPU_MODELS:
        return f"Unicorn has no {board.core.removeprefix('cortex-').upper()}"
    if board.uart.type not in uarts():
        return f"it has no model of the UART {board.uart.type}"
    if board.counter.type != "none" and board.counter.type not in counters():
        return f"it has no model of the counter {board.counter.type}"
    return ""


class Machine:
    """A board that runs a firmware.

    Args:
        elf: The firmware.
        board: The board that it was built for.
        follow: Whether to note where each block went, for :attr:`executed`; takes twice the time.

    Raises:
        FailedError: The file is no firmware for the board.
    """

    def __init__(self, elf: Path, board: Board, *, follow: bool = False) -> None:
        import unicorn
        from unicorn import arm_const

        # UC_MODE_MCLASS would set the model to the largest one
        self._engine: Any = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        self._engine.ctl_set_cpu_model(getattr(arm_const, f"UC_CPU_ARM_{_CPU_MODELS[board.core]}"))
        self._registers = {n: getattr(arm_const, f"UC_ARM_REG_{n.upper()}") for n in _REGISTERS}
        self._blocks = BlockCounter(self._engine, follow)
        self._engine.hook_add(unicorn.UC_HOOK_INTR, self._on_exception)
        self._engine.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_bad_access)
        self._paused = False
        self._exception: int | None = None
        self._bad_address: int | None = None
        self.line = SerialLine(self._pause)
        self._control = SystemControl()
        self._map(board)
        self._load(elf)
        code = board.region("code")
        self._vectors = code.origin if code is not None else 0
        stack, reset = struct.unpack("<2I", self._engine.mem_read(self._vectors, 8))
        self._set("sp", stack)
        self._next = reset

    def run(self) -> None:
        """Run until the firmware waits for input. A fault is the firmware's to handle."""
        from unicorn import UcError

        self._paused = False
        while not self._paused:
            self._exception = self._bad_address = None
            try:
                self._engine.emu_start(self._next | 1, _NOWHERE)
                cause = Cause.of_exception(self._exception) if self._exception is not None else None
            except UcError as error:
                cause = Cause.of_error(error.errno)
            self._next = self._get("pc") if cause is None else self._enter_fault(cause)

    def store(self, address: int, data: bytes) -> None:
        """Write into memory."""
        self._engine.mem_write(address, data)

    @property
    def executed(self) -> list[list[Executed]]:
        """What ran between each start of the board's counter and its last reading before the next start."""
        return self._blocks.spans

    def _map(self, board: Board) -> None:
        for region in board.memory:
            start, end = region.origin & -_PAGE, -(-(region.origin + region.bytes) // _PAGE) * _PAGE
            self._engine.mem_map(start, end - start)
        peripherals: list[tuple[int, Peripheral]] = [
            (0xE000E000, self._control),
            (board.uart.base, uarts()[board.uart.type](self.line)),
        ]
        if board.counter.type != "none":
            peripherals.append((board.counter.base, counters()[board.counter.type](self._blocks)))
        occupied = {base & -_PAGE for base, _ in peripherals}
        peripherals += [(page, Latches()) for page in {w.address & -_PAGE for w in board.setup} - occupied]
        buses: defaultdict[int, list[tuple[int, Peripheral]]] = defaultdict(list)
        for base, peripheral in peripherals:
            buses[base & -_PAGE].append((base & (_PAGE - 1), peripheral))
        for page, members in buses.items():
            bus = _Bus(members)
            self._engine.mmio_map(page, _PAGE, bus.read, None, bus.write, None)

    def _load(self, elf: Path) -> None:
        from elftools.common.exceptions import ELFError
        from elftools.elf.elffile import ELFFile
        from unicorn import UcError

        try:
            with elf.open("rb") as stream:
                for segment in ELFFile(stream).iter_segments():
                    if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]:
                        self._engine.mem_write(segment["p_paddr"], segment.data())
        except (OSError, ELFError, UcError) as error:
            raise FailedError(f"{elf} is no firmware for this board ({error}).", "Build it again.") from error

    def _pause(self) -> None:
        self._paused = True
        self._engine.emu_stop()

    def _on_exception(self, _engine: Any, number: int, _data: Any) -> None:
        self._exception = number
        self._engine.emu_stop()

    def _on_bad_access(self, _engine: Any, _kind: int, address: int, _size: int, _value: int, _data: Any) -> bool:
        self._bad_address = address
        return False

    def _enter_fault(self, cause: Cause) -> int:
        """Save registers and note the cause as the core does; the address of the handler."""
        from unicorn import UcError

        frame = [self._get(name) for name in ("r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr")]
        place = (self._get("sp") - _FRAME.size) & ~7
        try:
            self._engine.mem_write(place, _FRAME.pack(*frame))
        except UcError:
            cause = Cause.STACKING
        self._control.record(cause, self._bad_address if cause is Cause.DATA else None)
        self._set("sp", place)
        self._set("lr", _EXC_RETURN_THREAD_MAIN)
        self._set("xpsr", _THUMB | _HARD_FAULT)
        (handler,) = struct.unpack("<I", self._engine.mem_read(self._vectors + 4 * _HARD_FAULT, 4))
        return int(handler)

    def _get(self, register: str) -> int:
        return int(self._engine.reg_read(self._registers[register]))

    def _set(self, register: str, value: int) -> None:
        self._engine.reg_write(self._registers[register], value)


_REGISTERS = ("r0", "r1", "r2", "r3", "r12", "sp", "lr", "pc", "xpsr")


class Latches:
    """Registers that keep what is written: clocks and pins."""

    def __init__(self) -> None:
        self._words: dict[int, int] = {}

    def read(self, offset: int) -> int:
        """The word at an offset."""
        return self._words.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        """Store a word."""
        self._words[offset] = value


class _Bus:
    """One page of registers; words where nothing is read as zero."""

    def __init__(self, members: list[tuple[int, Peripheral]]) -> None:
        self._members = sorted(members, key=lambda m: m[0], reverse=True)

    def read(self, _engine: Any, offset: int, _size: int, _data: Any) -> int:
        for base, peripheral in self._members:
            if offset >= base:
                return peripheral.read(offset - base)
        return 0

    def write(self, _engine: Any, offset: int, _size: int, value: int, _data: Any) -> None:
        for base, peripheral in self._members:
            if offset >= base:
                peripheral.write(offset - base, value)
                return
