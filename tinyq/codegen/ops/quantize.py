"""QUANTIZE: from float, and from one integer type to another."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    multiplier_objection,
    quantize_multiplier,
    scale_code,
    scale_of,
    table,
    zero_point_of,
)
from tinyq.codegen.kernel import (
    Call,
    Constant,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Ref,
    Target,
    register,
)
from tinyq.graph import DType

_FROM_FLOAT = {DType.INT8: "tq_quantize_f32_s8", DType.INT16: "tq_quantize_f32_s16"}
_BY_TABLE = {(DType.INT8, DType.INT8), (DType.INT8, DType.UINT8), (DType.UINT8, DType.INT8)}
_BETWEEN = {
    (DType.INT8, DType.INT16): "tq_requantize_s8_s16",
    (DType.INT8, DType.INT32): "tq_requantize_s8_s32",
    (DType.INT16, DType.INT8): "tq_requantize_s16_s8",
    (DType.INT16, DType.INT16): "tq_requantize_s16_s16",
    (DType.INT16, DType.INT32): "tq_requantize_s16_s32",
    (DType.INT32, DType.INT8): "tq_requantize_s32_s8",
    (DType.INT32, DType.INT16): "tq_requantize_s32_s16",
}


class Quantize:
    """``tq_quantize_*`` from float, ``tq_lookup`` between 8-bit types, else ``tq_requantize_*``."""

    kinds = ("QUANTIZE",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.shape(node.output, node.input(0).shape)
            or self._type_objection(node)
            or checks.quantized(node.output)
            or ("" if self._is_float(node) else checks.quantized(node.input(0)))
            or ("" if self._is_float(node) else multiplier_objection(self._factor(node)))
        )

    def _type_objection(self, node: Node) -> str:
        types = (node.input(0).dtype, node.output.dtype)
        known = types[1] in _FROM_FLOAT if self._is_float(node) else types in _BY_TABLE or types in _BETWEEN
        return "" if known else f"it goes from {types[0]} to {types[1]}"

    def _is_float(self, node: Node) -> bool:
        return node.input(0).dtype is DType.FLOAT32

    def _factor(self, node: Node) -> float:
        return scale_of(node.input(0)) / scale_of(node.output)

    def cost(self, node: Node, target: Target) -> float:
        return 25.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        types = (node.input(0).dtype, node.output.dtype)
        if self._is_float(node):
            return self._from_float(node)
        return self._by_table(node) if types in _BY_TABLE else self._between(node, _BETWEEN[types])

    def _from_float(self, node: Node) -> Emission:
        params = Params(
            "tq_quantize_params",
            {
                "count": node.output.elements,
                "scale": scale_of(node.output),
                "zero_point": zero_point_of(node.output),
            },
        )
        return _with_params(_FROM_FLOAT[node.output.dtype], "tq_quantize.h", params)

    def _by_table(self, node: Node) -> Emission:
        source, output = node.input(0), node.output
        multiplier, shift = quantize_multiplier(self._factor(node))

        def code_of(code: int) -> int:
            return scale_code(code - zero_point_of(source), multiplier, shift) + zero_point_of(output)

        codes = table(code_of, source.dtype, output.dtype)
        return Emission(
            calls=(Call("tq_lookup", (Ref("table"), output.elements, Input(0), Output())),),
            headers=("tq_lookup.h",),
            constants=(Constant("table", codes, "output code by the bits of the input code"),),
        )

    def _between(self, node: Node, function: str) -> Emission:
        multiplier, shift = quantize_multiplier(self._factor(node))
        params = Params(
            "tq_requantize_params",
            {
                "count": node.output.elements,
                "input_zero_point": zero_point_of(node.input(0)),
                "multiplier": multiplier,
                "shift": shift,
                "output_zero_point": zero_point_of(node.output),
            },
        )
        return _with_params(function, "tq_requantize.h", params)


def _with_params(function: str, header: str, params: Params) -> Emission:
    return Emission(
        calls=(Call(function, (ParamsAddress(), Input(0), Output())),), headers=(header,), params=params
    )  # fmt: skip


register(Quantize(), "int8", "int16", "int32", "float32")
