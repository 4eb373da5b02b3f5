"""LSTM layers that a converter wrote as loops, as the one operator that TensorFlow Lite has for them.

Keras 3 computes i, f, c, o = split(x W + h U + b), cell' = sigmoid(f) cell + sigmoid(i) tanh(c) and
h' = sigmoid(o) tanh(cell') in the body of a WHILE operator. UNIDIRECTIONAL_SEQUENCE_LSTM does the same, has an integer
kernel, and keeps h and the cell between inferences; they have to be reset where the layer starts from zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.loops import subgraphs_of
from tinyq.graph.options import FullyConnectedOptions, GatherOptions, LstmOptions, NoOptions, SplitOptions

_GATES = 4
_LSTM_INPUTS = 24
_FIRST_BIAS, _HIDDEN, _CELL = 12, 18, 19


@dataclass(frozen=True)
class _Layer:
    """What the body of a loop computes, if it is an LSTM: positions among what the loop carries, and parameters.

    Attributes:
        series, hidden, cell: Inputs ``[steps, batch, inputs]``, and the states ``[batch, units]``.
        filled: Where outputs are gathered, ``[steps, batch, units]`` or ``[1, batch, units]`` for the last one alone.
        weights: Of the input, ``[4 * units, inputs]``; of the hidden state, ``[4 * units, units]``; biases.
    """

    series: int
    hidden: int
    cell: int
    filled: tuple[int, ...]
    weights: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


def with_lstm(main: Graph, parts: Sequence[Graph]) -> Graph:
    """The main graph with LSTM operators for those loops that are LSTM layers, and nothing else changed."""
    if not any(op.kind == "WHILE" for op in main.ops):
        return main
    builder = _Builder(main)
    for op in main.ops:
        body = _body(op, parts)
        layer = _recognized(main, op, body) if body is not None else None
        if layer is None or not builder.add(op, layer):
            builder.ops.append(op)
    return replace(main, tensors=tuple(builder.tensors), ops=tuple(builder.ops))


def _body(op: Op, parts: Sequence[Graph]) -> Graph | None:
    numbers = subgraphs_of(op)
    if op.kind != "WHILE" or len(numbers) != 2 or not 1 <= numbers[1] <= len(parts):
        return None
    body = parts[numbers[1] - 1]
    return body if len(op.inputs) == len(op.outputs) == len(body.inputs) == len(body.outputs) else None


@dataclass
class _Builder:
    main: Graph
    tensors: list[Tensor] = field(init=False)
    ops: list[Op] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tensors = list(self.main.tensors)

    def _new(
        self, name: str, shape: tuple[int, ...], data: NDArray[np.float32] | None = None, kept: bool = False
    ) -> int:
        self.tensors.append(Tensor(name, shape, DType.FLOAT32, None, data, kept))
        return len(self.tensors) - 1

    def add(self, loop: Op, layer: _Layer) -> bool:
        """Write the layer in place of its loop; False if the loop starts or ends as no LSTM layer does."""
        states = [self.main.tensors[loop.inputs[i]] for i in (layer.hidden, layer.cell)]
        if any(t.data is None or t.data.any() for t in states):
            return False
        read = {t for op in self.main.ops for t in op.inputs} | set(self.main.outputs)
        offered = (*layer.filled, layer.hidden)
        if any(t in read and i not in offered for i, t in enumerate(loop.outputs)):
            return False
        series = self.main.tensors[loop.inputs[layer.series]]
        (steps, batch, _), units = series.shape, layer.weights[1].shape[1]
        name = self.main.tensors[loop.outputs[offered[0]]].name
        parameters = [
            [self._new(f"{name}/{what}_{gate}", part.shape, part) for gate, part in enumerate(np.split(whole, _GATES))]
            for what, whole in zip(("input_weights", "recurrent_weights", "bias"), layer.weights, strict=True)
        ]
        hidden, cell = (self._new(f"{name}/{what}", (batch, units), kept=True) for what in ("hidden", "cell"))
        inputs = [-1] * _LSTM_INPUTS
        inputs[0] = loop.inputs[layer.series]
        inputs[1:5], inputs[5:9] = parameters[0], parameters[1]
        inputs[_FIRST_BIAS : _FIRST_BIAS + _GATES] = parameters[2]
        inputs[_HIDDEN], inputs[_CELL] = hidden, cell
        whole = self._new(f"{name}/sequence", (steps, batch, units))
        self.ops.append(Op("UNIDIRECTIONAL_SEQUENCE_LSTM", tuple(inputs), (whole,), LstmOptions(time_major=True)))
        for position in offered:
            if loop.outputs[position] in read:
                self._offer(whole, loop.outputs[position])
        return True

    def _offer(self, whole: int, wanted: int) -> None:
        """All steps, or the last one alone, where the loop had them."""
        shape = self.tensors[whole].shape
        target = self.main.tensors[wanted].shape
        last = len(target) == len(shape) - 1 or target[0] != shape[0]
        begin = np.array([shape[0] - 1 if last else 0, 0, 0], np.int32)
        part = whole
        if last and shape[0] > 1:
            bounds = []
            for what, values in (("begin", begin), ("size", np.array([1, *shape[1:]], np.int32))):
                self.tensors.append(Tensor(f"{self.tensors[whole].name}/{what}", (3,), DType.INT32, None, values))
                bounds.append(len(self.tensors) - 1)
            part = self._new(f"{self.tensors[whole].name}/last", (1, *shape[1:]))
            self.ops.append(Op("SLICE", (whole, *bounds), (part,), NoOptions()))
        sizes = np.array(target, np.int32)
        self.tensors.append(Tensor(f"{self.tensors[wanted].name}/shape", sizes.shape, DType.INT32, None, sizes))
        self.ops.append(Op("RESHAPE", (part, len(self.tensors) - 1), (wanted,), NoOptions()))


class _Body:
    """Questions to the body of a loop; each answer is None where it is not what was asked for."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def made_by(self, tensor: int | None, kind: str) -> Op | None:
        """The operator of a kind that makes a tensor, perhaps reshaped on the way."""
        op = self._producer(tensor)
        while op is not None and op.kind == "RESHAPE" and kind != "RESHAPE":
            op = self._producer(op.inputs[0])
        return op if op is not None and op.kind == kind else None

    def _producer(self, tensor: int | None) -> Op | None:
        index = self.graph.producers.get(tensor) if tensor is not None else None
        return self.graph.ops[index] if index is not None else None

    def pair(self, tensor: int | None, kind: str, first: str, second: str) -> tuple[int, int] | None:
        """Inputs of the two operators, in this order, whose results another one combines; "" for a loop's input."""
        op = self.made_by(tensor, kind)
        if op is None or getattr(op.options, "activation", "NONE") != "NONE":
            return None
        for a, b in ((op.inputs[0], op.inputs[1]), (op.inputs[1], op.inputs[0])):
            found = self._input(a, first), self._input(b, second)
            if found[0] is not None and found[1] is not None:
                return found[0], found[1]
        return None

    def _input(self, tensor: int, kind: str) -> int | None:
        if not kind:
            return tensor if tensor in self.graph.inputs else None
        op = self.made_by(tensor, kind)
        return op.inputs[0] if op is not None else None

    def terms(self, tensor: int) -> list[int]:
        """What is added up to a tensor."""
        op = self.made_by(tensor, "ADD")
        return [tensor] if op is None else [t for i in op.inputs for t in self.terms(i)]

    def constant(self, tensor: int) -> NDArray[np.float32] | None:
        data = self.graph.tensors[tensor].data
        return None if data is None or data.dtype != np.float32 else data


def _recognized(main: Graph, loop: Op, graph: Graph) -> _Layer | None:
    body = _Body(graph)
    for hidden, made in enumerate(graph.outputs):
        shown = body.pair(made, "MUL", "LOGISTIC", "TANH")
        if shown is None or len(graph.tensors[made].shape) != 2:
            continue
        layer = _layer(body, main, loop, hidden, *shown)
        if layer is not None:
            return layer
    return None


def _layer(body: _Body, main: Graph, loop: Op, hidden: int, show: int, new_cell: int) -> _Layer | None:
    graph = body.graph
    cell = graph.outputs.index(new_cell) if new_cell in graph.outputs else -1
    gates = _gates(body, new_cell, graph.inputs[cell], show) if cell >= 0 else None
    split = body.made_by(gates[0], "SPLIT") if gates is not None else None
    if split is None or not isinstance(split.options, SplitOptions) or split.outputs != gates:
        return None
    parameters = _parameters(body, split.inputs[1], graph.inputs[hidden])
    if parameters is None:
        return None
    source, weights = parameters
    series = graph.inputs.index(source) if source in graph.inputs else -1
    counters = {i for i, t in enumerate(graph.inputs) if graph.tensors[t].dtype is not DType.FLOAT32}
    others = sorted(set(range(len(graph.inputs))) - {series, hidden, cell, *counters})
    is_layer = (
        series >= 0
        and weights[1].shape[0] == _GATES * weights[1].shape[1]
        and graph.outputs[series] == source
        and len(main.tensors[loop.inputs[series]].shape) == 3
        and all(_fills(body, graph.outputs[i], graph.outputs[hidden]) for i in others)
    )
    return _Layer(series, hidden, cell, tuple(others), weights) if is_layer else None


def _gates(body: _Body, new_cell: int, cell: int, show: int) -> tuple[int, int, int, int] | None:
    """What goes into the input, forget, cell and output gate."""
    addition = body.made_by(new_cell, "ADD")
    for a, b in (addition.inputs, addition.inputs[::-1]) if addition is not None else ():
        kept, added = body.pair(a, "MUL", "LOGISTIC", ""), body.pair(b, "MUL", "LOGISTIC", "TANH")
        if kept is not None and added is not None and kept[1] == cell:
            return added[0], kept[0], added[1], show
    return None


def _parameters(
    body: _Body, summed: int, hidden: int
) -> tuple[int, tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]] | None:
    """The series, and the weights and biases of what goes into the gates."""
    series = -1
    bias: NDArray[np.float32] | None = None
    matrices: dict[str, NDArray[np.float32]] = {}
    for term in body.terms(summed):
        constant = body.constant(term)
        if constant is not None and bias is None:
            bias = constant.reshape(-1)
            continue
        dense = body.made_by(term, "FULLY_CONNECTED")
        matrix = body.constant(dense.inputs[1]) if dense is not None else None
        if dense is None or matrix is None or not isinstance(dense.options, FullyConnectedOptions):
            return None
        if dense.options.activation != "NONE":
            return None
        if dense.input(2) >= 0:
            own = body.constant(dense.input(2))
            if own is None:
                return None
            bias = own.reshape(-1) if bias is None else bias + own.reshape(-1)
        row = body.made_by(dense.inputs[0], "GATHER")
        if dense.inputs[0] == hidden:
            matrices["hidden"] = matrix
        elif row is not None and isinstance(row.options, GatherOptions) and row.options.axis == 0:
            matrices["series"], series = matrix, row.inputs[0]
        else:
            return None
    if len(matrices) != 2:
        return None
    zeros = np.zeros(len(matrices["series"]), np.float32)
    return series, (matrices["series"], matrices["hidden"], zeros if bias is None else bias)


def _fills(body: _Body, gathered: int, made: int) -> bool:
    """Whether outputs are gathered in a tensor: the new one alone, or it between those before and behind."""
    op = body.made_by(gathered, "CONCATENATION")
    if op is None:
        return _same(body, gathered, made)
    return len(op.inputs) == 3 and _same(body, op.inputs[1], made)


def _same(body: _Body, tensor: int, made: int) -> bool:
    """Whether a tensor is another one, perhaps reshaped."""
    while tensor != made:
        op = body.made_by(tensor, "RESHAPE")
        if op is None:
            return False
        tensor = op.inputs[0]
    return True
