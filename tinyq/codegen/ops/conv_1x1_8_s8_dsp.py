"""CONV_2D of int8 with 1x1 filters over eight channels for cores with the DSP extension: pixels stay in registers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks, dsp, weights
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Call, Constant, Emission, Input, Node, Output, Ref, Target, register
from tinyq.codegen.ops import conv
from tinyq.codegen.ops.conv_s8_dsp import channels_of, conv_objection

_INPUTS = 8
_MORE_BYTES = 11  # of a channel: eight weights of 16 bits, and an addend instead of a shift
_FEW_BYTES = 256
"""More flash that a layer may take where speed is not all that matters."""


class Conv1x1Of8Dsp:
    """``tq_conv_1x1_8_s8_dsp``: int16 weights in flash, with what makes codes of sums beside them."""

    kinds = ("CONV_2D",)
    variant = "DSP, 1x1 over 8 channels, int16 weights"

    def objection(self, node: Node, target: Target) -> str:
        found = conv_objection(node, target) or self._shape_objection(node)
        if found:
            return found
        if target.optimize != "speed" and _MORE_BYTES * node.output.shape[3] > _FEW_BYTES:
            return "int16 weights take twice the flash"
        channels = channels_of(node)
        usable = not isinstance(channels, str) and dsp.scaled(channels) is not None
        return checks.require(usable, "its weights cannot be scaled to 16 bits")

    def _shape_objection(self, node: Node) -> str:
        o = conv.options_of(node)
        return (
            checks.require(node.input(1).shape[1:3] == (1, 1), "its filters are not 1x1")
            or checks.require((o.stride_h, o.stride_w) == (1, 1), "its stride is not 1")
            or checks.require(node.input(0).shape[3] == _INPUTS, "it has not eight input channels")
        )

    def cost(self, node: Node, target: Target) -> float:
        """A load-multiple of seven words, and eight cycles for a code; 25 for a pixel."""
        channels = node.output.shape[3]
        return 50 + node.output.elements // channels * (16 * channels + 25)

    def emit(self, node: Node, target: Target) -> Emission:
        channels = channels_of(node)
        assert not isinstance(channels, str)  # noqa: S101 - checked by objection()
        scaled = dsp.scaled(channels)
        assert scaled is not None  # noqa: S101 - checked by objection()
        signed = scaled.form is dsp.Form.SIGNED
        function = "tq_conv_1x1_8_signed_s8_dsp" if signed else "tq_conv_1x1_8_s8_dsp"
        stream = _stream(scaled, zero_point_of(node.output))
        pixels = node.output.elements // channels.count
        call = Call(function, (pixels, channels.count, Ref("weights"), Input(0), Output()))
        calls, headers = dsp.limited(node, channels, call, "tq_conv_1x1_8_s8_dsp.h")
        comment = "[channel]: weights, bias, multiplier, addend" + (", shift" if signed else "")
        return Emission(calls, headers, constants=(Constant("weights", stream, comment),))


def _stream(scaled: dsp.Scaled, zero_point: int) -> NDArray[np.int32]:
    """What the kernel reads, ``[channels][words]``."""
    channels = scaled.channels
    order = np.ascontiguousarray(scaled.rows.reshape(-1, 2, 4)[..., [0, 2, 1, 3]])  # as SXTB16 takes a word apart
    tail = [channels.bias << scaled.shift, channels.of_each(channels.multiplier), scaled.addends(zero_point)]
    if scaled.form is dsp.Form.SIGNED:
        tail.append(channels.of_each(channels.right))
    words = order.view(np.int32).reshape(channels.count, 4)
    return np.concatenate([words, weights.wrapped(np.stack(tail, axis=1))], axis=1)


register(Conv1x1Of8Dsp())
