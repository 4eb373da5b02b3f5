"""The kernels of a program that together take the least flash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tinyq.codegen.kernel import Emission, Value
from tinyq.footprint.code_size import function_sizes

_UNKNOWN_BYTES = 1500
"""Of a function that the tables lack: more than most have, so that what is known to be small is preferred."""


def smallest(candidates: Sequence[Sequence[Emission]], core: str) -> tuple[int, ...]:
    """For each operator the position of the kernel with which code, parameters and constants are smallest.

    Code is shared: what one layer calls costs the others nothing. So kernels are exchanged for all operators that could
    have the same function, then one by one, as long as that helps.

    Args:
        candidates: For each operator what its kernels emit, the fastest first; of equally small ones that is taken.
        core: A core of :mod:`tinyq.hardware.cores`, or "host".
    """
    sizes = function_sizes(core)
    functions = [[_closure(functions_of(e), sizes) for e in emissions] for emissions in candidates]
    data = [[_data_bytes(e) for e in emissions] for emissions in candidates]

    def total(kernels: Iterable[tuple[int, int]]) -> int:
        kernels = list(kernels)
        used = frozenset[str]().union(*(functions[i][k] for i, k in kernels))
        code = sum(sizes[f][0] if f in sizes else _UNKNOWN_BYTES for f in used)
        return code + sum(data[i][k] for i, k in kernels)

    choice = [min((total([(i, k)]), k) for k in range(len(c)))[1] for i, c in enumerate(candidates)]
    moves = _joint_moves(functions)
    best, improved = total(enumerate(choice)), True
    while improved:
        improved = False
        for move in moves:
            trial = [move.get(i, k) for i, k in enumerate(choice)]
            if (size := total(enumerate(trial))) < best:
                choice, best, improved = trial, size, True
    return tuple(choice)


def functions_of(emission: Emission) -> frozenset[str]:
    """The engine's functions that are called, or named in parameters."""
    named = re.findall(r"\btq_\w+", " ".join(_texts(emission.params.members.values()))) if emission.params else []
    return frozenset([*(call.function for call in emission.calls), *named])


def _texts(values: Iterable[Value]) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from _texts(value.values())
        elif isinstance(value, tuple):
            yield from _texts(value)


def _data_bytes(emission: Emission) -> int:
    """Constants and, at a word each, parameters."""
    words = _leaves(emission.params.members) if emission.params else 0
    return sum(constant.data.nbytes for constant in emission.constants) + 4 * words


def _leaves(value: Value) -> int:
    if isinstance(value, Mapping):
        return sum(map(_leaves, value.values()))
    return sum(map(_leaves, value)) if isinstance(value, tuple) else 1


def _closure(names: Iterable[str], sizes: Mapping[str, tuple[int, tuple[str, ...]]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += sizes[name][1] if name in sizes else ()
    return frozenset(found)


def _joint_moves(functions: Sequence[Sequence[frozenset[str]]]) -> list[dict[int, int]]:
    """For each set of functions the operators that could use it, all at once; and each operator's kernels alone."""
    joint: dict[frozenset[str], dict[int, int]] = {}
    for i, sets in enumerate(functions):
        for k, names in enumerate(sets):
            joint.setdefault(names, {}).setdefault(i, k)
    single = [{i: k} for i, sets in enumerate(functions) for k in range(len(sets)) if len(sets) > 1]
    return [*joint.values(), *single]
