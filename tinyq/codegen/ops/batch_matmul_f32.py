"""BATCH_MATMUL of float32."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.ops.batch_matmul import shape_members, shape_objection
from tinyq.graph import DType, macs


class BatchMatMulFloat:
    """``tq_batch_matmul_f32``, which adds up in TFLM's order."""

    kinds = ("BATCH_MATMUL",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or checks.meant_for((node.input(0), DType.FLOAT32))
            or checks.dtypes((node.input(1), DType.FLOAT32), (node.output, DType.FLOAT32))
            or shape_objection(node)
        )

    def cost(self, node: Node, target: Target) -> float:
        return 12.0 * macs(node.graph, node.op)

    def emit(self, node: Node, target: Target) -> Emission:
        return Emission(
            calls=(Call("tq_batch_matmul_f32", (ParamsAddress(), Input(0), Input(1), Output())),),
            headers=("tq_batch_matmul_f32.h",),
            params=Params("tq_batch_matmul_params", shape_members(node)),
        )


register(BatchMatMulFloat(), "float32")
