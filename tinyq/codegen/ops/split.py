"""SPLIT, SPLIT_V and UNPACK of any type."""

from __future__ import annotations

import math

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.moves import Mover, element_bytes, moved, type_names
from tinyq.graph import DType, Tensor
from tinyq.graph.options import UnpackOptions

_DATA = {"SPLIT": 1, "SPLIT_V": 0, "UNPACK": 0}  # positions of what is split
_AXIS = {"SPLIT": 0, "SPLIT_V": 2}


def outputs_of(node: Node) -> tuple[Tensor, ...]:
    """All outputs."""
    return tuple(node.graph.tensors[t] for t in node.op.outputs)


def axis_of(node: Node) -> int:
    """The axis, counted from the front."""
    if isinstance(node.op.options, UnpackOptions):
        axis = node.op.options.axis
    else:
        data = node.input(_AXIS[node.op.kind]).data
        assert data is not None  # noqa: S101 - checked by objection()
        axis = int(data.reshape(-1)[0])
    return axis + len(node.input(_DATA[node.op.kind]).shape) if axis < 0 else axis


class Split(Mover):
    """``tq_split``, one call for each output."""

    TYPES = (DType.INT8, DType.INT16, DType.INT32, DType.FLOAT32)
    kinds = tuple(_DATA)

    def objection(self, node: Node, target: Target) -> str:
        kind = node.op.kind
        return (
            checks.arity(node, {"SPLIT": 2, "SPLIT_V": 3, "UNPACK": 1}[kind], len(node.op.outputs))
            or moved(node, node.input(_DATA[kind]), outputs_of(node), self.TYPES)
            or ("" if kind == "UNPACK" else checks.constant(node.input(_AXIS[kind]), "axes"))
            or ("" if kind == "UNPACK" else checks.dtypes((node.input(_AXIS[kind]), DType.INT32)))
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        shape, axis, outputs = node.input(_DATA[node.op.kind]).shape, axis_of(node), outputs_of(node)
        if not 0 <= axis < len(shape):
            return f"its axis is no dimension of {shape}"
        front, back = shape[:axis], shape[axis + 1 :]
        if node.op.kind == "UNPACK":
            wrong = checks.first(checks.shape(tensor, (*front, *back)) for tensor in outputs)
            return wrong or checks.require(len(outputs) == shape[axis], f"it has {len(outputs)} outputs")
        if any(len(tensor.shape) != len(shape) for tensor in outputs):
            return "its outputs differ from its input in their number of dimensions"
        sizes = [tensor.shape[axis] for tensor in outputs]
        if node.op.kind == "SPLIT" and len(set(sizes)) > 1:
            return "its outputs differ in size"
        wrong = checks.first(checks.shape(t, (*front, n, *back)) for t, n in zip(outputs, sizes, strict=True))
        return wrong or checks.require(sum(sizes) == shape[axis], "its outputs do not make up its input")

    def emit(self, node: Node, target: Target) -> Emission:
        position, axis = _DATA[node.op.kind], axis_of(node)
        source = node.input(position)
        rows, size = math.prod(source.shape[:axis]), element_bytes(source)
        calls, offset, total = [], 0, math.prod(source.shape[axis:]) * size
        for index, tensor in enumerate(outputs_of(node)):
            row_bytes = tensor.elements // rows * size
            calls.append(Call("tq_split", (rows, row_bytes, total, Input(position, offset), Output(index))))
            offset += row_bytes
        return Emission(calls=tuple(calls), headers=("tq_split.h",))


register(Split(), *type_names(Split.TYPES))
