"""DEPTHWISE_CONV_2D of int8 with 3x3 filters for cores with the DSP extension: tiles of four channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks, dsp, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import (
    Constant,
    Emission,
    Node,
    Ref,
    Target,
    Value,
    register,
)
from tinyq.codegen.memory import room_for_scratch
from tinyq.codegen.ops import depthwise_conv
from tinyq.codegen.ops.depthwise_conv import options_of
from tinyq.codegen.weights import Family
from tinyq.codegen.weights_s8 import INT8

_SHIFT = 10  # TQ_DEPTHWISE_SHIFT
_TILE_ROWS = 28  # TQ_TILE_ROWS
_LEAST_SCRATCH_BYTES = 5000
WEIGHTS_ORDER = "weights [channel][row][column]"
_FUNCTIONS = {
    (1, dsp.Form.NONNEGATIVE): "tq_depthwise_tile_s8_dsp",
    (1, dsp.Form.SIGNED): "tq_depthwise_tile_signed_s8_dsp",
    (2, dsp.Form.NONNEGATIVE): "tq_depthwise_tile_stride2_s8_dsp",
    (2, dsp.Form.SIGNED): "tq_depthwise_tile_stride2_signed_s8_dsp",
}


def _filters(node: Node) -> NDArray[np.int8]:
    """``[channels, 9]``"""
    filters = node.input(1).data
    assert filters is not None  # noqa: S101 - checked by depthwise_conv.objection()
    return np.ascontiguousarray(filters.reshape(9, -1).T)


def _channels(node: Node, left: bool = False) -> dsp.Channels | str:
    activation = options_of(node).activation
    return dsp.channels_of(node, activation, _filters(node), shift=_SHIFT, shifted_weights=True, left=left)


def filter_objection(node: Node, target: Target, family: Family = INT8) -> str:
    found = dsp.objection(target) or depthwise_conv.objection(family, node) or _shape_objection(node)
    if found:
        return found
    channels = _channels(node, left=family is not INT8)
    return channels if isinstance(channels, str) else ""


def _shape_objection(node: Node) -> str:
    o = options_of(node)
    strides = (o.stride_h, o.stride_w)
    return (
        checks.require(node.input(1).shape[1:3] == (3, 3), "its filters are not 3x3")
        or checks.require((o.dilation_h, o.dilation_w) == (1, 1), "its filters are dilated")
        or checks.require(strides in ((1, 1), (2, 2)), "its strides are neither 1 nor 2")
        or checks.require(o.depth_multiplier == 1, "it has several outputs per input channel")
        or checks.require(node.input(0).shape[3] >= 4, "it has fewer than four channels")
        or checks.require(node.input(0).shape[1] >= 2, "its images have one row")
    )


@dataclass(frozen=True)
class _Tiles:
    """Outputs of a tile, and the bytes of its inputs."""

    rows: int
    columns: int
    stride: int

    @property
    def bytes(self) -> int:
        return scratch_bytes((self.columns - 1) * self.stride + 3)


def _tiles(node: Node, target: Target) -> _Tiles:
    """Tiles of about the same size, as wide as fits without a larger arena."""
    stride = options_of(node).stride_h
    _, height, width, _ = node.output.shape
    room = max(room_for_scratch(node.graph, node.index), _LEAST_SCRATCH_BYTES)
    count = 1
    if target.optimize != "speed":
        while _Tiles(0, -(-width // count), stride).bytes > room and count < width // 2:
            count += 1
    bands = -(-height // ((_TILE_ROWS - 3) // stride + 1))
    return _Tiles(-(-height // bands), -(-width // count), stride)


def _cost(node: Node, target: Target) -> float:
    """Cycles of blocks of 2x2 outputs, and of bringing four channels of a pixel to a tile."""
    tiles = _tiles(node, target)
    _, height, width, channels = node.output.shape
    blocks = -(-height // 2) * -(-width // 2) * (65 if tiles.stride == 1 else 70)
    columns = -(-width // tiles.columns) * -(-height // tiles.rows)
    return 500 + channels * (blocks + 150 * columns + 40 + 3.5 * node.input(0).elements / channels)


def _geometry(node: Node, target: Target, channels: dsp.Channels) -> dict[str, Value]:
    tiles = _tiles(node, target)
    return {
        "shape": weights.shape_members(node, options_of(node), *depthwise_conv.windows(node)),
        "input_zero_point": zero_point_of(node.input(0)),
        "tile_columns": tiles.columns,
        "tile_rows": tiles.rows,
        "filter": _FUNCTIONS[tiles.stride, channels.form],
    }


class DepthwiseConvDsp:
    """``tq_depthwise_conv_s8_dsp``: int8 weights, extended channel by channel."""

    kinds = ("DEPTHWISE_CONV_2D",)
    variant = "DSP, 3x3"

    def objection(self, node: Node, target: Target) -> str:
        return filter_objection(node, target)

    def cost(self, node: Node, target: Target) -> float:
        return _cost(node, target) + 60 * node.output.shape[3]

    def emit(self, node: Node, target: Target) -> Emission:
        channels = _channels(node, left=True)
        assert not isinstance(channels, str)  # noqa: S101 - checked by objection()
        members: dict[str, Value] = {
            "geometry": _geometry(node, target, channels),
            "weights": Ref("weights"),
            "bias": Ref("bias"),
            "multiplier": Ref("multiplier"),
            "shift": Ref("shift"),
            "multiplier_step": 1 if channels.multiplier.size > 1 else 0,
            "output_zero_point": zero_point_of(node.output),
            "is_signed": int(channels.form is dsp.Form.SIGNED),
        }
        stored, constant = self._stored(channels.rows)
        members.update(stored)
        constants = (constant, *channels.constants())
        scratch = _tiles(node, target).bytes
        return dsp.emission(node, "tq_depthwise_conv_s8_dsp", channels, members, constants, scratch)

    def _stored(self, filters: NDArray[np.int8]) -> tuple[dict[str, Value], Constant]:
        """How weights ``[channels, 9]`` lie in flash: members that say it, and the array."""
        return {"filter_bytes": 9}, Constant("weights", filters, WEIGHTS_ORDER)


class DepthwiseConvDspWide:
    """``tq_depthwise_conv_s8_dsp_wide``: filters in flash as they are used."""

    kinds = ("DEPTHWISE_CONV_2D",)
    variant = "DSP, 3x3, int16 weights"

    def objection(self, node: Node, target: Target) -> str:
        if target.optimize != "speed":
            return "int16 weights take more flash"
        return filter_objection(node, target)

    def cost(self, node: Node, target: Target) -> float:
        return _cost(node, target)

    def emit(self, node: Node, target: Target) -> Emission:
        channels = _channels(node)
        assert not isinstance(channels, str)  # noqa: S101 - checked by objection()
        scaled = dsp.scaled(channels)
        assert scaled is not None  # noqa: S101 - checked by dsp.channels_of()
        taps = scaled.rows.reshape(-1, 3, 3)[:, :, [0, 1, 1, 2]]
        constants = (
            channels.of_each(channels.multiplier),
            scaled.addends(zero_point_of(node.output)),
            channels.of_each(channels.right),
            channels.bias << scaled.shift,
        )
        pairs = np.ascontiguousarray(taps.reshape(channels.count, 12)).view(np.int32)
        words = np.concatenate([pairs, weights.wrapped(np.stack(constants, axis=1))], axis=1)
        members: dict[str, Value] = {
            "geometry": _geometry(node, target, channels),
            "channels": Ref("channels"),
        }
        comment = "[channel]: pairs of taps, multiplier, addend, right shift, bias"
        stream = (Constant("channels", words, comment),)
        scratch = _tiles(node, target).bytes
        return dsp.emission(node, "tq_depthwise_conv_s8_dsp_wide", channels, members, stream, scratch)


def scratch_bytes(columns: int) -> int:
    """TQ_DEPTHWISE_CONV_S8_DSP_SCRATCH_BYTES."""
    return (columns + 1) // 2 * 4 * 4 * _TILE_ROWS


register(DepthwiseConvDsp())
register(DepthwiseConvDspWide())
