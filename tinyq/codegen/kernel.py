"""The interface between the generator and kernels: what a kernel is asked and what it answers.

A module in :mod:`tinyq.codegen.ops` registers one or more kernels for an operator kind. A faster kernel for one core
is one more module there, which registers a further kernel for the same kind; the generator takes the cheapest of those
that have no objection.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray

from tinyq.errors import BadInputError
from tinyq.graph import DType, Graph, Op, Tensor, layer_name
from tinyq.hardware.cores import Core, core

HOST = "host"
SUFFIXES = {DType.INT8: "s8", DType.INT16: "s16"}
"""How the names of kernels end, by the type that they work on."""
TYPES = ("int8", "int16", "int4", "float32", "int32", "int64", "bool")
"""The types that operators are supported for: those of what they work on, or "int4" for 4-bit weights beside int8."""
_AIMS = ("balanced", "speed", "size", "ram")


@dataclass(frozen=True)
class Target:
    """What code is generated for.

    Attributes:
        name: A core of :mod:`tinyq.hardware.cores`, or "host".
        core: What that core can do; None for the host, where only portable C is right.
        optimize: What matters most: "balanced", "speed", "size" or "ram".
    """

    name: str
    core: Core | None
    optimize: str

    @staticmethod
    def of(name: str, optimize: str = "balanced") -> Target:
        """Look a target up by its core's name.

        Raises:
            BadInputError: There is no such core, or no such aim.
        """
        if optimize not in _AIMS:
            raise BadInputError(f"There is no aim named {optimize!r}.", f"Choose one of {', '.join(_AIMS)}.")
        return Target(name, None if name == HOST else core(name), optimize)


@dataclass(frozen=True)
class Node:
    """One operator with its tensors at hand."""

    graph: Graph
    index: int

    @property
    def op(self) -> Op:
        return self.graph.ops[self.index]

    @property
    def name(self) -> str:
        return layer_name(self.graph, self.op)

    def input(self, position: int) -> Tensor:
        """A required input.

        Raises:
            BadInputError: It is absent, which only a damaged file can be the reason of.
        """
        tensor = self.optional_input(position)
        if tensor is None:
            raise BadInputError(f"Operator {self.op.kind} has no input {position}.", "Export the model again.")
        return tensor

    def optional_input(self, position: int) -> Tensor | None:
        index = self.op.input(position)
        return self.graph.tensors[index] if index >= 0 else None

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """All inputs that are there."""
        return tuple(self.graph.tensors[i] for i in self.op.inputs if i >= 0)

    @property
    def output(self) -> Tensor:
        return self.graph.tensors[self.op.outputs[0]]


@dataclass(frozen=True)
class Constant:
    """A constant array in flash.

    Attributes:
        name: Suffix of its C name: "weights".
        data: Contents in the order in which the kernel reads them; the element type decides the C type.
        comment: What it holds, with the order of axes.
        alignment: Bytes; 0 for that of the element type.
    """

    name: str
    data: NDArray[Any]
    comment: str = ""
    alignment: int = 0


@dataclass(frozen=True)
class Ref:
    """The address of one of the layer's constants, by its ``name``."""

    name: str


Value: TypeAlias = "int | float | str | Ref | tuple[Value, ...] | Mapping[str, Value]"
"""A C value: number, verbatim text, address, array, or structure by member names. Floats are meant as C ``float``."""


@dataclass(frozen=True)
class Params:
    """A constant parameter structure of a C type."""

    c_type: str
    members: Mapping[str, Value]


@dataclass(frozen=True)
class Input:
    """Argument: the address of input ``position``, ``offset`` bytes further."""

    position: int
    offset: int = 0


@dataclass(frozen=True)
class Output:
    """Argument: the address of output ``position``, ``offset`` bytes further."""

    position: int = 0
    offset: int = 0


@dataclass(frozen=True)
class Scratch:
    """Argument: the address of the layer's scratch buffer."""


@dataclass(frozen=True)
class ParamsAddress:
    """Argument: the address of the layer's parameter structure."""


Argument: TypeAlias = "Input | Output | Scratch | ParamsAddress | Ref | int | str"


@dataclass(frozen=True)
class Call:
    """One call of an engine function."""

    function: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Emission:
    """The code of one operator.

    Attributes:
        calls: In order. None at all if ``alias`` is set.
        headers: The engine's headers that declare what is used; the sources behind them are found from there.
        params: The parameter structure, if there is one.
        constants: The arrays that params and calls refer to.
        scratch_bytes: Working memory during the calls.
        alias: Position of the input whose bytes are the output as they are, so that nothing needs to be done.
        leads: Inputs over which the (one) output may be written, by position: how many bytes behind the output's first
            byte theirs must be, at least. See :mod:`tinyq.codegen.raster`.
    """

    calls: tuple[Call, ...] = ()
    headers: tuple[str, ...] = ()
    params: Params | None = None
    constants: tuple[Constant, ...] = ()
    scratch_bytes: int = 0
    alias: int | None = None
    leads: Mapping[int, int] = field(default_factory=dict)


class Kernel(Protocol):
    """One way to carry out an operator."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The operators it is for."""

    @property
    def variant(self) -> str:
        """The name of its family: "portable" runs anywhere."""

    def objection(self, node: Node, target: Target) -> str:
        """Why it cannot do this one, as the end of a sentence ("its weights are not constant"), or ""."""

    def cost(self, node: Node, target: Target) -> float:
        """Estimated cycles; only asked if there is no objection."""

    def emit(self, node: Node, target: Target) -> Emission:
        """The code; only asked if there is no objection."""


_KERNELS: list[Kernel] = []
_TYPES: dict[str, set[str]] = {}


def register(kernel: Kernel, *types: str) -> None:
    """Add a kernel to those that the generator chooses from.

    Args:
        types: What it makes the engine support, of :data:`TYPES`; nothing for a further variant.
    """
    _KERNELS.append(kernel)
    for kind in kernel.kinds:
        _TYPES.setdefault(kind, set()).update(types)


def supported_types(kind: str) -> frozenset[str]:
    """The types that the engine has kernels for."""
    _discover()
    return frozenset(_TYPES.get(kind, ()))


def kernels_for(kind: str) -> tuple[Kernel, ...]:
    """All registered kernels for an operator, in the order of their modules' names."""
    _discover()
    return tuple(k for k in _KERNELS if kind in k.kinds)


def supported_kinds() -> tuple[str, ...]:
    """The operators that the engine has, sorted."""
    _discover()
    return tuple(sorted({kind for k in _KERNELS for kind in k.kinds}))


@cache
def _discover() -> None:
    import tinyq.codegen.ops as package

    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        importlib.import_module(f"{package.__name__}.{module.name}")
