"""DEPTHWISE_CONV_2D with 3x3 filters for the M-profile vector extension: 2x2 outputs of a channel by one gather."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import weights, weights_mve
from tinyq.codegen.kernel import (
    Call,
    Constant,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Ref,
    Scratch,
    Target,
    register,
)
from tinyq.codegen.ops import depthwise_conv
from tinyq.codegen.weights_mve import VECTOR, Channels
from tinyq.codegen.weights_s8 import INT8

_GROUP = 16  # channels in scratch at once
_SCRATCH_BYTES = {"balanced": 6144, "speed": 16384, "size": 1536, "ram": 0}  # at least one strip is there
_LARGEST_OFFSET = 0x7FFF


class DepthwiseConv3x3Mve:
    """``tq_depthwise_conv_3x3_s8_mve``."""

    kinds = ("DEPTHWISE_CONV_2D",)
    variant = "MVE, 3x3"

    def objection(self, node: Node, target: Target) -> str:
        return (
            weights_mve.core_objection(target)
            or depthwise_conv.objection(INT8, node)
            or _shape_objection(node)
            or weights_mve.channels_objection(_channels_of(node))
        )

    def cost(self, node: Node, target: Target) -> float:
        return Layout.of(node, target).cost(node)

    def emit(self, node: Node, target: Target) -> Emission:
        o, channels, layout = depthwise_conv.options_of(node), _channels_of(node), Layout.of(node, target)
        assert channels is not None  # noqa: S101 - checked by objection()
        limits = weights_mve.limits(node, o.activation)
        params = Params(
            "tq_depthwise_conv_3x3_s8_mve_params",
            {
                "shape": weights.shape_members(node, o, *depthwise_conv.windows(node)),
                **INT8.input_members(node),
                "strips": layout.strips,
                "pitch": layout.pitch,
                "filters": Ref("filters"),
                **{f"output_{name}": value for name, value in limits.items()},
            },
        )
        by_2 = "_by_2" if layout.stride == 2 else ""
        function = f"tq_depthwise_conv_3x3_s8_mve{by_2}{weights_mve.suffix(node, o.activation)}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_depthwise_conv_3x3_s8_mve.h",),
            params=params,
            constants=(Constant("filters", _packed(channels), f"filters [channel][column]; {weights_mve.WORDS}"),),
            scratch_bytes=scratch_bytes(layout.strips, layout.pitch, layout.stride),
        )


@dataclass(frozen=True)
class Layout:
    """How the input lies in scratch.

    Attributes:
        stride: 1 or 2.
        pitch: Columns from strip to strip.
        strips: That are in scratch at once.
    """

    stride: int
    pitch: int
    strips: int

    @staticmethod
    def of(node: Node, target: Target) -> Layout:
        """The fastest one within the aim's budget."""
        stride = depthwise_conv.options_of(node).stride_h
        _, input_height, input_width, _ = node.input(0).shape
        _, height, width, channels = node.output.shape
        padded = height * stride + 2 > input_height or width * stride + 2 > input_width  # SAME
        pitch = -(-(input_width + padded) // 2) * 2
        rows = 3 - stride
        largest = max(_LARGEST_OFFSET // (width * channels * rows), 1)
        budget = _budget(node, target)
        layouts = [Layout(stride, pitch, n) for n in range(1, min(-(-height // rows), largest) + 1)]
        fitting = [x for x in layouts if scratch_bytes(x.strips, pitch, stride) <= budget]
        return min(fitting or layouts[:1], key=lambda x: (x.cost(node), x.strips))

    def cost(self, node: Node) -> float:
        """Estimated cycles: two for each operation on vectors, 8 for a gather of words or a scatter of bytes."""
        batches, height, _, channels = node.output.shape
        strips = -(-height // (3 - self.stride))
        bands, rest = divmod(strips, self.strips)
        vector = 70.0 if self.stride == 1 else 110.0
        computed = bands * vectors(self.strips, self.pitch, self.stride) + vectors(rest, self.pitch, self.stride)
        filtering = channels * (vector * computed + 25 * (bands + (rest > 0)))
        interleaving = strips * -(-channels // _GROUP) * (80 + 21 * node.input(0).shape[2])
        preparing = 15 * self.strips * self.pitch + 3 * scratch_bytes(self.strips, self.pitch, self.stride) / VECTOR
        return batches * (filtering + interleaving) + preparing


def _budget(node: Node, target: Target) -> int:
    """Bytes of scratch that the aim allows, or more where another operator needs as much memory in any case."""
    budget = _SCRATCH_BYTES[target.optimize]
    if target.optimize in ("size", "ram"):
        return budget
    graph = node.graph
    needed = [
        sum(graph.tensors[t].nbytes for t in (*op.inputs, *op.outputs) if t >= 0 and not graph.tensors[t].is_constant)
        for op in graph.ops
    ]
    return max(budget, max(needed) - needed[node.index])


def vectors(strips: int, pitch: int, stride: int) -> int:
    """TQ_DEPTHWISE_CONV_3X3_S8_MVE_VECTORS."""
    return (strips * pitch // 2 * (4 if stride == 1 else 1) + 7) // 8


def scratch_bytes(strips: int, pitch: int, stride: int) -> int:
    """TQ_DEPTHWISE_CONV_3X3_S8_MVE_SCRATCH_BYTES."""
    count = vectors(strips, pitch, stride)
    return count * 16 + (count * (4 if stride == 1 else 16) + 2) * 64


def _shape_objection(node: Node) -> str:
    o = depthwise_conv.options_of(node)
    if node.input(1).shape[1:3] != (3, 3):
        return "its filters are not 3x3"
    if (o.stride_h, o.stride_w) not in ((1, 1), (2, 2)) or (o.dilation_h, o.dilation_w) != (1, 1):
        return "its strides are neither 1 nor 2, or its filters are dilated"
    if o.depth_multiplier != 1:
        return "it has several filters for a channel"
    _, _, width, channels = node.output.shape
    return "" if 2 * width * channels <= _LARGEST_OFFSET else "two rows of its output are 32 KiB or more"


def _channels_of(node: Node) -> Channels | None:
    filters = node.input(1)
    assert filters.data is not None  # noqa: S101 - checked before
    rows = np.ascontiguousarray(filters.data.reshape(9, -1).T)
    bias = weights.folded_bias(node, rows)
    return weights_mve.channels_of(node, depthwise_conv.options_of(node).activation, rows, bias)


def _packed(channels: Channels) -> NDArray[np.int32]:
    """``[channel][5]``: a word for each column of the filter, row 0 in the lowest byte, and the words of scaling."""
    columns = channels.rows.reshape(-1, 3, 3).transpose(0, 2, 1)
    filled = np.ascontiguousarray(np.pad(columns, ((0, 0), (0, 0), (0, 1))))
    return np.concatenate([filled.view("<i4")[..., 0].astype(np.int32), channels.words], axis=1)


register(DepthwiseConv3x3Mve())
