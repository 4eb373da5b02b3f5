"""What code takes in flash, from tables that were measured with a compiler.

``tables/aot_code_size.json`` is written by ``benchmarks/measure_code_size.py``; ``tables/tflm_code_size.json`` holds
what TFLM's operators take one by one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_TABLES = Path(__file__).parent / "tables"
AOT_TABLE = _TABLES / "aot_code_size.json"
TFLM_TABLE = _TABLES / "tflm_code_size.json"


@dataclass(frozen=True)
class AotCode:
    """Flash of a generated program on one core, in bytes.

    Attributes:
        engine: Kernels, with what they call of the C library.
        parameters: The kernels' constant parameter structures.
        program: The generated functions.
        unknown: Kernels that the table lacks.
    """

    engine: int
    parameters: int
    program: int
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Harness:
    """Startup, protocol, drivers and C library of the firmware, in bytes, without stack and arena."""

    flash: int
    ram: int


@cache
def _table(path: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(path.read_text())
    return table


def aot_compiler() -> str:
    """The compiler that the table was measured with."""
    return str(_table(AOT_TABLE)["compiler"])


def aot_code(program: str, core: str, layers: int) -> AotCode | None:
    """Flash of a generated ``model.c`` and the engine functions it needs; None for a core that was not measured.

    Args:
        program: The text of ``model.c``.
        core: A core of :mod:`tinyq.hardware.cores`.
        layers: How many layers the program has.
    """
    cores = _table(AOT_TABLE)["cores"]
    if core not in cores:
        return None
    table = cores[core]
    functions = table["functions"]
    called = set(re.findall(r"\b(tq_\w+)\(", program)) - {"tq_at"}
    needed = _closure(called, functions)
    structures = Counter(re.findall(r"^static const (tq_\w+_params) ", program, re.M))
    parameters = sum(count * table["params"].get(name, 0) for name, count in structures.items())
    unknown = {name for name in called if name not in functions}
    return AotCode(
        engine=sum(functions[name]["bytes"] for name in needed),
        parameters=parameters,
        program=round(table["program"]["base"] + layers * table["program"]["layer"]),
        unknown=tuple(sorted(unknown)),
    )


def harness(board: str, core: str) -> Harness | None:
    """What the firmware takes besides engine and model.

    Args:
        board: Id of the board.
        core: Its core: a board that was not measured is taken to need as much as the largest with the same core.

    Returns:
        None for a core on which it was not measured.
    """
    boards = _table(AOT_TABLE)["boards"]
    found = [boards[board]] if board in boards else [b for b in boards.values() if b["core"] == core]
    if not found:
        return None
    return Harness(max(b["flash"] for b in found), max(b["ram"] for b in found))


def _closure(names: Iterable[str], functions: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in functions and name not in found:
            found.add(name)
            waiting += functions[name]["needs"]
    return found


@dataclass(frozen=True)
class TflmCode:
    """Flash of TFLM with the operators of one model, in bytes.

    Attributes:
        interpreter: Everything but the operators.
        operators: The operators, less what they share.
        static_ram: Variables, and the interpreter object.
        unknown: Operators that the table lacks.
    """

    interpreter: int
    operators: int
    static_ram: int
    unknown: tuple[str, ...]


def tflm_code(operators: Iterable[tuple[str, bool]], library: str) -> TflmCode:
    """Flash of TFLM on a Cortex-M4.

    Args:
        operators: (kind, whether it works on int8) of the model's operators.
        library: "reference" or "cmsis-nn".
    """
    table = _table(TFLM_TABLE)
    sizes = table[library]["operators"]
    shared = table["shared"]["bytes"]
    names = {f"{kind}_INT8" if int8 and f"{kind}_INT8" in sizes else kind for kind, int8 in operators}
    found = [sizes[name] for name in names if name in sizes]
    overlaps = max(0, sum(size > shared for size in found) - 1)
    return TflmCode(
        interpreter=table[library]["base"],
        operators=sum(found) - overlaps * shared,
        static_ram=table["static_ram"]["bytes"],
        unknown=tuple(sorted(name for name in names if name not in sizes)),
    )
