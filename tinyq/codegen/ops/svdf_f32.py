"""SVDF of float32."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Ref, Target, register
from tinyq.codegen.ops.arithmetic_plain import plain_limits
from tinyq.codegen.ops.svdf import STATE, constant_of, options_of, shape_objection
from tinyq.graph import DType


class SvdfFloat:
    """``tq_svdf_f32``, which adds up in TFLM's order."""

    kinds = ("SVDF",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.require(len(node.op.inputs) == 5 and len(node.op.outputs) == 1, "it has too few inputs or outputs")
            or checks.require(all(t >= 0 for t in node.op.inputs), "one of its inputs is missing")
            or checks.meant_for((node.input(0), DType.FLOAT32))
            or checks.dtypes(*((node.input(i), DType.FLOAT32) for i in range(1, 5)), (node.output, DType.FLOAT32))
            or checks.require(node.input(STATE).is_variable, "its state is no variable")
            or checks.constant(node.input(1), "feature weights")
            or checks.constant(node.input(2), "time weights")
            or checks.constant(node.input(3), "biases")
            or shape_objection(node)
            or checks.require(
                plain_limits(options_of(node).activation, DType.FLOAT32) is not None,
                "its fused activation is not known",
            )
        )

    def cost(self, node: Node, target: Target) -> float:
        batches = node.input(0).shape[0]
        return 12.0 * batches * (node.input(1).elements + 2 * node.input(2).elements)

    def emit(self, node: Node, target: Target) -> Emission:
        source, feature, time, bias = (node.input(i) for i in range(4))
        rank, (filters, memory) = options_of(node).rank, time.shape
        limits = plain_limits(options_of(node).activation, DType.FLOAT32)
        assert limits is not None  # noqa: S101 - checked by objection()
        params = Params(
            "tq_svdf_f32_params",
            {
                "batches": source.shape[0],
                "inputs": source.shape[1],
                "units": filters // rank,
                "rank": rank,
                "memory": memory,
                "feature_weights": Ref("feature_weights"),
                "time_weights": Ref("time_weights"),
                "bias": Ref("bias"),
                "min": limits[0],
                "max": limits[1],
            },
        )
        return Emission(
            calls=(Call("tq_svdf_f32", (ParamsAddress(), Input(0), Input(STATE), Output())),),
            headers=("tq_svdf_f32.h",),
            params=params,
            constants=(
                constant_of("feature_weights", feature, "weights [filter][input]"),
                constant_of("time_weights", time, "weights [filter][step]"),
                constant_of("bias", bias, ""),
            ),
        )


register(SvdfFloat(), "float32")
