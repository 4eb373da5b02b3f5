"""CONV_2D with weights of 4, 3 or 2 bits for cores with the DSP extension: unpacked as they are extended."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen.kernel import Constant, Node, Target, Value, register
from tinyq.codegen.ops.conv_s8_dsp import WEIGHTS_ORDER, ConvDsp, conv_objection
from tinyq.codegen.weights import Family
from tinyq.codegen.weights_narrow import PACKED, UNPACKING_CYCLES, pack


class ConvPackedDsp(ConvDsp):
    """``tq_conv_s8_dsp`` with packed weights."""

    def __init__(self, family: Family, bits: int) -> None:
        self.variant = f"DSP, 2x2, {bits}-bit weights"
        self._family, self._bits = family, bits

    def objection(self, node: Node, target: Target) -> str:
        return conv_objection(node, target, self._family)

    def cost(self, node: Node, target: Target) -> float:
        return super().cost(node, target) + UNPACKING_CYCLES * node.input(1).elements

    def _stored(self, paired: NDArray[np.int8]) -> tuple[dict[str, Value], Constant]:
        rows = pack(paired.reshape(len(paired), -1), self._bits)
        return {"group_bytes": self._bits, "unpack": f"tq_unpack_{self._bits}_bits"}, Constant(
            "weights", rows, WEIGHTS_ORDER
        )


for family, bits in PACKED:
    register(ConvPackedDsp(family, bits))
