"""What accelerator rules can say about an operator."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from tinyq.graph import Graph, Op, Tensor
from tinyq.graph.options import ConvOptions, DepthwiseConvOptions, PoolOptions

_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


@dataclass(frozen=True)
class Facts:
    """One operator in numbers and words. What an operator does not have is 0, empty or "none".

    Attributes:
        x, y, out: Types of the data input, of a second data input, and of the output.
        w, b: Types of weights and bias.
        rank, batch: Dimensions of the data input, and the first of them.
        ih, iw, cin, oh, ow, cout: Height, width and channels of data input and output (the last dimension of a matrix).
        kh, kw, sh, sw, dh, dw: Filter, stride and dilation.
        pt, pb, pl, pr: Rows and columns of padding.
        groups, multiplier: Groups of a convolution; outputs for each input channel of a depthwise one.
        activation: Fused activation, "RELU6".
        broadcast: Data inputs of different shapes.
        w_constant: The weights are in the file.
        w_per_channel: The weights have a scale for each channel.
        x_scales, y_scales, w_scales, out_scales: Scales.
        x_zeros, y_zeros, w_zeros, out_zeros: Zero points.
    """

    x: str = "none"
    y: str = "none"
    out: str = "none"
    w: str = "none"
    b: str = "none"
    rank: int = 0
    batch: int = 0
    ih: int = 0
    iw: int = 0
    cin: int = 0
    oh: int = 0
    ow: int = 0
    cout: int = 0
    kh: int = 0
    kw: int = 0
    sh: int = 0
    sw: int = 0
    dh: int = 0
    dw: int = 0
    pt: int = 0
    pb: int = 0
    pl: int = 0
    pr: int = 0
    groups: int = 0
    multiplier: int = 0
    activation: str = "NONE"
    broadcast: bool = False
    w_constant: bool = False
    w_per_channel: bool = False
    x_scales: tuple[float, ...] = ()
    y_scales: tuple[float, ...] = ()
    w_scales: tuple[float, ...] = ()
    out_scales: tuple[float, ...] = ()
    x_zeros: tuple[int, ...] = ()
    y_zeros: tuple[int, ...] = ()
    w_zeros: tuple[int, ...] = ()
    out_zeros: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in NAMES}


NAMES = tuple(f.name for f in fields(Facts))
"""The names that a rule may use."""


def facts_of(graph: Graph, op: Op) -> Facts:
    """The facts of one operator."""
    data, second, weights, bias = _inputs(graph, op)
    out = graph.tensors[op.outputs[0]] if op.outputs else None
    values: dict[str, Any] = {"activation": getattr(op.options, "activation", "NONE")}
    for name, tensor in (("x", data), ("y", second), ("w", weights), ("b", bias), ("out", out)):
        if tensor is None:
            continue
        values[name] = tensor.dtype.value
        if tensor.quantization is not None and name != "b":
            values[f"{name}_scales"] = tuple(float(s) for s in tensor.quantization.scale)
            values[f"{name}_zeros"] = tuple(int(z) for z in tensor.quantization.zero_point)
    if data is not None:
        values |= {"rank": len(data.shape), "batch": data.shape[0] if data.shape else 0}
        values |= dict(zip(("ih", "iw", "cin"), _plane(data.shape), strict=True))
    if out is not None:
        values |= dict(zip(("oh", "ow", "cout"), _plane(out.shape), strict=True))
    if weights is not None:
        values["w_constant"] = weights.is_constant
        values["w_per_channel"] = weights.quantization is not None and weights.quantization.is_per_channel
    if data is not None and second is not None:
        values["broadcast"] = data.shape != second.shape
    if data is not None and out is not None:
        values |= _window(op, data, weights, out)
    return Facts(**values)


def _inputs(graph: Graph, op: Op) -> tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None]:
    """Data input, second data input, weights, bias."""

    def tensor(position: int) -> Tensor | None:
        index = op.input(position)
        return graph.tensors[index] if index >= 0 else None

    if op.kind == "TRANSPOSE_CONV":
        return tensor(2), None, tensor(1), tensor(3)
    if op.kind in _WEIGHTED:
        return tensor(0), None, tensor(1), tensor(2)
    return tensor(0), tensor(1), None, None


def _plane(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Height, width and channels of NHWC, missing ones as 1."""
    rest = (1, 1, *shape[1:]) if len(shape) < 4 else shape[-3:]
    return (rest[-3], rest[-2], rest[-1]) if shape else (1, 1, 1)


def _window(op: Op, data: Tensor, weights: Tensor | None, out: Tensor) -> dict[str, int]:
    options = op.options
    if isinstance(options, ConvOptions) and weights is not None:
        taps = weights.shape[1:3]
        dilation = options.dilation_h, options.dilation_w
        depthwise = isinstance(options, DepthwiseConvOptions)
        channels = data.shape[-1]
        extra = {
            "groups": channels if depthwise else max(1, channels // max(1, weights.shape[3])),
            "multiplier": max(1, weights.shape[3] // max(1, channels)) if depthwise else 0,
        }
    elif isinstance(options, PoolOptions):
        taps, dilation, extra = (options.filter_h, options.filter_w), (1, 1), {}
    else:
        return {}
    padding = [
        _padding(options.padding, data.shape[1 + i], taps[i], out.shape[1 + i], stride, dilation[i])
        for i, stride in enumerate((options.stride_h, options.stride_w))
    ]
    return extra | {
        "kh": taps[0], "kw": taps[1], "sh": options.stride_h, "sw": options.stride_w, "dh": dilation[0],
        "dw": dilation[1], "pt": padding[0][0], "pb": padding[0][1], "pl": padding[1][0], "pr": padding[1][1],
    }  # fmt: skip


def _padding(mode: str, *numbers: int) -> tuple[int, int]:
    """Padding before and after one dimension: the odd one comes after."""
    if mode == "VALID":
        return 0, 0
    size, taps, out, stride, dilation = numbers
    total = max(0, (out - 1) * stride + (taps - 1) * dilation + 1 - size)
    return total // 2, total - total // 2
