"""int8 activations beside weights of 2 or 3 bits, which a model holds as int4 and flash in as few as they need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks
from tinyq.codegen.kernel import Node
from tinyq.codegen.weights import Family
from tinyq.codegen.weights_s8w4 import INT8_WEIGHTS_4, Int8Weights4


class NarrowWeights(Int8Weights4):
    """As int4, but for how weights lie in flash: without gaps, the first in the lowest bits of the first byte; every
    row starts with a new byte.

    Args:
        bits: Of a code: 2 for -2..1, 3 for -4..3.
    """

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.suffix = f"s8w{bits}"

    def objection(self, node: Node, channels: int) -> str:
        return super().objection(node, channels) or self._range_objection(node)

    def _range_objection(self, node: Node) -> str:
        codes, limit = node.input(1).data, 1 << (self.bits - 1)
        assert codes is not None  # noqa: S101 - checked before
        fits = -limit <= int(codes.min()) and int(codes.max()) < limit
        return checks.require(fits, f"its weights do not fit {self.bits} bits")

    def packed(self, rows: NDArray[np.int8]) -> NDArray[Any]:
        return pack(rows, self.bits)


def pack(rows: NDArray[np.int8], bits: int) -> NDArray[np.uint8]:
    """Codes ``[rows, columns]`` in their lowest bits, ``[rows, bytes]``."""
    codes = rows.view(np.uint8)[:, :, None] >> np.arange(bits, dtype=np.uint8) & 1
    return np.packbits(codes.reshape(len(rows), -1), axis=1, bitorder="little")


WIDTHS = (NarrowWeights(2), NarrowWeights(3))
PACKED: tuple[tuple[Family, int], ...] = (*((w, w.bits) for w in WIDTHS), (INT8_WEIGHTS_4, 4))
"""All weights that lie in flash in fewer bits than 8, and in how many."""
UNPACKING_CYCLES = 5
"""Of one weight, for kernels that unpack all of them first."""
