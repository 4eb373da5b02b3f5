"""FULLY_CONNECTED of int8 for cores with the DSP extension: four channels at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks, dsp, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Constant, Emission, Node, Ref, Target, Value, register
from tinyq.codegen.ops import fully_connected
from tinyq.codegen.weights_s8 import INT8
from tinyq.graph import macs

_SCALE_BITS = 8  # by which the kernels for int8 weights, and for outputs that are not negative, scale sums up
_MAX_RIGHT = 15  # zero point * 2^(right + 7) fits
_FUNCTIONS = {
    (8, dsp.Form.NONNEGATIVE): "tq_fully_connected_block_s8_dsp",
    (8, dsp.Form.SIGNED): "tq_fully_connected_block_signed_s8_dsp",
    (16, dsp.Form.NONNEGATIVE): "tq_fully_connected_block_s16_dsp",
    (16, dsp.Form.SIGNED): "tq_fully_connected_block_signed_s16_dsp",
}


def _channels(node: Node) -> dsp.Channels | str:
    filters = node.input(1)
    assert filters.data is not None and filters.quantization is not None  # noqa: S101 - checked before
    zero_point = int(np.abs(filters.quantization.zero_point).max())
    return dsp.channels_of(node, fully_connected.options_of(node).activation, filters.data, zero_point)


def _objection(node: Node, target: Target) -> str:
    found = (
        dsp.objection(target)
        or fully_connected.objection(INT8, node)
        or checks.require(node.input(1).shape[1] % 4 == 0, "its inputs are no multiple of four")
    )
    if found:
        return found
    channels = _channels(node)
    if isinstance(channels, str):
        return channels
    return checks.require(
        channels.bound < 2 ** (31 - _SCALE_BITS) and int(channels.right.max()) <= _MAX_RIGHT,
        "its sums can exceed 23 bits",
    )


def _paired(rows: NDArray[np.int8]) -> NDArray[np.int16]:
    """Words of two channels, [blocks][groups][pairs of channels][4 inputs], in the order of the kernel."""
    depth = rows.shape[1]
    wide = rows.astype(np.int32).reshape(-1, 2, 2, depth // 4, 4)
    halves = (wide[:, :, 0] + 256 * wide[:, :, 1]).transpose(0, 2, 1, 3)[..., [0, 2, 1, 3]]
    assert halves.min() >= -(2**15)  # noqa: S101 - checked by objection()
    return np.ascontiguousarray(halves.astype(np.int16))


def _blocks(values: NDArray[np.int64], fill: int = 0) -> NDArray[np.int64]:
    """By blocks of four channels; what is missing is filled up."""
    return np.pad(values, (0, -values.size % 4), constant_values=fill).reshape(-1, 4)


def _scaling(channels: dsp.Channels, node: Node, *, signed_shift: int) -> Constant:
    """Multiplier, addend and right shift of all channels, or of each, as ``tq_fully_connected_dsp_scaling``.

    Args:
        signed_shift: How much more the signed form shifts.
    """
    zero_point, right = zero_point_of(node.output), channels.right
    if channels.form is dsp.Form.NONNEGATIVE or signed_shift:
        total = right + _SCALE_BITS - 1
        first = 1 << (_SCALE_BITS - 2)
        addend = first + np.where(right > 0, 1 << (total - 1), 0) + (zero_point << total)
    else:
        total = right
        addend = (1 << (right - 1)) + zero_point * (1 << right)
    words = np.stack([channels.multiplier.astype(np.int64), addend, total], axis=1)
    if len(words) > 1:
        words = np.pad(words, ((0, -len(words) % 4), (0, 0)))
    return Constant("scaling", words.astype(np.int32), "multiplier, addend and right shift")


def _emission(node: Node, channels: dsp.Channels, stream: NDArray[np.int32], scaling: Constant, bits: int) -> Emission:
    count, depth = channels.rows.shape
    members: dict[str, Value] = {
        "rows": node.output.elements // count,
        "columns": count,
        "groups": depth // 4,
        "block_words": stream.shape[1],
        "weights": Ref("weights"),
        "scaling": Ref("scaling"),
        "scaling_step": 12 if channels.multiplier.size > 1 else 0,
        "block": _FUNCTIONS[bits, channels.form],
    }
    order = "weights and biases of four channels at a time"
    constants = (Constant("weights", stream, order), scaling)
    return dsp.emission(node, "tq_fully_connected_s8_dsp", channels, members, constants, scratch_bytes(depth // 4))


class FullyConnectedDsp:
    """``tq_fully_connected_s8_dsp`` with int8 weights, two channels in a halfword."""

    kinds = ("FULLY_CONNECTED",)
    variant = "DSP, 4 channels"

    def objection(self, node: Node, target: Target) -> str:
        found = _objection(node, target)
        if found:
            return found
        filters = node.input(1).data
        assert filters is not None  # noqa: S101 - checked by _objection()
        return checks.require(int(filters.min()) > -(2**7), "it has weights of -128")

    def cost(self, node: Node, target: Target) -> float:
        return 80 + 1.294 * macs(node.graph, node.op) + 17.6 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        channels = _channels(node)
        assert not isinstance(channels, str)  # noqa: S101 - checked by objection()
        rows = np.pad(channels.rows, ((0, -channels.count % 4), (0, 0)))
        biases = _blocks(channels.bias)
        first, second = biases[:, 0::2], biases[:, 1::2]
        starts = weights.wrapped(np.stack([first, first + 256 * second], axis=2).reshape(-1, 4))
        paired = _paired(rows).view(np.int32).reshape(len(starts), -1)
        stream = np.concatenate([starts, paired], axis=1)
        return _emission(node, channels, stream, _scaling(channels, node, signed_shift=_SCALE_BITS), 8)


class FullyConnectedDspWide:
    """``tq_fully_connected_s8_dsp`` with int16 weights."""

    kinds = ("FULLY_CONNECTED",)
    variant = "DSP, 4 channels, int16 weights"

    def objection(self, node: Node, target: Target) -> str:
        if target.optimize != "speed":
            return "int16 weights take twice the flash"
        return _objection(node, target) or checks.require(
            node.input(1).shape[1] % 8 == 0, "its inputs are no multiple of eight"
        )

    def cost(self, node: Node, target: Target) -> float:
        # fewer instructions, but loads of twice the bytes
        return 240 + 1.341 * macs(node.graph, node.op) + 15.9 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        channels = _channels(node)
        assert not isinstance(channels, str)  # noqa: S101 - checked by objection()
        shift = _SCALE_BITS if channels.form is dsp.Form.NONNEGATIVE else 1
        rows = np.pad(channels.rows, ((0, -channels.count % 4), (0, 0))).astype(np.int16) << shift
        groups = rows.shape[1] // 4
        # [blocks][inputs / 8][channel][8 inputs]
        ordered = rows.reshape(-1, 4, groups // 2, 2, 4).transpose(0, 2, 1, 3, 4)[..., [0, 2, 1, 3]]
        starts = weights.wrapped(_blocks(channels.bias << shift)).reshape(-1, 4)
        words = np.ascontiguousarray(ordered).view(np.int32).reshape(len(starts), -1)
        stream = np.concatenate([starts, words], axis=1)
        return _emission(node, channels, stream, _scaling(channels, node, signed_shift=0), 16)


def scratch_bytes(groups: int) -> int:
    """TQ_FULLY_CONNECTED_S8_DSP_SCRATCH_BYTES."""
    return 8 * groups


register(FullyConnectedDsp())
register(FullyConnectedDspWide())
