"""Small float models, made by hand and seeded, for tests of everything that works before quantization."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.options import (
    ConcatenationOptions,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    NoOptions,
    Options,
    PoolOptions,
    ReshapeOptions,
    SoftmaxOptions,
)


@dataclass
class Builder:
    """Collects tensors and ops; each method returns the index of what it added."""

    seed: int = 0
    tensors: list[Tensor] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def activation(self, shape: tuple[int, ...], name: str = "") -> int:
        self.tensors.append(Tensor(name or f"t{len(self.tensors)}", shape, DType.FLOAT32))
        return len(self.tensors) - 1

    def constant(self, data: NDArray[Any], name: str = "") -> int:
        dtype = DType.INT32 if data.dtype.kind == "i" else DType.FLOAT32
        data = data.astype(dtype.numpy)
        self.tensors.append(Tensor(name or f"c{len(self.tensors)}", data.shape, dtype, data=data))
        return len(self.tensors) - 1

    def op(self, kind: str, inputs: list[int], shape: tuple[int, ...], options: Options, name: str = "") -> int:
        out = self.activation(shape, name)
        self.ops.append(Op(kind, tuple(inputs), (out,), options))
        return out

    def conv(self, x: int, channels: int, kernel: int = 3, activation: str = "RELU", name: str = "") -> int:
        n, h, w, c = self.tensors[x].shape
        weights = self.constant(self.rng.normal(0, 0.5, (channels, kernel, kernel, c)))
        bias = self.constant(self.rng.normal(0, 0.2, channels))
        options = ConvOptions(activation=activation)  # type: ignore[arg-type]
        return self.op("CONV_2D", [x, weights, bias], (n, h, w, channels), options, name)

    def depthwise(self, x: int, kernel: int = 3, name: str = "") -> int:
        shape = self.tensors[x].shape
        weights = self.constant(self.rng.normal(0, 0.5, (1, kernel, kernel, shape[-1])))
        bias = self.constant(self.rng.normal(0, 0.2, shape[-1]))
        return self.op("DEPTHWISE_CONV_2D", [x, weights, bias], shape, DepthwiseConvOptions(activation="RELU"), name)

    def dense(self, x: int, units: int, name: str = "") -> int:
        n, inputs = self.tensors[x].shape
        weights = self.constant(self.rng.normal(0, 0.3, (units, inputs)))
        bias = self.constant(self.rng.normal(0, 0.2, units))
        return self.op("FULLY_CONNECTED", [x, weights, bias], (n, units), FullyConnectedOptions(), name)

    def flatten(self, x: int) -> int:
        shape = self.tensors[x].shape
        flat = (shape[0], int(np.prod(shape[1:])))
        return self.op("RESHAPE", [x, self.constant(np.array(flat, np.int32))], flat, ReshapeOptions(flat))

    def pool(self, x: int, kind: str = "MAX_POOL_2D", size: int = 2) -> int:
        n, h, w, c = self.tensors[x].shape
        options = PoolOptions(size, size, size, size, "VALID")
        return self.op(kind, [x], (n, h // size, w // size, c), options)

    def softmax(self, x: int) -> int:
        return self.op("SOFTMAX", [x], self.tensors[x].shape, SoftmaxOptions(1.0))

    def logistic(self, x: int) -> int:
        return self.op("LOGISTIC", [x], self.tensors[x].shape, NoOptions())

    def concat(self, xs: list[int]) -> int:
        shapes = [self.tensors[x].shape for x in xs]
        shape = (*shapes[0][:-1], sum(s[-1] for s in shapes))
        return self.op("CONCATENATION", xs, shape, ConcatenationOptions(axis=len(shape) - 1))

    def graph(self, inputs: list[int], outputs: list[int]) -> Graph:
        return Graph(tuple(self.tensors), tuple(self.ops), tuple(inputs), tuple(outputs))


def classifier(seed: int = 0) -> Graph:
    """8x8x1 -> conv, depthwise, max pool, dense, softmax over 4 classes."""
    b = Builder(seed)
    x = b.activation((1, 8, 8, 1), "image")
    y = b.pool(b.depthwise(b.conv(x, 6, name="model/first/Relu"), name="model/second/Relu"))
    return b.graph([x], [b.softmax(b.dense(b.flatten(y), 4, name="model/logits/BiasAdd"))])
