"""Counts the blocks of instructions that the Unicorn engine executes."""

from __future__ import annotations

import ctypes
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tinyq.emulation.blocks import Executed
from tinyq.emulation.peripherals import TICKS_PER_INSTRUCTION
from tinyq.errors import FailedError

_SIZE_BITS = 16
_SIZE = (1 << _SIZE_BITS) - 1
_BLOCK_BITS = 64
_BLOCK = (1 << _BLOCK_BITS) - 1
_FIRST_WIDE = 0x1D
"""Upper five bits of a first halfword from which on an instruction has a second one."""

_Counts = dict[int, int]


class BlockCounter:
    """Executions of each block, and the stopwatch of the machine's counter.

    A block is ``address << 16 | size``, a step from one to another ``before << 64 | after``. A block counts as a whole
    when it begins: what is read inside of one is off by a constant, which the calibration with an empty function takes
    out.

    Args:
        engine: The engine; is hooked.
        follow: Count steps instead of blocks.
    """

    def __init__(self, engine: Any, follow: bool) -> None:
        self._engine = engine
        self._follow = follow
        self._counts: defaultdict[int, int] = defaultdict(int)
        self._addresses: dict[int, tuple[int, ...]] = {}
        self._spans: list[tuple[_Counts, _Counts | None]] = []
        self._hook = _hook_blocks(engine, _steps(self._counts) if follow else _blocks(self._counts))

    def start(self) -> None:
        """Begin to measure."""
        if not self._follow:
            self._spans.clear()
        self._spans.append((dict(self._counts), None))

    def ticks(self) -> int:
        """Ticks since the start."""
        before, _ = self._spans[-1]
        self._spans[-1] = before, dict(self._counts)
        instructions = sum(n * len(self._instructions(key & _BLOCK)) for key, n in self._differences(-1))
        return TICKS_PER_INSTRUCTION * instructions

    @property
    def spans(self) -> list[list[Executed]]:
        """What ran between each start and the last reading before the next one; needs ``follow``."""
        return [self._executed(i) for i, (_, after) in enumerate(self._spans) if after is not None]

    def _differences(self, index: int) -> list[tuple[int, int]]:
        before, after = self._spans[index]
        return [(key, n - before.get(key, 0)) for key, n in (after or before).items() if n != before.get(key, 0)]

    def _executed(self, index: int) -> list[Executed]:
        entered: defaultdict[int, int] = defaultdict(int)
        left: defaultdict[int, int] = defaultdict(int)
        for step, times in self._differences(index):
            before, after = step >> _BLOCK_BITS, step & _BLOCK
            entered[after] += times
            if (before >> _SIZE_BITS) + (before & _SIZE) != after >> _SIZE_BITS:
                left[before] += times
        return [Executed(self._instructions(b), n, left[b]) for b, n in sorted(entered.items())]

    def _instructions(self, block: int) -> tuple[int, ...]:
        """Addresses of a block's instructions; code does not change."""
        if block not in self._addresses:
            start, size = block >> _SIZE_BITS, block & _SIZE
            code = self._engine.mem_read(start, size)
            found, position = [], 0
            while position < size:
                found.append(start + position)
                position += 4 if code[position + 1] >> 3 >= _FIRST_WIDE else 2
            self._addresses[block] = tuple(found)
        return self._addresses[block]


def _blocks(counts: defaultdict[int, int]) -> Callable[..., None]:
    def count(_engine: int | None, address: int, size: int, _data: int | None) -> None:
        counts[address << _SIZE_BITS | size] += 1

    return count


def _steps(counts: defaultdict[int, int]) -> Callable[..., None]:
    last = 0

    def count(_engine: int | None, address: int, size: int, _data: int | None) -> None:
        nonlocal last
        block = address << _SIZE_BITS | size
        counts[last << _BLOCK_BITS | block] += 1
        last = block

    return count


def _hook_blocks(engine: Any, function: Callable[..., None]) -> Any:
    """Have a function called for each block; the result must live as long as the engine.

    This is ``hook_add`` of the binding without its layers around the callback, which take as long as all the rest.
    """
    from unicorn import unicorn_const
    from unicorn.unicorn_py3.unicorn import uclib

    callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p)(function)
    handle = ctypes.c_size_t()
    everywhere = (ctypes.c_uint64(1), ctypes.c_uint64(0))
    status = uclib.uc_hook_add(
        engine._uch, ctypes.byref(handle), unicorn_const.UC_HOOK_BLOCK, callback, None, *everywhere
    )
    if status != unicorn_const.UC_ERR_OK:
        raise FailedError(
            f"Unicorn refuses to count blocks (error {status}).", "Install the version that tinyq asks for."
        )
    return callback
