"""Loops whose number of steps is known beforehand, written out step by step.

Recurrent layers become WHILE operators that count up to a constant. Written out they need no control flow, so that they
can be quantized, planned and compiled like any other model. What only counts is computed here and leaves no operator;
series that are filled row by row become one concatenation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError, TinyqError, UnsupportedError
from tinyq.graph.options import CallOnceOptions, ConcatenationOptions, OpaqueOptions, StridedSliceOptions
from tinyq.graph.types import DType, Graph, Op, Tensor

CONTROL = ("WHILE", "IF")
_MOST_STEPS = 2000
_MOST_OPS = 20_000
_MOST_JOINED = 10  # inputs that a CONCATENATION has in TFLM
_MEND = "Give the loop a fixed number of steps, or take it out of the model."


@dataclass(frozen=True)
class _Known:
    """A value that does not depend on the model's inputs, and the constant tensor that holds it, if there is one."""

    data: NDArray[Any]
    tensor: int = -1


@dataclass(frozen=True)
class _Rows:
    """A tensor as rows along its first dimension, each of which is a tensor ``[1, ...]`` or known."""

    rows: tuple[int | _Known, ...]


_Value: TypeAlias = "int | _Known | _Rows"
"""What a tensor holds; a number is a tensor of the model that is made."""


def written_out(main: Graph, parts: Sequence[Graph]) -> Graph:
    """A model without control flow.

    Args:
        main: The first subgraph; its CALL_ONCE and WHILE operators count the subgraphs of the file.
        parts: The subgraphs behind it.

    Raises:
        BadInputError: The loops are damaged.
        UnsupportedError: There is a branch, or a loop whose number of steps is not known beforehand.
    """
    if any(op.kind in CONTROL for op in main.ops):
        try:
            main = _Writer(main, parts).run()
        except TinyqError:
            raise
        except Exception as error:  # what a damaged loop holds fails anywhere, with anything
            raise BadInputError(
                f"A loop of the model is damaged ({type(error).__name__}: {error}).", "Export the model again."
            ) from error
    called = sorted({op.options.subgraph for op in main.ops if isinstance(op.options, CallOnceOptions)})
    numbers = {old: new for new, old in enumerate(called, 1)}
    ops = tuple(
        replace(op, options=CallOnceOptions(numbers[op.options.subgraph]))
        if isinstance(op.options, CallOnceOptions)
        else op
        for op in main.ops
    )
    return replace(main, ops=ops, initializers=tuple(parts[number - 1] for number in called))


def subgraphs_of(op: Op) -> tuple[int, ...]:
    """Numbers of the subgraphs that an operator runs; of WHILE the condition and the body."""
    if isinstance(op.options, CallOnceOptions):
        return (op.options.subgraph,)
    if op.kind not in CONTROL or not isinstance(op.options, OpaqueOptions):
        return ()
    values = dict(op.options.values)
    names = (
        ("condSubgraphIndex", "bodySubgraphIndex") if op.kind == "WHILE" else ("thenSubgraphIndex", "elseSubgraphIndex")
    )
    return tuple(int(values.get(name, 0)) for name in names)


class _Writer:
    def __init__(self, main: Graph, parts: Sequence[Graph]) -> None:
        self.main = main
        self.parts = parts
        self.tensors = list(main.tensors)
        self.ops: list[Op] = []
        self.values: dict[int, _Value] = {}
        self.shared: dict[tuple[int, int], int] = {}

    def run(self) -> Graph:
        for op in self.main.ops:
            if op.kind == "WHILE":
                self._loop(op)
            elif op.kind in CONTROL:
                raise UnsupportedError(
                    f"The model has an operator {op.kind}, which tinyq does not run.", "Take the branch out of it."
                )
            else:
                inputs = tuple(self._tensor(self._value(t), self.main.tensors[t]) if t >= 0 else t for t in op.inputs)
                self.ops.append(replace(op, inputs=inputs))
        outputs = tuple(self._tensor(self._value(t), self.main.tensors[t]) for t in self.main.outputs)
        renamed = dict(zip(self.main.outputs, outputs, strict=True))
        signatures = tuple(
            replace(s, outputs=tuple((name, renamed.get(t, t)) for name, t in s.outputs)) for s in self.main.signatures
        )
        return replace(
            self.main, tensors=tuple(self.tensors), ops=self._used(outputs), outputs=outputs, signatures=signatures
        )

    def _used(self, outputs: Sequence[int]) -> tuple[Op, ...]:
        """The operators whose results somebody reads; of a loop often only those of the last step are wanted."""
        wanted, kept = set(outputs), []
        for op in reversed(self.ops):
            keeps = not op.outputs or any(t >= 0 and self.tensors[t].is_variable for t in op.inputs)
            if keeps or not wanted.isdisjoint(op.outputs):
                wanted.update(op.inputs)
                kept.append(op)
        return tuple(reversed(kept))

    def _value(self, tensor: int) -> _Value:
        data = self.main.tensors[tensor].data
        return _Known(data, tensor) if data is not None else self.values.get(tensor, tensor)

    def _loop(self, op: Op) -> None:
        condition, body = (self._part(number) for number in subgraphs_of(op))
        carried = [self._value(t) for t in op.inputs]
        if not len(carried) == len(body.inputs) == len(body.outputs) == len(condition.inputs) == len(op.outputs):
            raise UnsupportedError("A loop of the model does not go with its body.", "Export the model again.")
        for step in range(_MOST_STEPS + 1):
            if not self._holds(condition, carried):
                break
            if step == _MOST_STEPS or len(self.ops) > _MOST_OPS:
                raise UnsupportedError("A loop of the model has too many steps to be written out.", _MEND)
            carried = self._step(body, carried, step)
        self.values.update(zip(op.outputs, carried, strict=True))

    def _part(self, number: int) -> Graph:
        if not 1 <= number <= len(self.parts):
            raise UnsupportedError("A loop of the model names a subgraph that is not there.", "Export the model again.")
        return self.parts[number - 1]

    def _holds(self, condition: Graph, carried: Sequence[_Value]) -> bool:
        found: dict[int, _Value] = dict(zip(condition.inputs, carried, strict=True))
        for op in condition.ops:
            known = _computed(op, self._inputs(condition, op, found))
            if known is not None:
                found[op.outputs[0]] = known
        result = found.get(condition.outputs[0])
        if not isinstance(result, _Known):
            raise UnsupportedError("A loop of the model has a number of steps that depends on its inputs.", _MEND)
        return bool(result.data.reshape(-1)[0])

    def _inputs(self, part: Graph, op: Op, found: dict[int, _Value]) -> list[_Value | None]:
        """Values of an operator's inputs; None for what is absent or not known yet."""
        values: list[_Value | None] = []
        for t in op.inputs:
            data = part.tensors[t].data if t >= 0 else None
            values.append(_Known(data, self._constant(part, t)) if data is not None else found.get(t))
        return values

    def _constant(self, part: Graph, tensor: int) -> int:
        """The one tensor of the model that holds a constant of a subgraph."""
        key = (id(part), tensor)
        if key not in self.shared:
            self.shared[key] = self._new(part.tensors[tensor])
        return self.shared[key]

    def _step(self, body: Graph, carried: Sequence[_Value], step: int) -> list[_Value]:
        found: dict[int, _Value] = dict(zip(body.inputs, carried, strict=True))
        for op in body.ops:
            if op.kind in CONTROL:
                raise UnsupportedError("The model has a loop within a loop.", _MEND)
            inputs = self._inputs(body, op, found)
            simple = _computed(op, inputs) or self._rows(op, inputs) or self._row_of(body, op, inputs, step)
            if simple is not None:
                found[op.outputs[0]] = simple
                continue
            placed = [
                -1 if t < 0 or value is None else self._tensor(value, body.tensors[t])
                for t, value in zip(op.inputs, inputs, strict=True)
            ]
            outputs = [self._new(self._named(body.tensors[t], step)) for t in op.outputs]
            found.update(zip(op.outputs, outputs, strict=True))
            self.ops.append(replace(op, inputs=tuple(placed), outputs=tuple(outputs)))
        return [
            _Known(data, self._constant(body, t)) if (data := body.tensors[t].data) is not None else found[t]
            for t in body.outputs
        ]

    def _rows(self, op: Op, inputs: Sequence[_Value | None]) -> _Rows | None:
        """A part of a series, or several series behind each other, as rows."""
        if op.kind == "SLICE" and isinstance(inputs[0], _Rows):
            begin, size = inputs[1], inputs[2]
            if isinstance(begin, _Known) and isinstance(size, _Known) and not begin.data[1:].any():
                first, count = int(begin.data[0]), int(size.data[0])
                return _Rows(inputs[0].rows[first:][: count if count >= 0 else None])
        if op.kind != "CONCATENATION" or not isinstance(op.options, ConcatenationOptions) or op.options.axis != 0:
            return None
        rows: list[int | _Known] = []
        for value in inputs:
            if isinstance(value, _Rows):
                rows += value.rows
            elif isinstance(value, _Known):
                rows += [_Known(value.data[i : i + 1]) for i in range(len(value.data))]
            elif isinstance(value, int) and self.tensors[value].shape[:1] == (1,):
                rows.append(value)
            else:
                return None
        return _Rows(tuple(rows))

    def _row_of(self, body: Graph, op: Op, inputs: Sequence[_Value | None], step: int) -> int | None:
        """GATHER of one known row, as the slice that it is."""
        source, index = (*inputs, None, None)[:2]
        options = op.options
        if op.kind != "GATHER" or not isinstance(source, int) or not isinstance(index, _Known) or index.data.ndim:
            return None
        if getattr(options, "axis", 0) != 0 or getattr(options, "batch_dims", 0) != 0:
            return None
        rank, at = len(self.tensors[source].shape), int(index.data)
        rest = (1 << rank) - 2
        ends = [[at] + [0] * (rank - 1), [at + 1] + [0] * (rank - 1), [1] * rank]
        bounds = [
            self._new(Tensor(f"row_{at}/{name}", (rank,), DType.INT32, None, np.array(values, np.int32)))
            for name, values in zip(("begin", "end", "strides"), ends, strict=True)
        ]
        output = self._new(self._named(body.tensors[op.outputs[0]], step))
        cut = StridedSliceOptions(begin_mask=rest, end_mask=rest, shrink_axis_mask=1)
        self.ops.append(Op("STRIDED_SLICE", (source, *bounds), (output,), cut))
        return output

    def _tensor(self, value: _Value, like: Tensor) -> int:
        """A tensor that holds a value; ``like`` says how it is quantized."""
        if isinstance(value, int):
            return value
        if isinstance(value, _Known):
            if value.tensor >= 0:
                return value.tensor
            return self._new(replace(like, shape=value.data.shape, data=value.data, is_variable=False))
        rows = [self._tensor(row, like) for row in value.rows]
        while len(rows) > 1:
            rows = [self._joined(rows[i : i + _MOST_JOINED], like) for i in range(0, len(rows), _MOST_JOINED)]
        return rows[0]

    def _joined(self, rows: Sequence[int], like: Tensor) -> int:
        if len(rows) == 1:
            return rows[0]
        shape = (sum(self.tensors[row].shape[0] for row in rows), *self.tensors[rows[0]].shape[1:])
        whole = self._new(replace(like, shape=shape, data=None))
        self.ops.append(Op("CONCATENATION", tuple(rows), (whole,), ConcatenationOptions(0)))
        return whole

    def _named(self, tensor: Tensor, step: int) -> Tensor:
        return replace(tensor, name=f"{tensor.name}/step_{step}")

    def _new(self, tensor: Tensor) -> int:
        self.tensors.append(tensor)
        return len(self.tensors) - 1


_PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "ADD": np.add, "SUB": np.subtract, "MUL": np.multiply, "MINIMUM": np.minimum, "MAXIMUM": np.maximum,
    "LESS": np.less, "LESS_EQUAL": np.less_equal, "GREATER": np.greater, "GREATER_EQUAL": np.greater_equal,
    "EQUAL": np.equal, "NOT_EQUAL": np.not_equal, "LOGICAL_AND": np.logical_and, "LOGICAL_OR": np.logical_or,
}  # fmt: skip


def _computed(op: Op, inputs: Sequence[_Value | None]) -> _Known | None:
    """The result of an operator that counts or only moves what is known; None for any other."""
    known = [value.data for value in inputs if isinstance(value, _Known)]
    if len(known) != len(inputs) or not known:
        return None
    if op.kind in _PAIRS and len(known) == 2 and known[0].dtype.kind in "biu":
        return _Known(np.asarray(_PAIRS[op.kind](*known)))
    return _moved(op, known)


def _moved(op: Op, known: Sequence[NDArray[Any]]) -> _Known | None:
    if op.kind == "LOGICAL_NOT":
        return _Known(np.logical_not(known[0]))
    if op.kind == "RESHAPE" and len(known) == 2:
        return _Known(known[0].reshape(known[1].reshape(-1)))
    if op.kind == "CONCATENATION" and isinstance(op.options, ConcatenationOptions) and known[0].dtype.kind in "iu":
        return _Known(np.concatenate(known, op.options.axis))
    if op.kind == "SLICE" and len(known) == 3:
        ends = [None if size < 0 else begin + size for begin, size in zip(known[1], known[2], strict=True)]
        return _Known(known[0][tuple(slice(int(b), e) for b, e in zip(known[1], ends, strict=True))])
    return None
