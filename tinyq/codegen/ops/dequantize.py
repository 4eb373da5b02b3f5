"""DEQUANTIZE to float."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import scale_of, zero_point_of
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.graph import DType

_FUNCTIONS = {
    DType.INT8: "tq_dequantize_s8_f32",
    DType.UINT8: "tq_dequantize_u8_f32",
    DType.INT16: "tq_dequantize_s16_f32",
}


class Dequantize:
    """``tq_dequantize_*``."""

    kinds = ("DEQUANTIZE",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.require(node.input(0).dtype in _FUNCTIONS, f"its input is {node.input(0).dtype}")
            or checks.dtypes((node.output, DType.FLOAT32))
            or checks.quantized(node.input(0))
            or checks.shape(node.output, node.input(0).shape)
        )

    def cost(self, node: Node, target: Target) -> float:
        return 10.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        source = node.input(0)
        params = Params(
            "tq_dequantize_params",
            {"count": source.elements, "scale": scale_of(source), "zero_point": zero_point_of(source)},
        )
        return Emission(
            calls=(Call(_FUNCTIONS[source.dtype], (ParamsAddress(), Input(0), Output())),),
            headers=("tq_dequantize.h",),
            params=params,
        )


register(Dequantize(), "int8", "int16")
