"""Resource variables as tensors that are kept between inferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import UnsupportedError
from tinyq.graph import Graph, Op, Tensor
from tinyq.graph.options import VarHandleOptions

_Key = tuple[str, str]


@dataclass(frozen=True)
class WithVariables:
    """A graph without handles.

    Attributes:
        graph: READ_VARIABLE reads a tensor and ASSIGN_VARIABLE writes one; indices of operators and of the tensors that
            were there before stay valid.
        initial: What variables hold at the start, by tensor, where the model says so.
    """

    graph: Graph
    initial: Mapping[int, NDArray[Any]] = field(default_factory=lambda: MappingProxyType({}))


def with_variables(graph: Graph) -> WithVariables:
    """Replace handles by tensors.

    Raises:
        UnsupportedError: A variable is used with several shapes or types, or is initialized by a computation.
    """
    if not any(op.kind == "VAR_HANDLE" for op in graph.ops):
        return WithVariables(graph)
    return _Lowering(graph).run()


class _Lowering:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.tensors = list(graph.tensors)
        self.variables: dict[_Key, int] = {}

    def run(self) -> WithVariables:
        handles = _handles(self.graph)
        # the one that is assigned first says what the memory of a variable is filled with
        for kind, position in (("ASSIGN_VARIABLE", 1), ("READ_VARIABLE", 0)):
            for op in self.graph.ops:
                if op.kind == kind:
                    value = op.input(position) if kind == "ASSIGN_VARIABLE" else op.outputs[0]
                    self._declare(handles, op, self.graph.tensors[value])
        ops = tuple(self._lowered(op, handles) for op in self.graph.ops)
        graph = replace(self.graph, tensors=tuple(self.tensors), ops=ops)
        return WithVariables(graph, self._initial())

    def _declare(self, handles: Mapping[int, _Key], op: Op, value: Tensor) -> None:
        key = self._key(handles, op)
        if key not in self.variables:
            name = "/".join(filter(None, key)) or "variable"
            self.variables[key] = len(self.tensors)
            self.tensors.append(replace(value, name=name, data=None, is_variable=True))
            return
        known = self.tensors[self.variables[key]]
        if (known.shape, known.dtype) != (value.shape, value.dtype):
            raise UnsupportedError(
                f"Variable {known.name!r} is used with the shapes {known.shape} and {value.shape}, or with two types.",
                "Give it one shape and one type.",
            )

    def _key(self, handles: Mapping[int, _Key], op: Op) -> _Key:
        if op.input(0) not in handles:
            raise UnsupportedError(f"{op.kind} has a handle that no VAR_HANDLE made.", "Export the model again.")
        return handles[op.input(0)]

    def _lowered(self, op: Op, handles: Mapping[int, _Key]) -> Op:
        if op.kind == "VAR_HANDLE":
            return replace(op, outputs=())
        if op.kind == "READ_VARIABLE":
            return replace(op, inputs=(self.variables[self._key(handles, op)],))
        if op.kind == "ASSIGN_VARIABLE":
            return replace(op, inputs=op.inputs[1:], outputs=(self.variables[self._key(handles, op)],))
        return op

    def _check_size(self, index: int, data: NDArray[Any]) -> None:
        variable = self.tensors[index]
        if data.size != variable.elements or data.dtype != variable.dtype.numpy:
            raise UnsupportedError(
                f"Variable {variable.name!r} is initialized with another size or type.", "Export the model again."
            )

    def _initial(self) -> dict[int, NDArray[Any]]:
        found: dict[int, NDArray[Any]] = {}
        for part in self.graph.initializers:
            handles = _handles(part)
            for op in part.ops:
                if op.kind == "VAR_HANDLE":
                    continue
                data = part.tensors[op.input(1)].data if op.kind == "ASSIGN_VARIABLE" and op.input(1) >= 0 else None
                if data is None:
                    raise UnsupportedError(
                        f"A variable is initialized by {op.kind}, not by a constant.", "Initialize it with constants."
                    )
                index = self.variables.get(self._key(handles, op))
                if index is not None:
                    if data.size != self.tensors[index].elements:
                        raise UnsupportedError(
                            f"Variable {self.tensors[index].name!r} is initialized with another size.",
                            "Export it again.",
                        )
                    found[index] = np.ascontiguousarray(data)
        return found


def _handles(graph: Graph) -> dict[int, _Key]:
    return {
        op.outputs[0]: (op.options.container, op.options.shared_name)
        for op in graph.ops
        if op.kind == "VAR_HANDLE" and isinstance(op.options, VarHandleOptions)
    }
