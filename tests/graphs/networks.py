"""Small float networks of the kinds that run on microcontrollers, made by hand and seeded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.graphs.floats import Builder
from tinyq.graph import Graph, Op
from tinyq.graph.options import (
    Activation,
    AddOptions,
    BatchMatMulOptions,
    ConvOptions,
    DepthwiseConvOptions,
    FullyConnectedOptions,
    MulOptions,
    NoOptions,
    OpaqueOptions,
    ReducerOptions,
    ReshapeOptions,
    ResizeOptions,
    SplitOptions,
    StridedSliceOptions,
    SubOptions,
    TransposeConvOptions,
    UnpackOptions,
)


class NetworkBuilder(Builder):
    """Layers as converters write them; weights keep the size of activations."""

    def _weights(self, shape: tuple[int, ...], fan_in: int) -> int:
        return self.constant(self.rng.normal(0, 1.4 / np.sqrt(fan_in), shape))

    def _bias(self, channels: int) -> int:
        return self.constant(self.rng.normal(0, 0.2, channels))

    def conv2d(
        self, x: int, channels: int, kernel: tuple[int, int] = (3, 3), stride: int = 1, activation: Activation = "NONE",
        dilation: int = 1,
    ) -> int:  # fmt: skip
        n, h, w, c = self.tensors[x].shape
        weights = self._weights((channels, *kernel, c), kernel[0] * kernel[1] * c)
        options = ConvOptions(stride, stride if w > 1 else 1, 1, dilation, "SAME", activation)
        shape = (n, -(-h // stride), -(-w // (stride if w > 1 else 1)), channels)
        return self.op("CONV_2D", [x, weights, self._bias(channels)], shape, options)

    def pointwise(self, x: int, channels: int, activation: Activation = "NONE") -> int:
        return self.conv2d(x, channels, (1, 1), 1, activation)

    def depthwise2d(self, x: int, stride: int = 1, activation: Activation = "NONE", kernel: int = 3) -> int:
        n, h, w, c = self.tensors[x].shape
        inputs = [x, self._weights((1, kernel, kernel, c), kernel * kernel), self._bias(c)]
        options = DepthwiseConvOptions(stride, stride, padding="SAME", activation=activation)
        return self.op("DEPTHWISE_CONV_2D", inputs, (n, -(-h // stride), -(-w // stride), c), options)

    def dense_rows(self, x: int, units: int, activation: Activation = "NONE") -> int:
        """On the last dimension."""
        *rows, depth = self.tensors[x].shape
        inputs = [x, self._weights((units, depth), depth), self._bias(units)]
        return self.op("FULLY_CONNECTED", inputs, (*rows, units), FullyConnectedOptions(activation, True))

    def add(self, x: int, y: int, activation: Activation = "NONE") -> int:
        return self.op("ADD", [x, y], self.tensors[x].shape, AddOptions(activation))

    def mul(self, x: int, y: int) -> int:
        return self.op("MUL", [x, y], self.tensors[x].shape, MulOptions())

    def same(self, kind: str, x: int) -> int:
        return self.op(kind, [x], self.tensors[x].shape, NoOptions())

    def average(self, x: int, keep: bool = False) -> int:
        n, _, _, c = self.tensors[x].shape
        axes = self.constant(np.array([1, 2], np.int32))
        return self.op("MEAN", [x, axes], (n, 1, 1, c) if keep else (n, c), ReducerOptions(keep))

    def head(self, x: int, classes: int = 4) -> int:
        return self.softmax(self.dense_rows(self.average(x), classes))

    def reshaped(self, x: int, shape: tuple[int, ...]) -> int:
        return self.op("RESHAPE", [x, self.constant(np.array(shape, np.int32))], shape, ReshapeOptions(shape))

    def transposed(self, x: int, axes: tuple[int, ...]) -> int:
        shape = tuple(self.tensors[x].shape[a] for a in axes)
        return self.op("TRANSPOSE", [x, self.constant(np.array(axes, np.int32))], shape, NoOptions())


def _image(b: NetworkBuilder, size: int = 12) -> int:
    return b.activation((1, size, size, 3), "image")


def mobilenet_v1() -> Graph:
    b = NetworkBuilder(1)
    x = _image(b)
    y = b.conv2d(x, 8, stride=2, activation="RELU6")
    for channels, stride in ((12, 1), (16, 2), (16, 1)):
        y = b.pointwise(b.depthwise2d(y, stride, "RELU6"), channels, "RELU6")
    return b.graph([x], [b.head(y)])


def mobilenet_v2() -> Graph:
    b = NetworkBuilder(2)
    x = _image(b)
    y = b.conv2d(x, 8, stride=2, activation="RELU6")
    for channels, stride in ((8, 1), (12, 2), (12, 1)):
        wide = b.depthwise2d(b.pointwise(y, 2 * b.tensors[y].shape[3], "RELU6"), stride, "RELU6")
        narrow = b.pointwise(wide, channels)
        y = b.add(y, narrow) if b.tensors[y].shape == b.tensors[narrow].shape else narrow
    return b.graph([x], [b.head(b.pointwise(y, 24, "RELU6"))])


def _excited(b: NetworkBuilder, x: int, hard: bool) -> int:
    """Squeeze and excitation."""
    channels = b.tensors[x].shape[3]
    squeezed = b.pointwise(b.average(x, keep=True), max(channels // 4, 2), "RELU")
    gate = b.pointwise(squeezed, channels)
    if not hard:
        return b.mul(x, b.same("LOGISTIC", gate))
    three = b.constant(np.full((1, 1, 1, 1), 3.0))
    sixth = b.constant(np.full((1, 1, 1, 1), 1 / 6))
    return b.mul(x, b.mul(b.add(gate, three, "RELU6"), sixth))


def mobilenet_v3() -> Graph:
    b = NetworkBuilder(3)
    x = _image(b)
    y = b.same("HARD_SWISH", b.conv2d(x, 8, stride=2))
    for channels, stride in ((8, 1), (12, 2)):
        wide = b.same("HARD_SWISH", b.pointwise(y, 16))
        wide = _excited(b, b.same("HARD_SWISH", b.depthwise2d(wide, stride, kernel=5)), hard=True)
        narrow = b.pointwise(wide, channels)
        y = b.add(y, narrow) if b.tensors[y].shape == b.tensors[narrow].shape else narrow
    return b.graph([x], [b.head(b.same("HARD_SWISH", b.pointwise(y, 24)))])


def efficientnet() -> Graph:
    """With swish as converters write it, and a resized input."""
    b = NetworkBuilder(4)

    def swish(t: int) -> int:
        return b.mul(t, b.same("LOGISTIC", t))

    x = _image(b, 8)
    size = b.constant(np.array([12, 12], np.int32))
    y = b.op("RESIZE_BILINEAR", [x, size], (1, 12, 12, 3), ResizeOptions(half_pixel_centers=True))
    y = swish(b.conv2d(y, 8, stride=2))
    for _ in range(2):
        wide = _excited(b, swish(b.depthwise2d(swish(b.pointwise(y, 16)))), hard=False)
        y = b.add(y, b.pointwise(wide, 8))
    return b.graph([x], [b.head(swish(b.pointwise(y, 16)))])


def resnet() -> Graph:
    b = NetworkBuilder(5)
    x = _image(b)
    y = b.conv2d(x, 8, activation="RELU")
    for channels, stride in ((8, 1), (12, 2)):
        inner = b.conv2d(b.conv2d(y, channels, stride=stride, activation="RELU"), channels)
        short = y if stride == 1 else b.conv2d(y, channels, (1, 1), stride)
        y = b.add(inner, short, "RELU")
    return b.graph([x], [b.head(y)])


def ds_cnn() -> Graph:
    b = NetworkBuilder(6)
    x = b.activation((1, 20, 10, 1), "spectrogram")
    y = b.conv2d(x, 12, (10, 4), 2, "RELU")
    for _ in range(2):
        y = b.pointwise(b.depthwise2d(y, 1, "RELU"), 12, "RELU")
    return b.graph([x], [b.head(y, 6)])


def tcn() -> Graph:
    """Conv1D with growing dilation, causal by padding, as Keras writes it; then the last step alone."""
    b = NetworkBuilder(7)
    x = b.activation((1, 24, 4), "series")
    axis = b.constant(np.array([1], np.int32))
    y = b.op("EXPAND_DIMS", [x, axis], (1, 1, 24, 4), NoOptions())
    y = b.pointwise(y, 8)
    for dilation in (1, 2, 4):
        n, h, w, c = b.tensors[y].shape
        pads = b.constant(np.array([[0, 0], [0, 0], [2 * dilation, 0], [0, 0]], np.int32))
        padded = b.op("PAD", [y, pads], (n, h, w + 2 * dilation, c), NoOptions())
        weights = b._weights((c, 1, 3, c), 3 * c)
        options = ConvOptions(1, 1, 1, dilation, "VALID", "NONE")
        inner = b.op("CONV_2D", [padded, weights, b._bias(c)], (n, h, w, c), options)
        inner = b.op("LEAKY_RELU", [inner], (n, h, w, c), OpaqueOptions("LeakyReluOptions", (("alpha", 0.2),)))
        y = b.add(y, inner)
    begin, end, step = (b.constant(np.array(v, np.int32)) for v in ((0, 0, -1, 0), (1, 1, 0, 0), (1, 1, 1, 1)))
    options = StridedSliceOptions(0b1011, 0b1111, shrink_axis_mask=0b0110)
    last = b.op("STRIDED_SLICE", [y, begin, end, step], (1, 8), options)
    return b.graph([x], [b.softmax(b.dense_rows(last, 3))])


def gru() -> Graph:
    """A GRU of a few steps as Keras lowers it when unrolled: the state is read and written step by step."""
    b, units, steps, depth = NetworkBuilder(8), 6, 5, 4
    x = b.activation((1, steps, depth), "series")
    state = b.activation((1, units), "state")
    rows = [b.activation((1, depth)) for _ in range(steps)]
    b.ops.append(Op("UNPACK", (x,), tuple(rows), UnpackOptions(steps, 1)))
    kernel, recurrent = b._weights((3 * units, depth), depth), b._weights((3 * units, units), units)
    biases = b._bias(3 * units), b._bias(3 * units)
    one = b.constant(np.ones((1, 1), np.float32))
    axis = b.constant(np.array(1, np.int32))
    h, shape = state, (1, units)

    def gates(t: int, weights: int, bias: int) -> list[int]:
        whole = b.op("FULLY_CONNECTED", [t, weights, bias], (1, 3 * units), FullyConnectedOptions())
        parts = [b.activation(shape) for _ in range(3)]
        b.ops.append(Op("SPLIT", (axis, whole), tuple(parts), SplitOptions(3)))
        return parts

    for row in rows:
        (xz, xr, xh), (hz, hr, hh) = gates(row, kernel, biases[0]), gates(h, recurrent, biases[1])
        z, r = b.same("LOGISTIC", b.add(xz, hz)), b.same("LOGISTIC", b.add(xr, hr))
        proposed = b.same("TANH", b.add(xh, b.mul(r, hh)))
        kept = b.op("SUB", [one, z], shape, SubOptions())
        h = b.add(b.mul(z, h), b.mul(kept, proposed))
    return b.graph([x, state], [b.dense_rows(h, 3), h])


def transformer() -> Graph:
    """One block: two heads of attention, layer normalization of its parts, and two dense layers."""
    b, steps, width, heads = NetworkBuilder(9), 6, 8, 2
    x = b.activation((1, steps, width), "tokens")

    def split_heads(t: int) -> int:
        return b.transposed(b.reshaped(t, (1, steps, heads, width // heads)), (0, 2, 1, 3))

    q, k, v = (split_heads(b.dense_rows(x, width)) for _ in range(3))
    scores = b.op("BATCH_MATMUL", [q, k], (1, heads, steps, steps), BatchMatMulOptions(False, True))
    attention = b.softmax(b.mul(scores, b.constant(np.full((1, 1, 1, 1), 0.5))))
    mixed = b.op("BATCH_MATMUL", [attention, v], (1, heads, steps, width // heads), BatchMatMulOptions())
    joined = b.reshaped(b.transposed(mixed, (0, 2, 1, 3)), (1, steps, width))
    y = b.add(x, b.dense_rows(joined, width))
    axis = b.constant(np.array([2], np.int32))
    mean = b.op("MEAN", [y, axis], (1, steps, 1), ReducerOptions(True))
    squares = b.op("SQUARED_DIFFERENCE", [y, mean], (1, steps, width), NoOptions())
    variance = b.op("MEAN", [squares, axis], (1, steps, 1), ReducerOptions(True))
    centred = b.op("SUB", [y, mean], (1, steps, width), SubOptions())
    y = b.add(centred, b.dense_rows(b.dense_rows(centred, 16, "RELU"), width))
    pooled = b.op("MEAN", [y, b.constant(np.array([1], np.int32))], (1, width), ReducerOptions(False))
    return b.graph([x], [b.softmax(b.dense_rows(pooled, 3)), variance])


def autoencoder() -> Graph:
    b = NetworkBuilder(10)
    x = _image(b)
    y = b.conv2d(b.conv2d(x, 8, stride=2, activation="RELU"), 12, stride=2, activation="RELU")
    for channels in (8, 3):
        n, h, w, c = b.tensors[y].shape
        shape = (n, 2 * h, 2 * w, channels)
        weights = b._weights((channels, 3, 3, c), 3 * c)
        inputs = [b.constant(np.array(shape, np.int32)), weights, y, b._bias(channels)]
        activation: Activation = "RELU" if channels == 8 else "NONE"
        y = b.op("TRANSPOSE_CONV", inputs, shape, TransposeConvOptions(2, 2, "SAME", activation))
    return b.graph([x], [b.same("LOGISTIC", y)])


NETWORKS: dict[str, Callable[[], Graph]] = {
    "MobileNetV1": mobilenet_v1,
    "MobileNetV2": mobilenet_v2,
    "MobileNetV3": mobilenet_v3,
    "EfficientNet-lite": efficientnet,
    "ResNet": resnet,
    "DS-CNN": ds_cnn,
    "TCN": tcn,
    "GRU": gru,
    "transformer": transformer,
    "autoencoder": autoencoder,
}
