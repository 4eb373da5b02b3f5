"""GATHER of any type, by indices that are constant or computed."""

from __future__ import annotations

import math

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.moves import Mover, element_bytes, moved, type_names
from tinyq.graph import DType
from tinyq.graph.options import GatherOptions


def axes_of(node: Node) -> tuple[int, int]:
    """The axis, and the number of leading dimensions that data and indices share, both counted from the front."""
    options = node.op.options
    assert isinstance(options, GatherOptions)  # noqa: S101 - the reader gives it these
    axis, batches = options.axis, options.batch_dims
    data, indices = len(node.input(0).shape), len(node.input(1).shape)
    return axis + data if axis < 0 else axis, batches + indices if batches < 0 else batches


class Gather(Mover):
    """``tq_gather``."""

    TYPES = (DType.INT8, DType.FLOAT32)
    kinds = ("GATHER",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.dtypes((node.input(1), DType.INT32))
            or self._shape_objection(node)
            or self._index_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        shape, indices, (axis, batches) = node.input(0).shape, node.input(1).shape, axes_of(node)
        if not 0 <= batches <= axis < len(shape) or batches > len(indices):
            return f"its axis {axis} does not go with shapes {shape} and {indices}"
        if shape[:batches] != indices[:batches]:
            return f"shapes {shape} and {indices} differ in their batches"
        return checks.shape(node.output, (*shape[:axis], *indices[batches:], *shape[axis + 1 :]))

    def _index_objection(self, node: Node) -> str:
        indices, size = node.input(1).data, node.input(0).shape[axes_of(node)[0]]
        if indices is None or ((indices >= 0) & (indices < size)).all():
            return ""
        return "one of its indices is no element of the axis"

    def emit(self, node: Node, target: Target) -> Emission:
        source, indices, (axis, batches) = node.input(0), node.input(1), axes_of(node)
        params = Params(
            "tq_gather_params",
            {
                "batches": math.prod(source.shape[:batches]),
                "outer": math.prod(source.shape[batches:axis]),
                "axis": source.shape[axis],
                "indices": math.prod(indices.shape[batches:]),
                "slice_bytes": math.prod(source.shape[axis + 1 :]) * element_bytes(source),
            },
        )
        return Emission(
            calls=(Call("tq_gather", (ParamsAddress(), Input(0), Input(1), Output())),),
            headers=("tq_gather.h",),
            params=params,
        )


register(Gather(), *type_names(Gather.TYPES))
