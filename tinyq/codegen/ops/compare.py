"""EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS and LESS_EQUAL, with broadcasting."""

from __future__ import annotations

import dataclasses

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import scale_of
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.pairs import SUFFIXES, operand, pair_call, pair_objection, plain_call, smaller_than_one
from tinyq.graph import DType

_NUMBERS = (DType.INT8, DType.INT32, DType.INT64, DType.FLOAT32)
_EXCHANGED = {"LESS": "GREATER", "LESS_EQUAL": "GREATER_EQUAL"}


def _as_written(node: Node) -> Node:
    """LESS as GREATER with its operands exchanged."""
    op = node.op
    if op.kind not in _EXCHANGED:
        return node
    exchanged = dataclasses.replace(op, kind=_EXCHANGED[op.kind], inputs=op.inputs[::-1])
    ops = (*node.graph.ops[: node.index], exchanged, *node.graph.ops[node.index + 1 :])
    return Node(dataclasses.replace(node.graph, ops=ops), node.index)


class Compare:
    """``tq_equal_*``, ``tq_not_equal_*``, ``tq_greater_*`` and ``tq_greater_equal_*``."""

    variant = "portable"

    def __init__(self, *kinds: str, types: tuple[DType, ...]) -> None:
        self.kinds, self._types = kinds, types

    def objection(self, node: Node, target: Target) -> str:
        objection = pair_objection(node, self._types, DType.BOOL)
        if objection or node.input(0).dtype is not DType.INT8:
            return objection
        scales = scale_of(node.input(0)), scale_of(node.input(1))
        return checks.quantized(node.input(0), node.input(1)) or smaller_than_one(*scales)

    def cost(self, node: Node, target: Target) -> float:
        return 12.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        written = _as_written(node)
        function = f"tq_{written.op.kind.lower()}_{SUFFIXES[node.input(0).dtype]}"
        if node.input(0).dtype is DType.INT8:
            tensors = written.input(0), written.input(1)
            operands = tuple(operand(t, scale_of(t)) for t in tensors)
            found = pair_call(function, "tq_compare.h", "tq_compare_s8_params", written, {"operands": operands})
        else:
            found = plain_call(function, "tq_compare.h", written)
        if written is node:
            return found
        condition, first, second, output = found.calls[0].arguments
        call = dataclasses.replace(found.calls[0], arguments=(condition, second, first, output))
        return dataclasses.replace(found, calls=(call,))


register(Compare("EQUAL", "NOT_EQUAL", types=(*_NUMBERS, DType.BOOL)), *(t.value for t in (*_NUMBERS, DType.BOOL)))
register(
    Compare("GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", types=_NUMBERS), *(t.value for t in _NUMBERS)
)  # fmt: skip
