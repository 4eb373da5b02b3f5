"""The typed, immutable view of a ``.tflite`` file that every other room works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph.options import Options


class DType(StrEnum):
    """Element types, named as in the TFLite schema (lower case)."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    INT4 = "int4"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    BOOL = "bool"
    RESOURCE = "resource"

    @property
    def bits(self) -> int:
        """Width of one element in bits, as stored."""
        return _BITS[self]

    @property
    def numpy(self) -> np.dtype[Any]:
        """The numpy type that holds one element; int4 is held unpacked in int8."""
        return np.dtype({"int4": "int8", "resource": "int32"}.get(self.value, self.value))


_BITS = {
    DType.FLOAT32: 32, DType.FLOAT16: 16, DType.INT4: 4, DType.INT8: 8, DType.UINT8: 8, DType.INT16: 16,
    DType.INT32: 32, DType.INT64: 64, DType.BOOL: 8, DType.RESOURCE: 32,
}  # fmt: skip


@dataclass(frozen=True)
class Quantization:
    """Affine quantization, real = scale * (code - zero_point).

    Attributes:
        scale: float32 ``[1]`` (per tensor) or ``[channels]`` (per channel).
        zero_point: int64, same shape as ``scale``.
        axis: Dimension that the channels lie along.
    """

    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int = 0

    @staticmethod
    def per_tensor(scale: float, zero_point: int) -> Quantization:
        """One scale and zero point for the whole tensor."""
        return Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64))

    @property
    def is_per_channel(self) -> bool:
        return self.scale.size > 1

    @property
    def scalar(self) -> tuple[float, int]:
        """Scale and zero point of a per-tensor quantization."""
        if self.scale.size != 1:
            raise ValueError("per-channel quantization has no single scale")
        return float(self.scale[0]), int(self.zero_point[0])


@dataclass(frozen=True)
class Tensor:
    """One tensor: an activation, or a constant if ``data`` is set (int4 constants are held unpacked)."""

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None
    data: NDArray[Any] | None = None
    is_variable: bool = False

    @property
    def is_constant(self) -> bool:
        return self.data is not None

    @property
    def elements(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) if self.shape else 1

    @property
    def nbytes(self) -> int:
        """Bytes as stored (int4: two elements a byte, rounded up)."""
        return (self.elements * self.dtype.bits + 7) // 8


@dataclass(frozen=True)
class Op:
    """One operator. ``inputs`` holds tensor indices, -1 where an optional input is absent.

    ``kind`` is the schema's builtin name ("CONV_2D"); a custom op is "CUSTOM:<name>".
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options
    intermediates: tuple[int, ...] = ()

    def input(self, position: int) -> int:
        """Tensor index of an input, -1 where it is absent."""
        return self.inputs[position] if position < len(self.inputs) else -1


@dataclass(frozen=True)
class Signature:
    """A named entry point: (argument name, tensor index) pairs."""

    key: str
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Graph:
    """A model's main subgraph, ops in execution order.

    Attributes:
        initializers: The further subgraphs, which CALL_ONCE runs to give variables their first values; operator k of
            that kind runs ``initializers[options.subgraph - 1]``.
    """

    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    signatures: tuple[Signature, ...] = ()
    metadata: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    description: str = ""
    initializers: tuple[Graph, ...] = ()

    @property
    def keeps_state(self) -> bool:
        """Whether an inference depends on those before it."""
        return any(t.is_variable for t in self.tensors) or any(op.kind == "VAR_HANDLE" for op in self.ops)

    @cached_property
    def producers(self) -> Mapping[int, int]:
        """Tensor index -> index of the op that writes it."""
        return {t: i for i, op in enumerate(self.ops) for t in op.outputs}

    @cached_property
    def consumers(self) -> Mapping[int, tuple[int, ...]]:
        """Tensor index -> indices of the ops that read it, ascending."""
        found: dict[int, list[int]] = {}
        for i, op in enumerate(self.ops):
            for t in dict.fromkeys(op.inputs):
                if t >= 0:
                    found.setdefault(t, []).append(i)
        return {t: tuple(ops) for t, ops in found.items()}

    def replace_tensors(self, changes: Mapping[int, Tensor]) -> Graph:
        """The same graph with some tensors exchanged."""
        return replace(self, tensors=tuple(changes.get(i, t) for i, t in enumerate(self.tensors)))

    def __getstate__(self) -> dict[str, Any]:
        # cached properties and mapping proxies do not travel between processes
        names = ("tensors", "ops", "inputs", "outputs", "signatures", "description", "initializers")
        return {**{n: getattr(self, n) for n in names}, "metadata": dict(self.metadata)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)
