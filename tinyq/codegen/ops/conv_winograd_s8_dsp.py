"""CONV_2D of int8 with 3x3 filters for cores with the DSP extension: Winograd's F(2x2, 3x3), exactly."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import checks, dsp, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Constant, Emission, Node, Ref, Target, Value, register
from tinyq.codegen.ops import conv
from tinyq.codegen.ops.conv_s8_dsp import channels_of, conv_objection

_TWICE_G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]], np.int64)
_STORES = {
    dsp.Form.NONNEGATIVE: "tq_winograd_outputs_dsp",
    dsp.Form.SIGNED: "tq_winograd_outputs_signed_dsp",
}
_MAX_CHANNELS = 64  # 4 * TQ_WINOGRAD_MAX_GROUPS
_MAX_SUM = 2**29  # four times this is the range of 32 bits


class ConvWinogradDsp:
    """``tq_conv_winograd_s8_dsp``: 16 products instead of 36; weights take 32 bytes instead of nine."""

    kinds = ("CONV_2D",)
    variant = "DSP, Winograd"

    def objection(self, node: Node, target: Target) -> str:
        if target.optimize != "speed":
            return "transformed weights take more than three times the flash"
        return conv_objection(node, target) or self._shape_objection(node) or self._range_objection(node)

    def _shape_objection(self, node: Node) -> str:
        o, source, output = conv.options_of(node), node.input(0).shape, node.output.shape
        return (
            checks.require(node.input(1).shape[1:3] == (3, 3), "its filters are not 3x3")
            or checks.require((o.stride_h, o.stride_w) == (1, 1), "its stride is not 1")
            or checks.require(o.padding == "SAME", "it has no padding")
            or checks.require(source[3] % 4 == 0 and source[3] <= _MAX_CHANNELS, "its channels are no groups of four")
            or checks.require(output[3] % 2 == 0, "its output channels are odd")
            or checks.require(output[1] % 2 == 0 and output[2] % 4 == 0, "its outputs are no pairs of 2x2 tiles")
        )

    def _range_objection(self, node: Node) -> str:
        channels = channels_of(node)
        usable = not isinstance(channels, str) and channels.bound < _MAX_SUM
        return checks.require(usable, "its sums can exceed 29 bits")

    def cost(self, node: Node, target: Target) -> float:
        """18 cycles for four inputs of two tiles and two channels; 14 at each position; 90 for a tile's outputs."""
        _, height, width, outputs = node.output.shape
        inputs = node.input(0).shape[3]
        tiles = height * width / 4
        products = 16 * (18 * inputs / 4 + 14) / 4
        return 1000 + tiles * (outputs * (products + 90) + inputs / 4 * 250)

    def emit(self, node: Node, target: Target) -> Emission:
        channels = channels_of(node)
        assert not isinstance(channels, str)  # noqa: S101 - checked by objection()
        source, outputs = node.input(0).shape, node.output.shape[3]
        groups = source[3] // 4
        filters = channels.rows.astype(np.int64).reshape(outputs, 3, 3, source[3])
        transformed = np.einsum("ia,oabc,jb->oijc", _TWICE_G, filters, _TWICE_G).astype(np.int16)
        # [pairs][positions][groups][channel][input], the inputs as SXTB16 takes a word of bytes apart
        ordered = transformed.reshape(-1, 2, 16, groups, 4).transpose(0, 2, 3, 1, 4)[..., [0, 2, 1, 3]]
        words = np.ascontiguousarray(ordered).view(np.int32)
        right = channels.of_each(channels.right) + 1
        zero_point = zero_point_of(node.output)
        addend = 1 + np.where(right > 1, 1 << (right - 1), 0) + zero_point * (1 << right)
        scaling = np.stack([4 * channels.bias, channels.of_each(channels.multiplier), addend, right], axis=1)
        members: dict[str, Value] = {
            "shape": weights.shape_members(node, conv.options_of(node), *conv.windows(node)),
            "input_zero_point": zero_point_of(node.input(0)),
            "weights": Ref("weights"),
            "scaling": Ref("scaling"),
            "store": _STORES[channels.form],
        }
        constants = (
            Constant("weights", words, "transformed weights [pair of channels][position][group][channel][input]"),
            Constant("scaling", weights.wrapped(scaling), "[channel]: bias, multiplier, addend, right shift"),
        )
        scratch = scratch_bytes(source[2], source[3])
        return dsp.emission(node, "tq_conv_winograd_s8_dsp", channels, members, constants, scratch)


def scratch_bytes(width: int, channels: int) -> int:
    """TQ_CONV_WINOGRAD_S8_DSP_SCRATCH_BYTES."""
    return (width + 2) * channels * 8 + 64 * channels + width * channels


register(ConvWinogradDsp())
