"""The cells of LSTM layers, step by step, which an interpreter does not show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.options import LstmOptions

INPUT, HIDDEN, CELL = 0, 18, 19
"""Positions among the inputs of UNIDIRECTIONAL_SEQUENCE_LSTM: data, and the states."""
WEIGHTS, RECURRENT, BIASES = 1, 5, 12
"""First positions of the input, forget, cell and output gate's parameters."""


@dataclass(frozen=True)
class LstmCells:
    """What is needed to follow the cells of one layer.

    Attributes:
        source, hidden: Tensors that hold the inputs, and the outputs of the step before.
        weights, recurrent: float32 ``[4 * units, inputs]`` and ``[4 * units, units]``, in the order of the gates.
        bias: float32 ``[4 * units]``.
        time_major: Inputs are ``[steps, batches, inputs]`` instead of ``[batches, steps, inputs]``.
        clip: Of cells; 0 for none.
    """

    source: int
    hidden: int
    weights: NDArray[np.float32]
    recurrent: NDArray[np.float32]
    bias: NDArray[np.float32]
    time_major: bool
    clip: float

    def states(
        self, inputs: NDArray[np.float32], hidden: NDArray[np.float32], cell: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Cells after each step, ``[steps, batches, units]``, from the states ``[batches, units]`` at the start."""
        found = []
        for x in inputs if self.time_major else np.swapaxes(inputs, 0, 1):
            gates = x @ self.weights.T + hidden @ self.recurrent.T + self.bias
            admit, forget, proposed, show = np.split(gates, 4, axis=1)
            cell = _sigmoid(forget) * cell + _sigmoid(admit) * np.tanh(proposed)
            if self.clip > 0:
                cell = np.clip(cell, -self.clip, self.clip)
            hidden = np.tanh(cell) * _sigmoid(show)
            found.append(cell)
        return np.stack(found)


def cells_of(graph: Graph) -> Mapping[int, LstmCells]:
    """How to follow the cells of each LSTM layer, by the tensor of its cells."""
    return {op.inputs[CELL]: _cells(graph, op) for op in graph.ops if op.kind == "UNIDIRECTIONAL_SEQUENCE_LSTM"}


def _cells(graph: Graph, op: Op) -> LstmCells:
    options = op.options if isinstance(op.options, LstmOptions) else LstmOptions()
    return LstmCells(
        op.inputs[INPUT],
        op.inputs[HIDDEN],
        _joined(graph, op, WEIGHTS),
        _joined(graph, op, RECURRENT),
        _joined(graph, op, BIASES),
        options.time_major,
        options.cell_clip,
    )


def _joined(graph: Graph, op: Op, first: int) -> NDArray[np.float32]:
    tensors: list[Tensor] = [graph.tensors[op.inputs[i]] for i in range(first, first + 4)]
    return np.concatenate([np.asarray(t.data, np.float32) for t in tensors if t.dtype is DType.FLOAT32])


def _sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-x)), np.float32)
