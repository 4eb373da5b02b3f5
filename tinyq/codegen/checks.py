"""Objections that many operators share. Each returns the end of a sentence about a layer, or "" if all is well.

Checks are joined with ``or``: the first objection is the answer, and a check may rely on those before it.
"""

from __future__ import annotations

from collections.abc import Iterable

from tinyq.codegen.arithmetic import code_range, zero_point_of
from tinyq.codegen.kernel import Node
from tinyq.graph import DType, Tensor


def require(condition: bool, objection: str) -> str:
    """The objection, unless a condition holds."""
    return "" if condition else objection


def first(objections: Iterable[str]) -> str:
    """The first objection that is one."""
    return next((objection for objection in objections if objection), "")


def arity(node: Node, inputs: range | int, outputs: int = 1) -> str:
    """Whether the numbers of inputs and outputs are right, and the required inputs there."""
    allowed = range(inputs, inputs + 1) if isinstance(inputs, int) else inputs
    count = len(node.op.inputs)
    if count not in allowed:
        return f"it has {count} inputs"
    if any(node.op.input(i) < 0 for i in range(allowed.start)):
        return "one of its inputs is missing"
    return "" if len(node.op.outputs) == outputs else f"it has {len(node.op.outputs)} outputs"


class OtherTypes(str):
    """An objection that says no more than that a kernel is for other types."""

    __slots__ = ()


def meant_for(*expected: tuple[Tensor, DType]) -> str:
    """Whether the tensors by which kernels of several types are told apart have this one's types."""
    return OtherTypes(dtypes(*expected))


def dtypes(*expected: tuple[Tensor, DType]) -> str:
    """Whether each tensor has its type."""
    for tensor, dtype in expected:
        if tensor.dtype is not dtype:
            return f"tensor {tensor.name!r} is {tensor.dtype}, not {dtype}"
    return ""


def quantized(*tensors: Tensor) -> str:
    """Whether each tensor has one usable scale and zero point."""
    for tensor in tensors:
        q = tensor.quantization
        if q is None:
            return f"tensor {tensor.name!r} has no quantization"
        if q.is_per_channel:
            return f"tensor {tensor.name!r} is quantized per channel"
        if tensor.dtype.numpy.kind not in "ui":
            return f"tensor {tensor.name!r} is {tensor.dtype}, which has no codes"
        scale, zero_point = q.scalar
        low, high = code_range(tensor.dtype)
        if not scale > 0:
            return f"tensor {tensor.name!r} has the scale 0"
        if not low <= zero_point <= high:
            return f"tensor {tensor.name!r} has the zero point {zero_point}, which is none of its codes"
    return ""


def same_quantization(a: Tensor, b: Tensor) -> str:
    """Whether two quantized tensors share scale and zero point."""
    same = a.quantization is not None and b.quantization is not None and a.quantization.scalar == b.quantization.scalar
    return "" if same else f"tensors {a.name!r} and {b.name!r} differ in scale or zero point"


def int16_symmetric(*tensors: Tensor) -> str:
    """Whether tensors, if they are int16, have zero points of 0."""
    for tensor in tensors:
        if tensor.dtype is DType.INT16 and zero_point_of(tensor) != 0:
            return f"tensor {tensor.name!r} is int16 with the zero point {zero_point_of(tensor)} instead of 0"
    return ""


def constant(tensor: Tensor, what: str) -> str:
    """Whether a tensor is constant."""
    return "" if tensor.is_constant else f"its {what} are not constant"


def shape(tensor: Tensor, expected: tuple[int, ...]) -> str:
    """Whether a tensor has the shape that follows from the other ones."""
    return "" if tensor.shape == expected else f"tensor {tensor.name!r} has shape {tensor.shape} instead of {expected}"


def rank(tensor: Tensor, expected: int) -> str:
    """Whether a tensor has a number of dimensions."""
    return "" if len(tensor.shape) == expected else f"tensor {tensor.name!r} has {len(tensor.shape)} dimensions"
