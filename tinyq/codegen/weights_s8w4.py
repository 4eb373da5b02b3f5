"""int8 activations and 4-bit weights, which stay packed in flash."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks
from tinyq.codegen.kernel import Node
from tinyq.codegen.weights_s8 import Int8, bias_objection, sums_objection
from tinyq.graph import DType


class Int8Weights4(Int8):
    """As int8, but for the weights: two to a byte, the first in the low half; every row starts with a new byte."""

    suffix = "s8w4"

    def objection(self, node: Node, channels: int) -> str:
        return (
            checks.meant_for((node.input(0), DType.INT8), (node.input(1), DType.INT4))
            or checks.dtypes((node.output, DType.INT8))
            or bias_objection(node)
            or sums_objection(node, channels)
        )

    def packed(self, rows: NDArray[np.int8]) -> NDArray[Any]:
        nibbles = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2))).view(np.uint8) & 15
        return (nibbles[:, 0::2] | nibbles[:, 1::2] << 4).astype(np.uint8)


INT8_WEIGHTS_4 = Int8Weights4()
