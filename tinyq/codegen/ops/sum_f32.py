"""SUM and MEAN of float32 over any axes."""

from __future__ import annotations

import math

from tinyq.codegen import checks, literals
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.ops.mean import axes_of, reduced_shape_objection
from tinyq.codegen.ops.reduce import reduction_members
from tinyq.graph import DType


class SumFloat:
    """``tq_sum_f32``."""

    kinds = ("SUM", "MEAN")
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or checks.meant_for((node.input(0), DType.FLOAT32))
            or checks.dtypes((node.input(1), DType.INT32), (node.output, DType.FLOAT32))
            or checks.constant(node.input(1), "axes")
            or reduced_shape_objection(node)
        )

    def cost(self, node: Node, target: Target) -> float:
        return 15.0 * node.input(0).elements

    def emit(self, node: Node, target: Target) -> Emission:
        count = math.prod(node.input(0).shape[a] for a in axes_of(node)) if node.op.kind == "MEAN" else 1
        call = Call("tq_sum_f32", (ParamsAddress(), literals.number(float(count)), Input(0), Output()))
        params = Params("tq_reduce_params", reduction_members(node))
        return Emission(calls=(call,), headers=("tq_sum_f32.h",), params=params)


register(SumFloat(), "float32")
