"""What code takes in flash, from tables that were measured with a compiler.

``tables/aot_code_size.json`` is written by ``benchmarks/measure_code_size.py``, ``tables/tflm_code_size.json`` by
``benchmarks/measure_tflm_size.py``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tinyq import resources

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
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
        stack: Stack of the deepest chain of calls below ``model_invoke``.
        unknown: Kernels that the table lacks.
    """

    engine: int
    parameters: int
    program: int
    stack: int
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Harness:
    """Startup, protocol, drivers and C library of the firmware, in bytes, without stack and arena.

    Attributes:
        flash: Code and initial values.
        ram: Variables.
        stack: Stack in use when the model is called.
    """

    flash: int
    ram: int
    stack: int


@cache
def _table(path: Path) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(path.read_text())
    return table


def aot_compiler() -> str:
    """The compiler that the table was measured with."""
    return str(_table(AOT_TABLE)["compiler"])


def engine_digest() -> str:
    """SHA-256 of the engine's sources, of which the table keeps the one that it was measured of."""
    digest = hashlib.sha256()
    for path in sorted(p for p in resources.folder("engine").rglob("*") if p.suffix in (".c", ".h", ".S")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def is_current() -> bool:
    """Whether the table was measured of the engine as it is."""
    return bool(_table(AOT_TABLE).get("engine") == engine_digest())


def table_knows(files: Mapping[str, str], core: str) -> bool:
    """Whether the table was measured of the engine as it is, and of all that a program calls.

    Args:
        files: The program's files by name; kernels that were generated with it are in no table.
        core: The core.
    """
    if not is_current() or any(name.endswith((".c", ".S")) and name != "model.c" for name in files):
        return False
    sizes = aot_code(files["model.c"], core, 0)
    return sizes is not None and not sizes.unknown


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
    text = _COMMENT.sub("", program)
    called = set(re.findall(r"\b(tq_\w+)\(", text)) - {"tq_at"}
    # parts of a kernel that its parameters name
    passed = set(re.findall(r"= &?(tq_\w+)[,;\s}]", text))
    needed = _closure(called | passed, functions)
    structures = Counter(re.findall(r"^static const (tq_\w+_params) ", program, re.M))
    parameters = sum(count * table["params"].get(name, 0) for name, count in structures.items())
    unknown = {name for name in called | passed if name not in functions}
    return AotCode(
        engine=sum(functions[name]["bytes"] for name in needed),
        parameters=parameters,
        program=round(table["program"]["base"] + layers * table["program"]["layer"]),
        stack=sum(_deepest_of(names & functions.keys(), functions) for names in (called, passed)),
        unknown=tuple(sorted(unknown)),
    )


def function_sizes(core: str) -> Mapping[str, tuple[int, tuple[str, ...]]]:
    """Bytes of the engine's functions on a core, and which others they need.

    A core that was not measured, or "host", is taken to be a Cortex-M4.
    """
    cores = _table(AOT_TABLE)["cores"]
    functions = cores[core if core in cores else "cortex-m4"]["functions"]
    return {name: (int(entry["bytes"]), tuple(entry["needs"])) for name, entry in functions.items()}


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
    # the same code everywhere; what differs is how far the kernels of the measurement were from their deepest
    stack = max(b["stack"] for b in boards.values())
    return Harness(max(b["flash"] for b in found), max(b["ram"] for b in found), stack)


def _deepest_of(names: Iterable[str], functions: dict[str, Any]) -> int:
    return max((deepest_stack(name, functions) for name in names), default=0)


def deepest_stack(name: str, functions: dict[str, Any]) -> int:
    """Stack of a function and the deepest of what it calls, which never calls itself."""
    entry = functions[name]
    below = (deepest_stack(needed, functions) for needed in entry["needs"] if needed in functions)
    return int(entry["stack"]) + max(below, default=0)


def _closure(names: Iterable[str], functions: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in functions and name not in found:
            found.add(name)
            waiting += functions[name]["needs"]
    return found
