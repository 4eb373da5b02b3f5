"""GATHER_ND, by indices that are constant or computed."""

from __future__ import annotations

import math

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.moves import Mover, element_bytes, moved, type_names
from tinyq.codegen.shapes import row_major
from tinyq.graph import DType

_MAX_DIMENSIONS = 5  # of TFLM


class GatherNd(Mover):
    """``tq_gather_nd``."""

    TYPES = (DType.INT8, DType.FLOAT32)
    kinds = ("GATHER_ND",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.dtypes((node.input(1), DType.INT32))
            or self._shape_objection(node)
            or self._index_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        shape, indices = node.input(0).shape, node.input(1).shape
        if not indices or not 1 <= indices[-1] <= min(len(shape), _MAX_DIMENSIONS):
            return f"its indices of shape {indices} do not go with an input of shape {shape}"
        return checks.shape(node.output, (*indices[:-1], *shape[indices[-1] :]))

    def _index_objection(self, node: Node) -> str:
        indices, sizes = node.input(1).data, node.input(0).shape
        if indices is None or ((indices >= 0) & (indices < list(sizes[: indices.shape[-1]]))).all():
            return ""
        return "one of its indices is no element of its dimension"

    def emit(self, node: Node, target: Target) -> Emission:
        source, indices = node.input(0), node.input(1).shape
        dimensions, size = indices[-1], element_bytes(source)
        params = Params(
            "tq_gather_nd_params",
            {
                "slices": math.prod(indices[:-1]),
                "dimensions": dimensions,
                "sizes": source.shape[:dimensions],
                "strides": tuple(s * size for s in row_major(source.shape)[:dimensions]),
                "slice_bytes": math.prod(source.shape[dimensions:]) * size,
            },
        )
        return Emission(
            calls=(Call("tq_gather_nd", (ParamsAddress(), Input(0), Input(1), Output())),),
            headers=("tq_gather_nd.h",),
            params=params,
        )


register(GatherNd(), *type_names(GatherNd.TYPES))
