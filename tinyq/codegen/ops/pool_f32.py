"""MAX_POOL_2D, AVERAGE_POOL_2D and L2_POOL_2D of float32."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.ops.arithmetic_plain import plain_limits
from tinyq.codegen.ops.pool import options_of, shape_objection, windows
from tinyq.graph import DType

_FUNCTIONS = {
    "MAX_POOL_2D": "tq_max_pool_f32", "AVERAGE_POOL_2D": "tq_average_pool_f32", "L2_POOL_2D": "tq_l2_pool_f32",
}  # fmt: skip


class PoolFloat:
    """``tq_max_pool_f32``, ``tq_average_pool_f32`` and ``tq_l2_pool_f32``."""

    kinds = tuple(_FUNCTIONS)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.meant_for((node.input(0), DType.FLOAT32))
            or checks.dtypes((node.output, DType.FLOAT32))
            or checks.rank(node.input(0), 4)
            or shape_objection(node)
            or checks.require(
                plain_limits(options_of(node).activation, DType.FLOAT32) is not None,
                "its fused activation is not known",
            )
        )

    def cost(self, node: Node, target: Target) -> float:
        o = options_of(node)
        return node.output.elements * (40.0 + 12 * o.filter_h * o.filter_w)

    def emit(self, node: Node, target: Target) -> Emission:
        o, (height, width) = options_of(node), windows(node)
        limits = plain_limits(o.activation, DType.FLOAT32)
        assert limits is not None  # noqa: S101 - checked by objection()
        batches, input_height, input_width, channels = node.input(0).shape
        shape = {
            "batches": batches,
            "input_height": input_height,
            "input_width": input_width,
            "input_channels": channels,
            "output_height": node.output.shape[1],
            "output_width": node.output.shape[2],
            "output_channels": channels,
            "filter_height": o.filter_h,
            "filter_width": o.filter_w,
            "stride_height": o.stride_h,
            "stride_width": o.stride_w,
            "padding_top": height.padding,
            "padding_left": width.padding,
        }
        params = Params("tq_pool_f32_params", {"shape": shape, "min": limits[0], "max": limits[1]})
        return Emission(
            calls=(Call(_FUNCTIONS[node.op.kind], (ParamsAddress(), Input(0), Output())),),
            headers=("tq_pool_f32.h",),
            params=params,
        )


register(PoolFloat(), "float32")
