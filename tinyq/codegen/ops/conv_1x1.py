"""CONV_2D with 1x1 filters and stride 1: a matrix product over pixels."""

from __future__ import annotations

from tinyq.codegen import weights
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.ops import conv
from tinyq.codegen.raster import matrix_lead
from tinyq.codegen.weights import Family
from tinyq.codegen.weights_s8 import INT8
from tinyq.graph import macs


class PointwiseConv:
    """``tq_matmul_*``: no gathering, no scratch."""

    kinds = ("CONV_2D",)
    variant = "portable, 1x1"

    def __init__(self, family: Family = INT8) -> None:
        self._family = family

    def objection(self, node: Node, target: Target) -> str:
        return conv.objection(self._family, node) or self._shape_objection(node)

    def _shape_objection(self, node: Node) -> str:
        o = conv.options_of(node)
        _, filter_height, filter_width, depth = node.input(1).shape
        if (filter_height, filter_width, o.stride_h, o.stride_w) != (1, 1, 1, 1):
            return "its filters are not 1x1 with stride 1"
        return "" if depth == node.input(0).shape[3] else "it has groups"

    def cost(self, node: Node, target: Target) -> float:
        return 5.25 * macs(node.graph, node.op) + 78 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        filters, output = node.input(1), node.output
        assert filters.data is not None  # noqa: S101 - checked by objection()
        channels = filters.shape[0]
        rows = filters.data.reshape(channels, -1)
        members, constants = weights.linear(self._family, node, conv.options_of(node).activation, rows)
        function = f"tq_matmul_{self._family.suffix}"
        params = Params(
            f"{function}_params",
            {
                "rows": output.elements // channels,
                "columns": channels,
                "weights_zero_point": 0,
                "linear": members,
            },
        )
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output())),),
            headers=(f"{function}.h",),
            params=params,
            constants=constants,
            leads={0: matrix_lead(node)},
        )


register(PointwiseConv())
