"""Loops written out: what only counts is computed, and what cannot be known beforehand is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.graphs.floats import Builder
from tinyq.errors import UnsupportedError
from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.loops import written_out
from tinyq.graph.options import AddOptions, ConcatenationOptions, NoOptions, OpaqueOptions, ReshapeOptions

WHILE = OpaqueOptions("WhileOptions", (("bodySubgraphIndex", 2), ("condSubgraphIndex", 1)))


class LoopBuilder(Builder):
    def number(self, name: str, data: int | None = None) -> int:
        array = None if data is None else np.array(data, np.int32)
        self.tensors.append(Tensor(name, (), DType.INT32, None, array))
        return len(self.tensors) - 1

    def truth(self) -> int:
        self.tensors.append(Tensor("truth", (), DType.BOOL))
        return len(self.tensors) - 1

    def flat(self, name: str, number: int) -> int:
        self.tensors.append(Tensor(f"{name}/flat", (1,), DType.INT32))
        vector, one = len(self.tensors) - 1, self.constant(np.array([1], np.int32))
        self.ops.append(Op("RESHAPE", (number, one), (vector,), ReshapeOptions((1,))))
        return vector


def doubling(steps: int) -> tuple[Graph, tuple[Graph, Graph]]:
    """x is added to itself some times, and a series keeps what came out at each step."""
    condition = LoopBuilder()
    i, limit, truth = condition.number("i"), condition.number("limit", steps), condition.truth()
    others = [condition.activation((1, 3)), condition.activation((steps, 3))]
    condition.ops.append(Op("LESS", (i, limit), (truth,), NoOptions()))
    body = LoopBuilder()
    i, one, after = body.number("i"), body.number("one", 1), body.number("after")
    x, series = body.activation((1, 3), "x"), body.activation((steps, 3), "series")
    body.ops.append(Op("ADD", (i, one), (after,), AddOptions()))
    doubled = body.op("ADD", [x, x], (1, 3), AddOptions(), "doubled")
    zero, width, rest = (body.constant(np.array([n], np.int32)) for n in (0, 3, -1))
    pairs = {}
    for name, tensors in (
        ("before", (i, width)),
        ("at", (after, zero)),
        ("start", (zero, zero)),
        ("end", (rest, width)),
    ):
        flat = []
        for t in tensors:
            flat.append(body.flat(name, t) if body.tensors[t].shape == () else t)
        body.tensors.append(Tensor(name, (2,), DType.INT32))
        pairs[name] = len(body.tensors) - 1
        body.ops.append(Op("CONCATENATION", tuple(flat), (pairs[name],), ConcatenationOptions(0)))
    head = body.op("SLICE", [series, pairs["start"], pairs["before"]], (1, 3), NoOptions())
    tail = body.op("SLICE", [series, pairs["at"], pairs["end"]], (1, 3), NoOptions())
    filled = body.op("CONCATENATION", [head, doubled, tail], (steps, 3), ConcatenationOptions(0), "filled")
    main = LoopBuilder()
    x, start = main.activation((1, 3), "x"), main.number("start", 0)
    empty = main.constant(np.zeros((steps, 3), np.float32))
    count, last, whole = main.number("count"), main.activation((1, 3)), main.activation((steps, 3))
    main.ops.append(Op("WHILE", (start, x, empty), (count, last, whole), WHILE))
    return main.graph([x], [last, whole]), (
        condition.graph([0, *others], [truth]),
        body.graph([0, x_of(body), x_of(body) + 1], [after, doubled, filled]),
    )


def x_of(body: LoopBuilder) -> int:
    return next(i for i, t in enumerate(body.tensors) if t.name == "x")


def test_counters_vanish_and_series_become_one_concatenation() -> None:
    graph = written_out(*doubling(4))
    assert [op.kind for op in graph.ops] == ["ADD"] * 4 + ["CONCATENATION"]
    assert graph.outputs[0] == graph.ops[3].outputs[0]
    assert graph.ops[4].inputs == tuple(op.outputs[0] for op in graph.ops[:4])
    assert graph.tensors[graph.outputs[1]].shape == (4, 3)


def test_what_nobody_reads_is_left_out() -> None:
    main, parts = doubling(3)
    graph = written_out(replace(main, outputs=main.outputs[:1]), parts)
    assert [op.kind for op in graph.ops] == ["ADD"] * 3


def test_steps_that_depend_on_an_input_are_refused() -> None:
    main, parts = doubling(3)
    start = main.ops[0].inputs[0]
    unknown = main.replace_tensors({start: replace(main.tensors[start], data=None)})
    with pytest.raises(UnsupportedError, match="depends on its inputs"):
        written_out(replace(unknown, inputs=(*main.inputs, start)), parts)


def test_endless_loops_and_branches_are_refused() -> None:
    main, (condition, body) = doubling(3)
    limit = condition.ops[0].inputs[1]
    endless = condition.replace_tensors({limit: replace(condition.tensors[limit], data=np.array(10**9, np.int32))})
    with pytest.raises(UnsupportedError, match="too many steps"):
        written_out(main, (endless, body))
    with pytest.raises(UnsupportedError, match="operator IF"):
        written_out(replace(main, ops=(replace(main.ops[0], kind="IF"),)), (condition, body))
