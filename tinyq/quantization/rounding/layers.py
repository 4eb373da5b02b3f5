"""The weighted layers of a quantized graph, each beside its float original, in one common form.

Every layer is a set of groups of dot products: group ``g`` reads patches ``x[g]`` of ``taps`` values and has ``units``
outputs, ``y[g] = x[g] @ w[g].T``. A convolution or dense layer is one group, a depthwise layer one per input channel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph, Op, Quantization, Tensor
from tinyq.graph.options import ConvOptions, FullyConnectedOptions
from tinyq.quantization.affine import decode

_WEIGHTS, _BIAS = 1, 2
_KINDS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
_CLAMPS = {
    "NONE": (-np.inf, np.inf),
    "RELU": (0.0, np.inf),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}
_HUGE = 2.0**62
_CODES = {DType.INT8: (-128, 127), DType.INT16: (-32768, 32767)}


@dataclass(frozen=True)
class Window:
    """Where the patches of a layer lie in its input ``[height, width, channels]``.

    Attributes:
        height, width, channels: Of the input.
        out_height, out_width: Positions of the window.
        kernel, stride, dilation, pad: (vertical, horizontal); ``pad`` counts zeros before the first row and column.
        groups: How many equal parts the channels fall into, each read by outputs of its own.
    """

    height: int
    width: int
    channels: int
    out_height: int
    out_width: int
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pad: tuple[int, int] = (0, 0)
    groups: int = 1

    @property
    def positions(self) -> int:
        return self.out_height * self.out_width

    @property
    def taps(self) -> int:
        """Values that one output is a sum over."""
        return self.kernel[0] * self.kernel[1] * (self.channels // self.groups)


@dataclass(frozen=True)
class Layer:
    """A weighted layer, float and quantized.

    Attributes:
        index: Op index in the quantized graph.
        reference: Op index in the float graph.
        window: What it reads.
    """

    index: int
    reference: int
    window: Window


def layers(float_graph: Graph, quantized: Graph) -> tuple[Layer, ...]:
    """All convolutions, depthwise and dense layers that were quantized, in execution order.

    Args:
        float_graph: What was quantized.
        quantized: The result, in which the tensors of ``float_graph`` kept their indices.
    """
    found = []
    for index, op in enumerate(quantized.ops):
        reference = float_graph.producers.get(op.outputs[0]) if op.outputs else None
        if op.kind not in _KINDS or reference is None or float_graph.ops[reference].kind != op.kind:
            continue
        weights = quantized.tensors[op.inputs[_WEIGHTS]]
        integer = all(quantized.tensors[t].quantization is not None for t in (op.inputs[0], op.outputs[0]))
        if integer and weights.is_constant and weights.quantization is not None and _clamp_known(op):
            found.append(Layer(index, reference, _window(quantized, op)))
    return tuple(found)


def _clamp_known(op: Op) -> bool:
    return getattr(op.options, "activation", "NONE") in _CLAMPS


def _window(graph: Graph, op: Op) -> Window:
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    weights = graph.tensors[op.inputs[_WEIGHTS]].shape
    options = op.options
    if not isinstance(options, ConvOptions):
        rows = int(np.prod(source, dtype=np.int64)) // weights[-1]
        return Window(rows, 1, weights[-1], rows, 1)
    _, height, width, channels = source
    _, out_height, out_width, _ = target
    kernel = (weights[1], weights[2])
    stride, dilation = (options.stride_h, options.stride_w), (options.dilation_h, options.dilation_w)
    pad = (0, 0)
    if options.padding == "SAME":
        pad = (
            _pad_before(height, out_height, kernel[0], stride[0], dilation[0]),
            _pad_before(width, out_width, kernel[1], stride[1], dilation[1]),
        )
    groups = channels if op.kind == "DEPTHWISE_CONV_2D" else channels // weights[-1]
    return Window(height, width, channels, out_height, out_width, kernel, stride, dilation, pad, groups)


def _pad_before(size: int, out: int, kernel: int, stride: int, dilation: int) -> int:
    return max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - size) // 2


def grouped(values: NDArray[Any], op: Op, groups: int) -> NDArray[Any]:
    """Weights as ``[groups, units, taps]``, in the order of :func:`~tinyq.quantization.rounding.gather.gather`."""
    if op.kind == "DEPTHWISE_CONV_2D":
        return values.reshape(-1, groups, values.shape[-1] // groups).transpose(1, 2, 0)
    return values.reshape(groups, values.shape[0] // groups, -1)


def ungrouped(values: NDArray[Any], op: Op, shape: tuple[int, ...]) -> NDArray[Any]:
    """The inverse of :func:`grouped`, in the weights' own shape."""
    return (values.transpose(2, 0, 1) if op.kind == "DEPTHWISE_CONV_2D" else values).reshape(shape)


def weights_of(graph: Graph, op: Op) -> Tensor:
    return graph.tensors[op.inputs[_WEIGHTS]]


def real_weights(graph: Graph, op: Op) -> NDArray[np.float64]:
    """The real values of a layer's weights, in their own shape."""
    return _real(weights_of(graph, op))


def real_bias(graph: Graph, op: Op) -> NDArray[np.float64]:
    """The real values of a layer's bias, ``[outputs]``; zeros where it has none."""
    tensor = op.input(_BIAS)
    if tensor < 0:
        return np.zeros(_outputs(graph, op))
    return _real(graph.tensors[tensor]).reshape(-1)


def _real(tensor: Tensor) -> NDArray[np.float64]:
    assert tensor.data is not None  # noqa: S101 - layers() admits constants alone
    if tensor.quantization is None:
        return tensor.data.astype(np.float64)
    return decode(tensor.data, tensor.quantization)


def _outputs(graph: Graph, op: Op) -> int:
    return int(graph.tensors[op.outputs[0]].shape[-1])


def clamp_of(quantized: Graph, op: Op) -> tuple[float, float]:
    """Least and greatest real value that a quantized layer can give: of its activation, and of its output's codes."""
    low, high = _CLAMPS[getattr(op.options, "activation", "NONE")]
    out = quantized.tensors[op.outputs[0]]
    assert out.quantization is not None  # noqa: S101 - layers() admits quantized outputs alone
    scale, zero_point = out.quantization.scalar
    least, greatest = _CODES[out.dtype]
    return max(low, scale * (least - zero_point)), min(high, scale * (greatest - zero_point))


def with_bias(graph: Graph, layer: Layer, correction: NDArray[np.float64]) -> Graph:
    """Add real values ``[outputs]`` to the bias of a quantized layer, which gets one if it has none.

    The type is the bias's own, int32 or int64 beside int16 activations; codes saturate.
    """
    op = graph.ops[layer.index]
    index = op.input(_BIAS)
    scale, axis = _bias_scale(graph, op)
    old = np.zeros(_outputs(graph, op), np.int64)
    if index >= 0:
        bias = graph.tensors[index]
        assert bias.data is not None  # noqa: S101 - a quantized layer's bias is a constant
        old = bias.data.reshape(-1).astype(np.int64)
    else:
        wide = DType.INT64 if graph.tensors[op.inputs[0]].dtype is DType.INT16 else DType.INT32
        name = f"{graph.tensors[op.outputs[0]].name}/bias"
        bias = Tensor(name, old.shape, wide, Quantization(scale, np.zeros(scale.shape, np.int64), axis))
    limit = (1 << 47) - 1 if bias.dtype is DType.INT64 else (1 << 31) - 1
    steps = np.rint(correction / scale.astype(np.float64)).clip(-_HUGE, _HUGE).astype(np.int64)
    codes = np.clip(old + steps, -limit, limit).astype(bias.dtype.numpy).reshape(bias.shape)
    changed = replace(bias, data=codes)
    if index >= 0 and len(graph.consumers[index]) == 1:
        return graph.replace_tensors({index: changed})
    inputs = (*op.inputs[:_BIAS], len(graph.tensors), *op.inputs[_BIAS + 1 :])
    ops = tuple(replace(o, inputs=inputs) if i == layer.index else o for i, o in enumerate(graph.ops))
    return replace(graph, tensors=(*graph.tensors, changed), ops=ops)


def _bias_scale(graph: Graph, op: Op) -> tuple[NDArray[np.float32], int]:
    """What one step of a bias is worth, ``[1]`` or ``[outputs]``: input scale x weight scale."""
    index = op.input(_BIAS)
    known = graph.tensors[index].quantization if index >= 0 else None
    if known is not None:
        return known.scale, known.axis
    source, weights = graph.tensors[op.inputs[0]].quantization, weights_of(graph, op).quantization
    assert source is not None  # noqa: S101 - layers() admits quantized inputs alone
    assert weights is not None  # noqa: S101 - and quantized weights
    return (np.float32(source.scalar[0]) * weights.scale).astype(np.float32), 0


def without_activation(op: Op) -> Op:
    """The same operator without what is fused behind it."""
    options = op.options
    if isinstance(options, ConvOptions | FullyConnectedOptions):
        return replace(op, options=replace(options, activation="NONE"))
    return op
