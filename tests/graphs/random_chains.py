"""Random float chains of layers, for tests of transforms that must not change the float function."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.graphs.floats import Builder
from tinyq.graph import Graph, write_graph
from tinyq.graph.options import (
    AddOptions,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    MulOptions,
    NoOptions,
    OpaqueOptions,
    ReducerOptions,
    SubOptions,
)

SIDE = 6


class ChainBuilder(Builder):
    """Layers with every option that transforms look at; each method appends one and returns its output.

    Sizes of output channels are 10^U(-spread, spread).
    """

    spread: float = 1.0

    def conv2d(
        self, x: int, channels: int, kernel: int = 3, activation: str = "RELU", padding: str = "SAME", groups: int = 1
    ) -> int:
        n, h, w, c = self.tensors[x].shape
        cut = kernel - 1 if padding == "VALID" else 0
        weights = self.constant(self._weights((channels, kernel, kernel, c // groups), 0))
        inputs = [x, weights, self._bias(channels)]
        options = ConvOptions(activation=activation, padding=padding)  # type: ignore[arg-type]
        return self.op("CONV_2D", inputs, (n, h - cut, w - cut, channels), options)

    def depthwise2d(
        self, x: int, multiplier: int = 1, activation: str = "RELU", padding: str = "SAME", kernel: int = 3
    ) -> int:
        n, h, w, c = self.tensors[x].shape
        cut = kernel - 1 if padding == "VALID" else 0
        weights = self.constant(self._weights((1, kernel, kernel, c * multiplier), 3))
        options = DepthwiseConvOptions(
            activation=activation, padding=padding, depth_multiplier=multiplier  # type: ignore[arg-type]
        )  # fmt: skip
        inputs = [x, weights, self._bias(c * multiplier)]
        return self.op("DEPTHWISE_CONV_2D", inputs, (n, h - cut, w - cut, c * multiplier), options)

    def linear(self, x: int, units: int, activation: str = "NONE", bias: bool = True) -> int:
        read = int(np.prod(self.tensors[x].shape[1:]))
        inputs = [x, self.constant(self._weights((units, read), 0)), *([self._bias(units)] if bias else [])]
        return self.op("FULLY_CONNECTED", inputs, (1, units), FullyConnectedOptions(activation=activation))  # type: ignore[arg-type]

    def pad(self, x: int) -> int:
        n, h, w, c = self.tensors[x].shape
        amounts = self.constant(np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int32))
        return self.op("PAD", [x, amounts], (n, h + 1, w + 1, c), OpaqueOptions("PadOptions"))

    def mean(self, x: int) -> int:
        n, _, _, c = self.tensors[x].shape
        return self.op("MEAN", [x, self.constant(np.array([1, 2], np.int32))], (n, c), ReducerOptions(False))

    def relu(self, x: int, kind: str = "RELU") -> int:
        return self.op(kind, [x], self.tensors[x].shape, NoOptions())

    def leaky(self, x: int) -> int:
        options = OpaqueOptions("LeakyReluOptions", (("alpha", 0.25),))
        return self.op("LEAKY_RELU", [x], self.tensors[x].shape, options)

    def elementwise(self, kind: str, a: int, b: int, activation: str = "NONE") -> int:
        options = {"MUL": MulOptions, "ADD": AddOptions, "SUB": SubOptions}[kind](activation=activation)
        shape = max(self.tensors[a].shape, self.tensors[b].shape, key=lambda s: (len(s), np.prod(s)))
        return self.op(kind, [a, b], shape, options)

    def _weights(self, shape: tuple[int, ...], axis: int) -> NDArray[Any]:
        weights = self.rng.normal(0, 1, shape) / np.sqrt(np.prod(shape[1:]) if axis == 0 else shape[1] * shape[2])
        sizes = 10.0 ** self.rng.uniform(-self.spread, self.spread, shape[axis])
        return weights * sizes.reshape([-1 if i == axis else 1 for i in range(len(shape))])

    def _bias(self, channels: int) -> int:
        return self.constant(self.rng.normal(0, 0.3, channels))


def random_chain(seed: int, activation: str = "RELU") -> Graph:
    """Some five layers with what may lie between them, ending in a dense one."""
    b = ChainBuilder(seed)
    rng = np.random.default_rng(seed)
    image = b.activation((1, SIDE, SIDE, 2), "image")
    x = b.conv2d(image, 4, activation=activation)
    for _ in range(rng.integers(2, 4)):
        x = [
            lambda x: b.conv2d(x, int(rng.integers(3, 7)), 1, activation=activation),
            lambda x: b.conv2d(x, 4, 3, activation=activation),
            lambda x: b.depthwise2d(x, int(rng.integers(1, 4)), activation=activation),
            lambda x: b.relu(b.conv2d(x, 3, activation="NONE")),
            lambda x: b.leaky(b.conv2d(x, 3, activation="NONE")),
        ][rng.integers(5)](x)
        x = [lambda x: x, b.pad, lambda x: b.pool(x, "MAX_POOL_2D", 1), lambda x: x][rng.integers(4)](x)
    x = [b.flatten, b.mean, lambda x: b.flatten(b.pool(x, "AVERAGE_POOL_2D", 2)), lambda x: x][rng.integers(4)](x)
    return b.graph([image], [b.linear(b.linear(x, 5, activation), 3)])


def samples_for(graph: Graph, count: int = 4, seed: int = 1) -> NDArray[np.float32]:
    """Normal inputs ``[count, ...]``."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, (count, *graph.tensors[graph.inputs[0]].shape[1:])).astype(np.float32)


def run(graph: Graph, samples: NDArray[Any], tensor: int | None = None) -> NDArray[Any]:
    """The output, or another activation, for each sample, under LiteRT in this process."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=write_graph(graph), experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    wanted = graph.outputs[0] if tensor is None else tensor
    found = []
    for sample in samples:
        interpreter.set_tensor(graph.inputs[0], sample[None])
        interpreter.invoke()
        found.append(interpreter.get_tensor(wanted).copy())
    return np.concatenate(found)


def same_function(a: Graph, b: Graph, samples: NDArray[Any], tolerance: float = 2e-5) -> bool:
    """Whether two graphs give the same outputs but for float32 rounding."""
    first, second = run(a, samples), run(b, samples)
    return bool(np.abs(first - second).max() <= tolerance * np.abs(first).max())
