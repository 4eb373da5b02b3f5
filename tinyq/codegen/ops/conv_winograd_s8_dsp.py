"""CONV_2D of int8 with 3x3 filters for cores with the DSP extension: Winograd's F(2x2, 3x3), exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks, dsp, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Constant, Emission, Node, Ref, Target, Value, register
from tinyq.codegen.memory import room_for_scratch
from tinyq.codegen.ops import conv
from tinyq.codegen.ops.conv_s8_dsp import channels_of, conv_objection

_TWICE_G = np.array([[1, 1, 1], [1, -1, 1], [2, 0, 0], [0, 0, 2]], np.int64)
"""In the order of tq_winograd_block_dsp."""
_MAX_CHANNELS = 64  # 4 * TQ_WINOGRAD_MAX_GROUPS
_MAX_SUM = 2**29  # four times this is the range of 32 bits
_LEAST_WEIGHTS_BYTES = 5000
"""Scratch that a layer may always take for transformed weights, as in tq_conv_s8_dsp."""


def _objection(node: Node, target: Target) -> str:
    return conv_objection(node, target) or _shape_objection(node) or _range_objection(node)


def _shape_objection(node: Node) -> str:
    o, source, output = conv.options_of(node), node.input(0).shape, node.output.shape
    return (
        checks.require(node.input(1).shape[1:3] == (3, 3), "its filters are not 3x3")
        or checks.require((o.stride_h, o.stride_w) == (1, 1), "its stride is not 1")
        or checks.require(o.padding == "SAME", "it has no padding")
        or checks.require(source[3] % 4 == 0 and source[3] <= _MAX_CHANNELS, "its channels are no groups of four")
        or checks.require(output[3] % 2 == 0, "its output channels are odd")
        or checks.require(output[1] % 2 == 0 and output[2] % 4 == 0, "its outputs are no pairs of 2x2 tiles")
    )


def _range_objection(node: Node) -> str:
    channels = channels_of(node)
    usable = not isinstance(channels, str) and channels.bound < _MAX_SUM
    return checks.require(usable, "its sums can exceed 29 bits")


def _filters(channels: dsp.Channels, node: Node) -> NDArray[np.int8]:
    """``[pairs][groups][2 channels][9 taps][4 inputs]``"""
    grouped = channels.rows.reshape(-1, 2, 9, node.input(0).shape[3] // 4, 4)
    return np.ascontiguousarray(grouped.transpose(0, 3, 1, 2, 4))


def _transformed(filters: NDArray[np.int8]) -> NDArray[np.int32]:
    """What ``tq_winograd_weights_dsp`` makes of them, all pairs one after the other."""
    pairs, groups = filters.shape[:2]
    taps = filters.astype(np.int64).reshape(pairs, groups, 2, 3, 3, 4)
    transformed = np.einsum("ia,pgcabk,jb->pijgck", _TWICE_G, taps, _TWICE_G).astype(np.int16)
    halves = transformed[..., [0, 2, 1, 3]]  # as SXTB16 takes a word of bytes apart
    return np.ascontiguousarray(halves).view(np.int32).reshape(pairs, -1)


def _scaling(channels: dsp.Channels, zero_point: int) -> NDArray[np.int32]:
    """``[pairs][8]``: the words of ``tq_winograd_scaling``."""
    right = channels.of_each(channels.right) + 1
    addend = 1 + np.where(right > 1, 1 << (right - 1), 0) + zero_point * (1 << right)
    words = np.stack([channels.of_each(channels.multiplier), addend, right, 4 * channels.bias])
    return weights.wrapped(words.reshape(4, -1, 2).transpose(1, 0, 2).reshape(-1, 8))


def _geometry(node: Node, channels: dsp.Channels) -> dict[str, Value]:
    return {
        "shape": weights.shape_members(node, conv.options_of(node), *conv.windows(node)),
        "input_zero_point": zero_point_of(node.input(0)),
        "scaling": Ref("scaling"),
        "form": channels.form.value,
    }


def _scaling_constant(node: Node, channels: dsp.Channels) -> Constant:
    comment = "[pair of channels]: multipliers, addends, right shifts, biases"
    return Constant("scaling", _scaling(channels, zero_point_of(node.output)), comment)


def _cost(node: Node, passes: int) -> float:
    """Cycles of products and outputs of two tiles and two channels; in each pass, of four inputs of a tile."""
    _, height, width, outputs = node.output.shape
    groups = node.input(0).shape[3] // 4
    tiles = height * width / 4
    return 1000 + tiles * (outputs / 4 * (16 * 18 * groups + 480) + passes * (groups * 210 + 100))


class ConvWinogradDsp:
    """``tq_conv_winograd_s8_dsp``: int8 weights, transformed for some channels at a time."""

    kinds = ("CONV_2D",)
    variant = "DSP, Winograd"

    def objection(self, node: Node, target: Target) -> str:
        return _objection(node, target)

    def cost(self, node: Node, target: Target) -> float:
        source, outputs = node.input(0).shape, node.output.shape[3]
        return _cost(node, -(-outputs // _block_channels(node))) + 55 * source[3] * outputs

    def emit(self, node: Node, target: Target) -> Emission:
        channels = channels_of(node)
        assert not isinstance(channels, str)  # noqa: S101 - checked by objection()
        block = _block_channels(node)
        members: dict[str, Value] = {
            "geometry": _geometry(node, channels),
            "weights": Ref("weights"),
            "block_channels": block,
        }
        comment = "weights [pair of channels][group][channel][tap][input]"
        constants = (Constant("weights", _filters(channels, node), comment, 4), _scaling_constant(node, channels))
        scratch = scratch_bytes(node.input(0).shape[3], block)
        return dsp.emission(node, "tq_conv_winograd_s8_dsp", channels, members, constants, scratch)


class ConvWinogradDspWide:
    """``tq_conv_winograd_s8_dsp_wide``: transformed weights in flash, 32 bytes instead of nine."""

    kinds = ("CONV_2D",)
    variant = "DSP, Winograd, int16 weights"

    def objection(self, node: Node, target: Target) -> str:
        if target.optimize != "speed":
            return "transformed weights take more than three times the flash"
        return _objection(node, target)

    def cost(self, node: Node, target: Target) -> float:
        return _cost(node, 1)

    def emit(self, node: Node, target: Target) -> Emission:
        channels = channels_of(node)
        assert not isinstance(channels, str)  # noqa: S101 - checked by objection()
        members: dict[str, Value] = {"geometry": _geometry(node, channels), "weights": Ref("weights")}
        comment = "transformed weights [pair of channels][position][group][channel][input]"
        words = Constant("weights", _transformed(_filters(channels, node)), comment)
        constants = (words, _scaling_constant(node, channels))
        scratch = wide_scratch_bytes(node.input(0).shape[3])
        return dsp.emission(node, "tq_conv_winograd_s8_dsp_wide", channels, members, constants, scratch)


def _block_channels(node: Node) -> int:
    """As many as fit without a larger arena, in blocks of about the same size."""
    inputs, outputs = node.input(0).shape[3], node.output.shape[3]
    room = room_for_scratch(node.graph, node.index) - wide_scratch_bytes(inputs)
    pairs = max(max(room, _LEAST_WEIGHTS_BYTES) // (64 * inputs), 1)
    blocks = -(-outputs // (2 * pairs))
    return 2 * -(-outputs // (2 * blocks))


def scratch_bytes(channels: int, block_channels: int) -> int:
    """TQ_CONV_WINOGRAD_S8_DSP_SCRATCH_BYTES."""
    return wide_scratch_bytes(channels) + 32 * channels * block_channels


def wide_scratch_bytes(channels: int) -> int:
    """TQ_CONV_WINOGRAD_S8_DSP_WIDE_SCRATCH_BYTES."""
    return 98 * channels


register(ConvWinogradDsp())
register(ConvWinogradDspWide())
