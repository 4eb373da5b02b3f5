"""AVERAGE_POOL_2D of int8 for cores with the DSP extension: four channels at a time."""

from __future__ import annotations

import dataclasses

from tinyq.codegen import checks, dsp
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, ParamsAddress, Target, register
from tinyq.codegen.ops.pool import Pool, options_of

_MAX_TAPS = 255  # of codes of 8 bits, whose sums fit 16 bits
_PORTABLE = Pool()


class AveragePoolDsp:
    """``tq_average_pool_s8_dsp``."""

    kinds = ("AVERAGE_POOL_2D",)
    variant = "DSP, 4 channels"

    def objection(self, node: Node, target: Target) -> str:
        return (
            dsp.objection(target)
            or _PORTABLE.objection(node, target)
            or checks.require(node.input(0).shape[3] >= 4, "it has fewer than four channels")
            or checks.require(options_of(node).filter_h * options_of(node).filter_w <= _MAX_TAPS, "its filter is large")
        )

    def cost(self, node: Node, target: Target) -> float:
        o = options_of(node)
        return node.output.elements * (40.0 + 2 * o.filter_h * o.filter_w)

    def emit(self, node: Node, target: Target) -> Emission:
        call = Call("tq_average_pool_s8_dsp", (ParamsAddress(), Input(0), Output()))
        portable = _PORTABLE.emit(node, target)
        return dataclasses.replace(portable, calls=(call,), headers=("tq_average_pool_s8_dsp.h",))


register(AveragePoolDsp())
