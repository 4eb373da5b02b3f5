"""Operators on two operands that are broadcast: what they share."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import quantize_multiplier, zero_point_of
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Value
from tinyq.codegen.ops.add import row_members, shape_objection
from tinyq.graph import DType, Tensor

SUFFIXES = {
    DType.INT8: "s8", DType.INT16: "s16", DType.INT32: "s32", DType.INT64: "s64", DType.FLOAT32: "f32",
    DType.BOOL: "bool",
}  # fmt: skip


def pair_objection(node: Node, types: Collection[DType], output: DType | None = None) -> str:
    """What speaks against two operands of one of some types.

    Args:
        types: What a kernel is for.
        output: Type of the output if it is another one.
    """
    dtype = node.input(0).dtype if node.op.input(0) >= 0 else None
    return (
        checks.arity(node, 2)
        or ("" if dtype in types else checks.OtherTypes(f"TensorFlow Lite Micro has no {node.op.kind} of {dtype}"))
        or checks.dtypes((node.input(1), node.input(0).dtype), (node.output, output or node.input(0).dtype))
        or shape_objection(node)
    )


def operand(tensor: Tensor, factor: float) -> dict[str, Value]:
    """Members of a ``tq_add_operand``."""
    multiplier, shift = quantize_multiplier(factor)
    return {"zero_point": zero_point_of(tensor), "multiplier": multiplier, "shift": shift}


def smaller_than_one(*factors: float) -> str:
    """Whether factors can be used where only ones in (0, 1) can."""
    usable = all(0 < f < 1 and quantize_multiplier(f)[1] <= 0 for f in factors)
    return checks.require(usable, "the scales of its tensors are too far apart")


def pair_call(function: str, header: str, params_type: str, node: Node, members: Mapping[str, Value]) -> Emission:
    """A call with a parameter structure whose member ``how`` says how operands are read."""
    return Emission(
        calls=(Call(function, (ParamsAddress(), Input(0), Input(1), Output())),),
        headers=(header,),
        params=Params(params_type, {"how": row_members(node), **members}),
    )


def plain_call(function: str, header: str, node: Node) -> Emission:
    """A call with a ``tq_broadcast`` alone."""
    return Emission(
        calls=(Call(function, (ParamsAddress(), Input(0), Input(1), Output())),),
        headers=(header,),
        params=Params("tq_broadcast", row_members(node)),
    )
