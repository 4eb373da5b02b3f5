"""A graph while operators of it are replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.options import NoOptions, Options


class Draft:
    """Operators written so far, and the tensors of the old graph with those that were added.

    Attributes:
        graph: The graph as it was.
        ops: What takes the place of its operators.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.ops: list[Op] = []
        self._tensors = list(graph.tensors)

    def tensor(self, index: int) -> Tensor:
        return self._tensors[index]

    def constant(self, like: int, what: str, data: NDArray[Any]) -> int:
        """Add a constant for an operator that writes the tensor ``like``; returns its index."""
        name = f"{self._tensors[like].name}/{what}"
        return self._add(Tensor(name, data.shape, DType(data.dtype.name), data=data))

    def scalar(self, like: int, what: str, value: float) -> int:
        """Add a float constant of no dimensions."""
        return self.constant(like, what, np.array(value, np.float32))

    def activation(self, like: int, what: str, shape: Sequence[int] | None = None) -> int:
        """Add an activation of the type of ``like``, and of its shape where none is given."""
        model = self._tensors[like]
        return self._add(Tensor(f"{model.name}/{what}", tuple(model.shape if shape is None else shape), model.dtype))

    def write(self, kind: str, inputs: Sequence[int], output: int, options: Options | None = None) -> int:
        """Write an operator; returns ``output``."""
        self.ops.append(Op(kind, tuple(inputs), (output,), options if options is not None else NoOptions()))
        return output

    def producer(self, index: int) -> Op | None:
        """The operator of the old graph that writes a tensor."""
        at = self.graph.producers.get(index)
        return None if at is None else self.graph.ops[at]

    def finished(self) -> Graph:
        """The new graph."""
        return replace(self.graph, tensors=tuple(self._tensors), ops=tuple(self.ops))

    def _add(self, tensor: Tensor) -> int:
        self._tensors.append(tensor)
        return len(self._tensors) - 1
