"""What accelerator rules can say about a tensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import prod
from typing import Any, Literal

from tinyq.graph import Graph, Tensor

Role = Literal["input", "activation", "output", "weights", "bias"]

WEIGHTED: Mapping[str, tuple[int, int]] = {
    "CONV_2D": (1, 2), "DEPTHWISE_CONV_2D": (1, 2), "FULLY_CONNECTED": (1, 2), "TRANSPOSE_CONV": (1, 3),
}  # fmt: skip
"""Operator -> positions of its weights and of its bias among its inputs."""


@dataclass(frozen=True)
class TensorFacts:
    """One tensor in numbers and words.

    Attributes:
        role: Of the model's inputs and outputs and of what is between them, or of constants; parameters such as shapes
            and axes have none and no rule sees them.
        dtype: Type of its elements.
        rank, batch, elements, bytes: Dimensions, the first of them, elements, and bytes as stored.
        outer: Product of all dimensions but the last three.
        plane: Elements of one channel of one sample.
        widest: The largest dimension.
        quantized, per_channel: It has a scale; it has several.
        scales, zeros: Scales and zero points.
    """

    role: Role
    dtype: str
    rank: int
    batch: int
    elements: int
    bytes: int
    outer: int
    plane: int
    widest: int
    quantized: bool
    per_channel: bool
    scales: tuple[float, ...]
    zeros: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in NAMES}


NAMES = tuple(f.name for f in fields(TensorFacts))
"""The names that a rule may use."""


def roles_of(graph: Graph) -> Mapping[int, Role]:
    """Tensor index -> its role, for all tensors that have one."""
    found: dict[int, Role] = {}
    for op in graph.ops:
        weights, bias = WEIGHTED.get(op.kind, (-1, -1))
        for position, index in enumerate(op.inputs):
            if index < 0:
                continue
            if position == weights:
                found[index] = "weights"
            elif position == bias:
                found[index] = "bias"
            elif not graph.tensors[index].is_constant or graph.tensors[index].quantization is not None:
                found.setdefault(index, "activation")
        for index in op.outputs:
            found[index] = "activation"
    return found | dict.fromkeys(graph.outputs, "output") | dict.fromkeys(graph.inputs, "input")


def facts_of(tensor: Tensor, role: Role) -> TensorFacts:
    """The facts of one tensor."""
    quantization = tensor.quantization
    return TensorFacts(
        role=role,
        dtype=tensor.dtype.value,
        rank=len(tensor.shape),
        batch=tensor.shape[0] if tensor.shape else 1,
        elements=tensor.elements,
        bytes=tensor.nbytes,
        outer=prod(tensor.shape[:-3]),
        plane=tensor.elements // max(1, tensor.shape[0] * tensor.shape[-1]) if len(tensor.shape) > 1 else 1,
        widest=max(tensor.shape, default=1),
        quantized=quantization is not None,
        per_channel=quantization is not None and quantization.is_per_channel,
        scales=tuple(float(s) for s in quantization.scale) if quantization is not None else (),
        zeros=tuple(int(z) for z in quantization.zero_point) if quantization is not None else (),
    )
