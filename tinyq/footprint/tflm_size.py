"""What TensorFlow Lite Micro takes in flash, RAM and stack, from a table that was measured with a compiler.

``tables/tflm_code_size.json`` is written by ``benchmarks/measure_tflm_size.py``. For each core and each build of the
kernels it holds the bytes that some set of operators shares, so that the sum for any set of operators counts nothing
twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TFLM_TABLE = Path(__file__).parent / "tables" / "tflm_code_size.json"

_SAME_CODE = {"cortex-m0plus": "cortex-m0", "cortex-m85": "cortex-m55"}
_BEST_KNOWN = "cortex-m4"


@dataclass(frozen=True)
class TflmCode:
    """TensorFlow Lite Micro with the operators of one model, in bytes.

    Attributes:
        interpreter: Flash of everything but the operators.
        operators: Flash of the operators.
        static_ram: Variables, the interpreter object and the resolver.
        stack: Most that was seen in use, in all of the firmware, for a model whose operators include these.
        measured_on: Core and kernels of the measurement.
        is_same: Whether these are the ones that were asked for.
        elsewhere: Operators that were measured on another core only.
        unknown: Operators that were measured nowhere, and are not counted.
        stack_unknown: Operators whose stack was not measured.
    """

    interpreter: int
    operators: int
    static_ram: int
    stack: int
    measured_on: str
    is_same: bool
    elsewhere: tuple[str, ...]
    unknown: tuple[str, ...]
    stack_unknown: tuple[str, ...]


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TFLM_TABLE.read_text())
    return table


def tflm_compiler() -> str:
    """The compiler that the table was measured with."""
    return str(_table()["compiler"])


def tflm_revision() -> str:
    """The date of the TFLM that was measured."""
    return str(_table()["tflm"])


def tflm_code(operators: Iterable[tuple[str, bool]], core: str, library: str) -> TflmCode:
    """TFLM on a core.

    Args:
        operators: (kind, whether data and weights are int8) of the model's operators.
        core: A core of :mod:`tinyq.hardware.cores`. One that was not measured is taken for a Cortex-M4.
        library: "reference" or "cmsis-nn".
    """
    cores = _table()["cores"]
    wanted = _SAME_CODE.get(core, core)
    found = wanted if wanted in cores else _BEST_KNOWN
    kernels = library if library in cores[found] else next(iter(cores[found]))
    entry, best = cores[found][kernels], cores[_BEST_KNOWN].get(kernels, {"operators": ()})
    kinds = {kind for kind, _ in operators}
    names = {f"{kind}_INT8" if int8 and f"{kind}_INT8" in best["operators"] else kind for kind, int8 in operators}
    here = {name for name in names if name in entry["operators"]}
    elsewhere = {name for name in names - here if name in best["operators"]}
    more = entry["resolver"]["more"] * (len(kinds) - 1)
    stack, stack_unknown = _stack(entry["stack"], kinds)
    return TflmCode(
        interpreter=entry["base"]["flash"],
        operators=_needed(entry, here, "flash") + (_needed(best, elsewhere, "flash") if elsewhere else 0),
        static_ram=entry["base"]["ram"] + entry["resolver"]["one"] + more + _needed(entry, here, "ram"),
        stack=stack,
        measured_on=f"{found} with {kernels} kernels",
        is_same=(found, kernels) == (wanted, library),
        elsewhere=tuple(sorted(elsewhere)),
        unknown=tuple(sorted(names - here - elsewhere)),
        stack_unknown=stack_unknown,
    )


def _needed(entry: dict[str, Any], names: set[str], memory: str) -> int:
    """Bytes that some of the operators need."""
    indices = {i for i, name in enumerate(entry["operators"]) if name in names}
    return sum(int(group[memory]) for group in entry["groups"] if not indices.isdisjoint(group["needed_by"]))


def _stack(measured: list[dict[str, Any]], kinds: set[str]) -> tuple[int, tuple[str, ...]]:
    """The least that covers all operators; else the most of all, and what it does not cover."""
    covering = [m["bytes"] for m in measured if kinds <= set(m["operators"])]
    if covering:
        return min(covering), ()
    covered = {kind for m in measured for kind in m["operators"]}
    return max(m["bytes"] for m in measured), tuple(sorted(kinds - covered))
