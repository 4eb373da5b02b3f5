"""L2_NORMALIZATION of int8 along the last dimension."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.tables import unary_objection
from tinyq.graph import DType
from tinyq.graph.options import L2NormOptions

_MAX_DIMENSIONS = 4  # of TFLM


def common_objection(node: Node) -> str:
    """What speaks against a node of any type."""
    assert isinstance(node.op.options, L2NormOptions)  # noqa: S101 - the reader gives it these
    rank = len(node.input(0).shape)
    return checks.require(1 <= rank <= _MAX_DIMENSIONS, f"it has {rank} dimensions") or checks.require(
        node.op.options.activation == "NONE", "it has a fused activation"
    )


class L2Normalization:
    """``tq_l2_normalization_s8``; TFLM takes the output's scale to be 1/128 and its zero point to be 0."""

    kinds = ("L2_NORMALIZATION",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            unary_objection(node, DType.INT8)
            or common_objection(node)
            or checks.require(node.input(0).shape[-1] * 255**2 < 2**31, "its sums of squares can exceed 32 bits")
        )

    def cost(self, node: Node, target: Target) -> float:
        depth = node.input(0).shape[-1]
        return 25.0 * node.output.elements + 400.0 * node.output.elements / depth

    def emit(self, node: Node, target: Target) -> Emission:
        depth = node.input(0).shape[-1]
        arguments = (node.output.elements // depth, depth, zero_point_of(node.input(0)), Input(0), Output())
        return Emission(calls=(Call("tq_l2_normalization_s8", arguments),), headers=("tq_l2_normalization_s8.h",))


register(L2Normalization(), "int8")
