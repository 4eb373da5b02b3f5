"""CONV_2D of int8 for cores with the DSP extension: two pixels and two channels at a time."""

from __future__ import annotations

from typing import Any

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
from tinyq.codegen.ops import conv
from tinyq.codegen.weights import Family
from tinyq.codegen.weights_s8 import INT8

_LEAST_WEIGHTS_BYTES = 5000
"""Scratch that a layer may always take for extended weights: less than what an interpreter keeps beside activations."""
_LEAST_PADDED_BYTES = 1000
"""The same for an image with its padding, where no aim asks for less RAM."""

WEIGHTS_ORDER = "weights [pair of channels][group][channel][input]"
_MAX_PIXEL_INPUTS = 128  # 4 * TQ_DOT_PIXELS_MAX_GROUPS
_GATHERING = {"tq_widen_pair_dsp": (100, 6), "tq_widen_any_pair_dsp": (200, 16)}
"""Cycles of a pixel, and of each of its groups."""


def _rows(node: Node) -> NDArray[np.int8]:
    filters = node.input(1).data
    assert filters is not None  # noqa: S101 - checked by conv.objection()
    return filters.reshape(filters.shape[0], -1)


def _groups(node: Node) -> int:
    """Inputs under the filter / 4, rounded up."""
    return -(-int(_rows(node).shape[1]) // 4)


def channels_of(node: Node, left: bool = False) -> dsp.Channels | str:
    return dsp.channels_of(node, conv.options_of(node).activation, _rows(node), left=left)


def conv_objection(node: Node, target: Target, family: Family = INT8) -> str:
    found = dsp.objection(target) or conv.objection(family, node) or _shape_objection(node)
    if found:
        return found
    channels = channels_of(node, left=family is not INT8)
    return channels if isinstance(channels, str) else ""


def _shape_objection(node: Node) -> str:
    o = conv.options_of(node)
    if (o.dilation_h, o.dilation_w) != (1, 1):
        return "its filters are dilated"
    return checks.require(node.input(1).shape[3] == node.input(0).shape[3], "it has groups")


def _cost(node: Node) -> float:
    """Two load-multiples (five cycles each) and eight SMLADs for 16 products; 40 cycles around a block of four sums."""
    _, height, width, channels = node.output.shape
    pixels, groups = height * width, _groups(node)
    blocks = -(-pixels // 2) * -(-channels // 2)
    each, of_group = _GATHERING.get(_widen(node), (40, 14))
    return 300 + blocks * (18 * groups + 40) + pixels * (each + of_group * groups)


def _row_bytes(node: Node) -> int:
    """Inputs in a row of the filter."""
    return node.input(1).shape[2] * node.input(1).shape[3]


def _widen(node: Node) -> str:
    if node.input(0).shape[3] % 4 == 0:
        return "tq_widen_pair_dsp"
    if _row_bytes(node) == 9 and node.input(1).shape[1] == 3:
        return "tq_widen_pair_of_9_dsp"
    return "tq_widen_pair_of_4_dsp" if _row_bytes(node) == 4 else "tq_widen_any_pair_dsp"


def _padded_bytes(node: Node, used: int, target: Target) -> int:
    """Scratch for the image with its padding, beside ``used`` bytes; 0 if no window sticks out or there is no room."""
    o, (_, height, width, channels) = conv.options_of(node), node.input(0).shape
    reach = [
        (outputs - 1) * stride + taps
        for outputs, stride, taps in zip(
            node.output.shape[1:3], (o.stride_h, o.stride_w), node.input(1).shape[1:3], strict=True
        )
    ]
    size = -(-reach[0] * reach[1] * channels // 4) * 4
    least = _LEAST_PADDED_BYTES if target.optimize in ("balanced", "speed") else 0
    room = max(room_for_scratch(node.graph, node.index) - used, least)
    return size if (reach[0] > height or reach[1] > width) and size <= room else 0


def _widened(rows: NDArray[Any], node: Node) -> NDArray[Any]:
    """Weights ``[channels, depth]`` in the order of widened inputs: whole words of the filter's rows, then the rest."""
    count, run = rows.shape[0], _row_bytes(node)
    by_row = rows.reshape(count, -1, run)
    words, rest = by_row[..., : run // 4 * 4], by_row[..., run // 4 * 4 :]
    return np.concatenate([words.reshape(count, -1), rest.reshape(count, -1)], axis=1)


def _paired(rows: NDArray[Any], groups: int) -> NDArray[Any]:
    """``[channel pairs][groups][2][4]``, filled up with zeros."""
    channels, depth = rows.shape
    padded = np.pad(rows, ((0, channels % 2), (0, 4 * groups - depth)))
    return padded.reshape(-1, 2, groups, 4).transpose(0, 2, 1, 3)


def _geometry(node: Node, target: Target, form: str, padded: int) -> dict[str, Value]:
    members: dict[str, Value] = {
        "shape": weights.shape_members(node, conv.options_of(node), *conv.windows(node)),
        "input_zero_point": zero_point_of(node.input(0)),
        "groups": _groups(node),
        "form": form,
        "widen": _widen(node),
        "padded": padded,
    }
    if _pixel_by_pixel(node) and target.optimize != "size":
        members["pixels"] = f"tq_dot_pixels_{form.removeprefix('TQ_DSP_').lower()}_s8_dsp"
    return members


def _pixel_by_pixel(node: Node) -> bool:
    """Whether one function does all pixels, as there is nothing to gather."""
    o, inputs = conv.options_of(node), node.input(0).shape[3]
    return (
        node.input(1).shape[1:3] == (1, 1)
        and (o.stride_h, o.stride_w) == (1, 1)
        and inputs % 4 == 0
        and inputs <= _MAX_PIXEL_INPUTS
        and node.output.shape[3] % 2 == 0
    )


class ConvDsp:
    """``tq_conv_s8_dsp``: int8 weights, extended for some channels at a time."""

    kinds = ("CONV_2D",)
    variant = "DSP, 2x2"

    def objection(self, node: Node, target: Target) -> str:
        return conv_objection(node, target)

    def cost(self, node: Node, target: Target) -> float:
        return _cost(node) + 1.5 * _rows(node).size + 50 * node.output.shape[3]

    def emit(self, node: Node, target: Target) -> Emission:
        channels = channels_of(node, left=True)
        assert not isinstance(channels, str)  # noqa: S101 - checked by objection()
        groups = _groups(node)
        block = self._block_channels(node, groups, target)
        scratch = scratch_bytes(groups, block)
        padded = _padded_bytes(node, scratch, target)
        members: dict[str, Value] = {
            "geometry": _geometry(node, target, channels.form.value, scratch if padded else 0),
            "weights": Ref("weights"),
            "bias": Ref("bias"),
            "multiplier": Ref("multiplier"),
            "shift": Ref("shift"),
            "multiplier_step": 1 if channels.multiplier.size > 1 else 0,
            "output_zero_point": zero_point_of(node.output),
            "block_channels": block,
        }
        stored, constant = self._stored(_paired(_widened(channels.rows, node), groups))
        members.update(stored)
        constants = (constant, *channels.constants())
        return dsp.emission(node, "tq_conv_s8_dsp", channels, members, constants, scratch + padded)

    def _stored(self, paired: NDArray[np.int8]) -> tuple[dict[str, Value], Constant]:
        """How weights ``[channel pairs][groups][2][4]`` lie in flash: members that say it, and the array."""
        return {"group_bytes": 8}, Constant("weights", paired, WEIGHTS_ORDER, 4)

    def _block_channels(self, node: Node, groups: int, target: Target) -> int:
        """As many as fit without a larger arena, in blocks of about the same size."""
        channels = node.output.shape[3]
        room = room_for_scratch(node.graph, node.index) - scratch_bytes(groups, 0)
        if target.optimize == "speed":
            room = scratch_bytes(groups, channels + 1)
        pair_bytes = scratch_bytes(groups, 2) - scratch_bytes(groups, 0)
        pairs = max(max(room, _LEAST_WEIGHTS_BYTES) // pair_bytes, 1)
        needed = -(-channels // 2)
        blocks = -(-needed // pairs)
        return 2 * -(-needed // blocks)


class ConvDspWide:
    """``tq_conv_s8_dsp_wide``: int16 weights in flash."""

    kinds = ("CONV_2D",)
    variant = "DSP, 2x2, int16 weights"

    def objection(self, node: Node, target: Target) -> str:
        if target.optimize != "speed":
            return "int16 weights take twice the flash"
        return conv_objection(node, target) or self._scaling_objection(node)

    def _scaling_objection(self, node: Node) -> str:
        channels = channels_of(node)
        usable = not isinstance(channels, str) and dsp.scaled(channels) is not None
        return checks.require(usable, "its weights cannot be scaled to 16 bits")

    def cost(self, node: Node, target: Target) -> float:
        return _cost(node)

    def emit(self, node: Node, target: Target) -> Emission:
        channels = channels_of(node)
        assert not isinstance(channels, str)  # noqa: S101 - checked by objection()
        scaled = dsp.scaled(channels)
        assert scaled is not None  # noqa: S101 - checked by objection()
        groups = _groups(node)
        stream = scaled.stream(_paired(_widened(scaled.rows, node), groups), zero_point_of(node.output))
        scratch = wide_scratch_bytes(groups)
        padded = _padded_bytes(node, scratch, target)
        members: dict[str, Value] = {
            "geometry": _geometry(node, target, scaled.form.scaled, scratch if padded else 0),
            "weights": Ref("weights"),
            "pair_words": stream.shape[1],
        }
        comment = "[pair of channels]: weights, biases, multipliers, addends, shifts"
        constants = (Constant("weights", stream, comment),)
        return dsp.emission(node, "tq_conv_s8_dsp_wide", channels, members, constants, scratch + padded)


def scratch_bytes(groups: int, block_channels: int) -> int:
    """TQ_CONV_S8_DSP_SCRATCH_BYTES."""
    return wide_scratch_bytes(groups) + block_channels // 2 * (16 * groups + 32)


def wide_scratch_bytes(groups: int) -> int:
    """TQ_CONV_S8_DSP_WIDE_SCRATCH_BYTES."""
    return 24 * groups


register(ConvDsp())
register(ConvDspWide())
