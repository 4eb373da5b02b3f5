"""Operators that only move elements: what they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import ClassVar

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target
from tinyq.codegen.shapes import Loop, merge, nest, row_major
from tinyq.graph import DType, Tensor

ANY = frozenset({DType.INT8, DType.INT16, DType.INT32, DType.INT64, DType.FLOAT32, DType.BOOL})
"""Types of which all bits are moved, whatever they mean."""


def type_names(types: Collection[DType]) -> tuple[str, ...]:
    """For registrations."""
    return tuple(sorted(t.value for t in types))


def moved(node: Node, data: Tensor, outputs: Sequence[Tensor], types: Collection[DType]) -> str:
    """Whether outputs have the type of what is moved to them, and TFLM has a kernel for that."""
    if data.dtype not in types:
        return f"TensorFlow Lite Micro has no {node.op.kind} of {data.dtype}"
    return checks.dtypes(*((tensor, data.dtype) for tensor in outputs))


def element_bytes(tensor: Tensor) -> int:
    """Bytes of one element."""
    return tensor.dtype.bits // 8


def move(node: Node, loops: Sequence[Loop], position: int = 0, start: int = 0) -> Emission:
    """Moves elements from an input to the only output.

    Args:
        loops: Outermost first; their strides are those of input and output, in elements.
        position: Of the input.
        start: Element of the input at which the loops begin.
    """
    source, output = node.input(position), node.output
    merged = merge(loops)
    if start == 0 and all(loop.strides == (1, 1) for loop in merged) and source.elements == output.elements:
        return Emission(alias=position)
    size = element_bytes(source)
    contiguous = not merged or merged[-1].strides == (1, 1)
    unit = size if contiguous else 1
    last = merged[-1] if merged else Loop(1, (1, 1))
    rows = tuple(Loop(loop.size, (loop.strides[0] * unit, loop.strides[1] * unit)) for loop in merged[:-1])
    params = Params(
        "tq_move_params",
        {"rows": nest(rows), "columns": last.size * unit, "steps": (1, 1) if contiguous else last.strides},
    )
    function = "tq_move_rows" if contiguous else f"tq_move_{8 * size}"
    return Emission(
        calls=(Call(function, (ParamsAddress(), Input(position, start * size), Output())),),
        headers=("tq_move.h",),
        params=params,
    )


def permutation(shape: Sequence[int], axes: Sequence[int]) -> tuple[Loop, ...]:
    """Loops that write the elements of a shape in the order of other axes."""
    strides = row_major(shape)
    targets = row_major([shape[a] for a in axes])
    return tuple(Loop(shape[a], (strides[a], target)) for a, target in zip(axes, targets, strict=True))


class Mover(ABC):
    """Base of kernels that move elements; ``TYPES`` are those that TFLM moves."""

    TYPES: ClassVar[Collection[DType]] = ANY
    kinds: tuple[str, ...] = ()
    variant = "portable"

    @abstractmethod
    def objection(self, node: Node, target: Target) -> str:
        """As a kernel's."""

    def cost(self, node: Node, target: Target) -> float:
        return 3.0 * sum(node.graph.tensors[t].nbytes for t in node.op.outputs)
