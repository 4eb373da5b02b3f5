"""What accelerator rules can say about an operator."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.options import ConcatenationOptions, ConvOptions, DepthwiseConvOptions, PoolOptions
from tinyq.hardware.tensor_facts import WEIGHTED


@dataclass(frozen=True)
class Facts:
    """One operator in numbers and words. What an operator does not have is 0, empty or "none".

    Attributes:
        x, y, out: Types of the data input, of a second data input, and of the output.
        w, b: Types of weights and bias.
        inputs: How many inputs there are.
        rank, batch, elements: Dimensions of the data input, the first of them, and their product.
        ih, iw, cin, oh, ow, cout: Height, width and channels of data input and output (the last dimension of a matrix).
        kh, kw, sh, sw, dh, dw: Filter, stride and dilation.
        pt, pb, pl, pr: Rows and columns of padding.
        padding: "SAME", "VALID" or "NONE".
        groups, multiplier: Groups of a convolution; outputs for each input channel of a depthwise one.
        depth: Products that are summed up for one output.
        axes: Dimensions that are reduced, padded or joined.
        activation: Fused activation, "RELU6".
        broadcast: Data inputs of different shapes.
        w_constant, b_constant: Weights and bias are in the file, or there is no bias.
        w_sum: The largest sum of the magnitudes of one output's weights.
        b_most: The largest magnitude of a bias.
        w_per_channel: The weights have a scale for each channel.
        x_scales, y_scales, w_scales, out_scales: Scales.
        x_zeros, y_zeros, w_zeros, out_zeros: Zero points.
        same_scale: Scale and zero point of the output are those of the data input, and of the second one if it has any.
    """

    x: str = "none"
    y: str = "none"
    out: str = "none"
    w: str = "none"
    b: str = "none"
    inputs: int = 0
    rank: int = 0
    batch: int = 0
    elements: int = 0
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
    padding: str = "NONE"
    groups: int = 0
    multiplier: int = 0
    depth: int = 0
    axes: tuple[int, ...] = ()
    activation: str = "NONE"
    broadcast: bool = False
    w_constant: bool = False
    b_constant: bool = True
    w_sum: int = 0
    b_most: int = 0
    w_per_channel: bool = False
    x_scales: tuple[float, ...] = ()
    y_scales: tuple[float, ...] = ()
    w_scales: tuple[float, ...] = ()
    out_scales: tuple[float, ...] = ()
    x_zeros: tuple[int, ...] = ()
    y_zeros: tuple[int, ...] = ()
    w_zeros: tuple[int, ...] = ()
    out_zeros: tuple[int, ...] = ()
    same_scale: bool = True

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in NAMES}


NAMES = tuple(f.name for f in fields(Facts))
"""The names that a rule may use."""


def facts_of(graph: Graph, op: Op) -> Facts:
    """The facts of one operator."""
    data, second, weights, bias = _inputs(graph, op)
    out = graph.tensors[op.outputs[0]] if op.outputs else None
    values: dict[str, Any] = {
        "activation": getattr(op.options, "activation", "NONE"),
        "padding": getattr(op.options, "padding", "NONE"),
        "inputs": sum(i >= 0 for i in op.inputs),
        "axes": _axes(graph, op),
        "same_scale": _same_scale(out, data, second),
    }
    for name, tensor in (("x", data), ("y", second), ("w", weights), ("b", bias), ("out", out)):
        if tensor is None:
            continue
        values[name] = tensor.dtype.value
        if tensor.quantization is not None and name != "b":
            values[f"{name}_scales"] = tuple(float(s) for s in tensor.quantization.scale)
            values[f"{name}_zeros"] = tuple(int(z) for z in tensor.quantization.zero_point)
    if data is not None:
        batch = data.shape[0] if data.shape else 0
        values |= {"rank": len(data.shape), "batch": batch, "elements": data.elements}
        values |= dict(zip(("ih", "iw", "cin"), _plane(data.shape), strict=True))
    if out is not None:
        values |= dict(zip(("oh", "ow", "cout"), _plane(out.shape), strict=True))
    if weights is not None:
        values["w_constant"] = weights.is_constant
        values["w_per_channel"] = weights.quantization is not None and weights.quantization.is_per_channel
        values |= _sums(op, weights)
    if bias is not None:
        values["b_constant"] = bias.is_constant
        values["b_most"] = int(np.abs(bias.data.astype(np.float64)).max(initial=0)) if bias.data is not None else 0
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

    if op.kind in WEIGHTED:
        weights, bias = WEIGHTED[op.kind]
        return tensor(2 if op.kind == "TRANSPOSE_CONV" else 0), None, tensor(weights), tensor(bias)
    return tensor(0), tensor(1), None, None


def _sums(op: Op, weights: Tensor) -> dict[str, int]:
    """What is summed up for one output: how many products, and at most which magnitude of weights."""
    if not weights.shape:
        return {}
    last = op.kind == "DEPTHWISE_CONV_2D"  # its outputs lie along the last dimension
    depth = weights.elements // max(1, weights.shape[-1 if last else 0])
    if weights.data is None or weights.dtype in (DType.FLOAT32, DType.FLOAT16):
        return {"depth": depth}
    magnitudes = np.abs(weights.data.astype(np.int64))
    rows = magnitudes.reshape(-1, weights.shape[-1]).sum(0) if last else magnitudes.reshape(len(magnitudes), -1).sum(1)
    return {"depth": depth, "w_sum": int(rows.max(initial=0))}


def _axes(graph: Graph, op: Op) -> tuple[int, ...]:
    rank = len(graph.tensors[op.input(0)].shape) if op.input(0) >= 0 else 0
    if isinstance(op.options, ConcatenationOptions):
        return (op.options.axis % max(1, rank),)
    data = graph.tensors[op.input(1)].data if op.input(1) >= 0 else None
    if data is None:
        return ()
    if op.kind in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"):
        return tuple(sorted(int(a) % max(1, rank) for a in data.ravel()))
    if op.kind in ("PAD", "PADV2", "MIRROR_PAD"):
        return tuple(int(i) for i, pair in enumerate(data.reshape(-1, 2)) if pair.any())
    return ()


def _same_scale(out: Tensor | None, *inputs: Tensor | None) -> bool:
    if out is None or out.quantization is None:
        return True
    return all(
        np.array_equal(t.quantization.scale, out.quantization.scale)
        and np.array_equal(t.quantization.zero_point, out.quantization.zero_point)
        for t in inputs
        if t is not None and t.quantization is not None
    )


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
