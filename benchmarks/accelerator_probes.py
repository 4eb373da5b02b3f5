"""Single operators on both sides of every limit that our Ethos-U rules know, as one graph of independent branches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from tests.graphs.int8 import Int8Builder
from tinyq.graph import DType, Graph, Quantization, Tensor
from tinyq.graph.options import (
    ConcatenationOptions,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    NoOptions,
    OpaqueOptions,
    Options,
    PoolOptions,
    ReducerOptions,
    SoftmaxOptions,
)


@dataclass(frozen=True)
class Probe:
    """One operator: what is special about it, and its position in the graph of its group."""

    name: str
    index: int


@dataclass(frozen=True)
class Group:
    """Probes in one graph."""

    name: str
    graph: Graph
    probes: tuple[Probe, ...]


class _Branches:
    """Collects independent operators in one graph."""

    def __init__(self) -> None:
        self.builder = Int8Builder(1)
        self.probes: list[Probe] = []
        self.inputs: list[int] = []

    def data(self, *shape: int, dtype: DType = DType.INT8) -> int:
        index = self.builder.activation(shape, zero_point=3 if dtype is DType.INT8 else 0)
        self.retype(index, dtype)
        self.inputs.append(index)
        return index

    def retype(self, index: int, dtype: DType) -> None:
        quantization = None if dtype is DType.FLOAT32 else self.builder.tensors[index].quantization
        self.builder.tensors[index] = replace(self.builder.tensors[index], dtype=dtype, quantization=quantization)

    def out(self, *shape: int, dtype: DType = DType.INT8, like: int | None = None) -> int:
        index = self.builder.activation(shape, 0.07, 3 if dtype is DType.INT8 else 0)
        self.retype(index, dtype)
        if like is not None:
            source = self.builder.tensors[like]
            self.builder.tensors[index] = replace(self.builder.tensors[index], quantization=source.quantization)
        return index

    def probe(self, name: str, kind: str, inputs: list[int], out: int, options: Options) -> None:
        self.probes.append(Probe(name, len(self.builder.ops)))
        self.builder.op(kind, inputs, out, options)

    def group(self, name: str) -> Group:
        b = self.builder
        outputs = [t for op in b.ops for t in op.outputs]
        return Group(name, b.graph(self.inputs, outputs), tuple(self.probes))


def groups() -> tuple[Group, ...]:
    """All probes."""
    return (_convolutions(), _depthwise(), _pools(), _dense(), _reductions(), _others(), _types())


def _size(size: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == "SAME" else -(-(size - reach + 1) // stride)


def _convolutions() -> Group:
    g = _Branches()
    for stride, dilation, padding in product((1, 2, 3, 4), (1, 2), ("SAME", "VALID")):
        x = g.data(1, 24, 24, 4)
        size = _size(24, 3, stride, dilation, padding)
        w = g.builder.weights((8, 3, 3, 4), 0)
        options = ConvOptions(stride, stride, dilation, dilation, "SAME" if padding == "SAME" else "VALID")
        name = f"3x3, stride {stride}, dilation {dilation}, {padding}"
        g.probe(name, "CONV_2D", [x, w, g.builder.bias(x, w, 8)], g.out(1, size, size, 8), options)
    for kernel in (5, 16, 65):
        x = g.data(1, 80, 80, 2)
        w = g.builder.weights((4, kernel, kernel, 2), 0)
        name = f"{kernel}x{kernel}"
        g.probe(name, "CONV_2D", [x, w, g.builder.bias(x, w, 4)], g.out(1, 80, 80, 4), ConvOptions())
    for depth, value in ((64, 127), (65, 127), (64, 100)):  # 32 x 32 x 64 x 127 = 8,323,072
        x = g.data(1, 32, 32, depth)
        w = g.builder.weights((1, 32, 32, depth), 0)
        data = np.full((1, 32, 32, depth), value, np.int8)
        g.builder.tensors[w] = replace(g.builder.tensors[w], data=data)
        name = f"weights that add up to {data.size * value:,}"
        g.probe(name, "CONV_2D", [x, w, g.builder.bias(x, w, 1)], g.out(1, 1, 1, 1), ConvOptions(padding="VALID"))
    x = g.data(2, 8, 8, 4)
    w = g.builder.weights((4, 3, 3, 4), 0)
    g.probe("batch 2", "CONV_2D", [x, w, g.builder.bias(x, w, 4)], g.out(2, 8, 8, 4), ConvOptions())
    x = g.data(1, 8, 8, 4)
    w = g.builder.weights((4, 3, 3, 4), 0)
    g.probe("no bias", "CONV_2D", [x, w], g.out(1, 8, 8, 4), ConvOptions())
    x, w = g.data(1, 8, 8, 4), g.data(4, 3, 3, 4)
    g.probe("weights as an input", "CONV_2D", [x, w], g.out(1, 8, 8, 4), ConvOptions())
    return g.group("CONV_2D")


def _depthwise() -> Group:
    g = _Branches()
    for stride, dilation in product((1, 2, 3, 4), (1, 2)):
        x = g.data(1, 24, 24, 8)
        size = _size(24, 3, stride, dilation, "SAME")
        w = g.builder.weights((1, 3, 3, 8), 3)
        options = DepthwiseConvOptions(stride, stride, dilation, dilation)
        name = f"3x3, stride {stride}, dilation {dilation}"
        g.probe(name, "DEPTHWISE_CONV_2D", [x, w, g.builder.bias(x, w, 8)], g.out(1, size, size, 8), options)
    for channels, multiplier in ((1, 4), (3, 2), (8, 4)):
        x = g.data(1, 8, 8, channels)
        total = channels * multiplier
        w = g.builder.weights((1, 3, 3, total), 3)
        name = f"depth multiplier {multiplier}, {channels} channels"
        options = DepthwiseConvOptions(depth_multiplier=multiplier)
        g.probe(name, "DEPTHWISE_CONV_2D", [x, w, g.builder.bias(x, w, total)], g.out(1, 8, 8, total), options)
    return g.group("DEPTHWISE_CONV_2D")


def _pools() -> Group:
    g = _Branches()
    cases = (
        (2, 2, "VALID"), (3, 1, "SAME"), (8, 1, "SAME"), (9, 1, "SAME"), (9, 9, "VALID"), (4, 4, "SAME"),
        (4, 4, "VALID"), (3, 5, "SAME"),
    )  # fmt: skip
    for kind, (kernel, stride, padding) in product(("MAX_POOL_2D", "AVERAGE_POOL_2D"), cases):
        x = g.data(1, 36, 36, 4)
        size = _size(36, kernel, stride, 1, padding)
        options = PoolOptions(kernel, kernel, stride, stride, "SAME" if padding == "SAME" else "VALID")
        name = f"{kernel}x{kernel}, stride {stride}, {padding}"
        g.probe(name, kind, [x], g.out(1, size, size, 4, like=x), options)
    for kind, size in product(("MAX_POOL_2D", "AVERAGE_POOL_2D"), (256, 257)):
        x = g.data(1, size, 4, 2)
        options = PoolOptions(size, 1, 1, 1, "VALID")
        g.probe(f"{size}x1, VALID", kind, [x], g.out(1, 1, 4, 2, like=x), options)
    return g.group("pooling")


def _dense() -> Group:
    g = _Branches()
    cases = ((1, 16, 4, False), (4, 16, 4, False), (1, 65_536, 2, False), (1, 65_537, 2, False), (1, 16, 4, True))
    for rows, depth, units, per_channel in cases:
        x = g.data(rows, depth)
        w = g.builder.weights((units, depth), 0, per_channel)
        name = f"{rows} x {depth} to {units}{', per channel' if per_channel else ''}"
        inputs = [x, w, g.builder.bias(x, w, units)]
        g.probe(name, "FULLY_CONNECTED", inputs, g.out(rows, units), FullyConnectedOptions())
    x, w = g.data(1, 16), g.data(4, 16)
    g.probe("weights as an input", "FULLY_CONNECTED", [x, w], g.out(1, 4), FullyConnectedOptions())
    return g.group("FULLY_CONNECTED")


def _reductions() -> Group:
    g = _Branches()
    cases: tuple[tuple[str, tuple[int, ...], list[int], tuple[int, ...]], ...] = (
        ("height and width", (1, 8, 8, 4), [1, 2], (1, 4)),
        ("width", (1, 8, 8, 4), [2], (1, 8, 4)),
        ("channels", (1, 8, 8, 4), [3], (1, 8, 8)),
        ("channels of height 1", (1, 1, 8, 4), [3], (1, 1, 8)),
        ("4,096 columns", (1, 1, 4096, 2), [1, 2], (1, 2)),
        ("4,097 columns", (1, 1, 4097, 2), [1, 2], (1, 2)),
        ("batch 2", (2, 8, 8, 4), [1, 2], (2, 4)),
        ("over the batch", (2, 8, 8, 4), [0], (8, 8, 4)),
    )
    for name, shape, axes, out in cases:
        x = g.data(*shape)
        g.probe(name, "MEAN", [x, g.builder.shape(axes)], g.out(*out), ReducerOptions())
    return g.group("MEAN")


def _others() -> Group:
    g = _Branches()
    for kind in ("ADD", "SUB", "MUL"):
        x, y = g.data(1, 4, 4, 8), g.data(1, 4, 4, 8)
        g.probe("same shapes", kind, [x, y], g.out(1, 4, 4, 8), NoOptions())
        x, y = g.data(1, 4, 4, 8), g.data(1, 1, 1, 8)
        g.probe("broadcast", kind, [x, y], g.out(1, 4, 4, 8), NoOptions())
    for kind in ("MAXIMUM", "MINIMUM"):
        x, y = g.data(1, 4, 4, 8), g.data(1, 4, 4, 8)
        g.probe("one scale", kind, [x, y], g.out(1, 4, 4, 8, like=x), NoOptions())
        x, y = g.data(1, 4, 4, 8), g.data(1, 4, 4, 8)
        g.probe("other scale", kind, [x, y], g.out(1, 4, 4, 8), NoOptions())
    for kind in ("RELU", "RELU6", "LOGISTIC", "TANH", "HARD_SWISH", "FLOOR", "SQRT", "EXP", "ABS", "NEG"):
        x = g.data(1, 4, 4, 8)
        g.probe("", kind, [x], g.out(1, 4, 4, 8), NoOptions())
    x, y = g.data(1, 4, 4, 8), g.data(1, 4, 4, 8)
    g.probe("channels", "CONCATENATION", [x, y], g.out(1, 4, 4, 16, like=x), ConcatenationOptions(3))
    x = g.data(1, 10)
    g.probe("one row", "SOFTMAX", [x], _softmax_out(g, 1, 10), SoftmaxOptions())
    x = g.data(1, 256, 256, 4)
    g.probe("65,536 rows", "SOFTMAX", [x], _softmax_out(g, 1, 256, 256, 4), SoftmaxOptions())
    x = g.data(1, 256, 257, 4)
    g.probe("65,792 rows", "SOFTMAX", [x], _softmax_out(g, 1, 256, 257, 4), SoftmaxOptions())
    x = g.data(1, 4, 4, 8)
    pads = g.builder.shape([0, 0, 1, 1, 1, 1, 0, 0])
    g.builder.tensors[pads] = replace(
        g.builder.tensors[pads], shape=(4, 2), data=np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
    )
    g.probe("height and width", "PAD", [x, pads], g.out(1, 6, 6, 8, like=x), NoOptions())
    x = g.data(1, 4, 4, 8)
    g.probe("", "TRANSPOSE", [x, g.builder.shape([0, 2, 1, 3])], g.out(1, 4, 4, 8, like=x), NoOptions())
    x = g.data(1, 4, 4, 8)
    leaky = OpaqueOptions("LeakyReluOptions", (("alpha", 0.25),))
    g.probe("", "LEAKY_RELU", [x], g.out(1, 4, 4, 8), leaky)
    for stride in (1, 2, 3):
        x, w = g.data(1, 5, 5, 4), g.builder.weights((6, 3, 3, 4), 0)
        shape = g.builder.shape([1, 5 * stride, 5 * stride, 6])
        values = (("fusedActivationFunction", 0), ("padding", 0), ("strideH", stride), ("strideW", stride))
        options = OpaqueOptions("TransposeConvOptions", values)
        inputs = [shape, w, x, g.builder.bias(x, w, 6)]
        g.probe(f"3x3, stride {stride}", "TRANSPOSE_CONV", inputs, g.out(1, 5 * stride, 5 * stride, 6), options)
    return g.group("others")


def _softmax_out(g: _Branches, *shape: int) -> int:
    g.builder.tensors.append(
        Tensor(f"t{len(g.builder.tensors)}", shape, DType.INT8, Quantization.per_tensor(1 / 256, -128))
    )
    return len(g.builder.tensors) - 1


def _types() -> Group:
    g = _Branches()
    for dtype in (DType.INT16, DType.INT32, DType.FLOAT32):
        x, y = g.data(1, 4, 4, 8, dtype=dtype), g.data(1, 4, 4, 8, dtype=dtype)
        g.probe(dtype.value, "ADD", [x, y], g.out(1, 4, 4, 8, dtype=dtype), NoOptions())
        if dtype is DType.INT32:  # TFLite has no other operator of these for it
            continue
        x = g.data(1, 4, 4, 8, dtype=dtype)
        options = PoolOptions(2, 2, 2, 2)
        g.probe(dtype.value, "MAX_POOL_2D", [x], g.out(1, 2, 2, 8, dtype=dtype, like=x), options)
        x = g.data(1, 4, 4, 8, dtype=dtype)
        g.probe(dtype.value, "LOGISTIC", [x], g.out(1, 4, 4, 8, dtype=dtype), NoOptions())
    for weight in (DType.INT8, DType.INT4):
        x = g.data(1, 8, 8, 4)
        w = g.builder.weights((4, 3, 3, 4), 0)
        g.builder.tensors[w] = replace(g.builder.tensors[w], dtype=weight, data=np.ones((4, 3, 3, 4), np.int8))
        inputs = [x, w, g.builder.bias(x, w, 4)]
        g.probe(f"{weight.value} weights", "CONV_2D", inputs, g.out(1, 8, 8, 4), ConvOptions())
    x = g.data(1, 8, 8, 4, dtype=DType.INT16)
    w = g.builder.weights((4, 3, 3, 4), 0)
    bias = g.builder.bias(x, w, 4)
    wide = np.array([5, -7, 1 << 20, 0], np.int64)
    g.builder.tensors[bias] = replace(g.builder.tensors[bias], dtype=DType.INT64, data=wide)
    g.probe("int16", "CONV_2D", [x, w, bias], g.out(1, 8, 8, 4, dtype=DType.INT16), ConvOptions())
    x = g.data(1, 4, 4, 8)
    g.probe("to float", "DEQUANTIZE", [x], g.out(1, 4, 4, 8, dtype=DType.FLOAT32), NoOptions())
    x = g.data(1, 4, 4, 8)
    g.probe("other scale", "QUANTIZE", [x], g.out(1, 4, 4, 8), NoOptions())
    return g.group("types")
