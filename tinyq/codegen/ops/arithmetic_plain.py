"""ADD, SUB, MUL, DIV and SQUARED_DIFFERENCE of float32 and int32, with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinyq.codegen import checks
from tinyq.codegen.kernel import Emission, Node, Target, Value, register
from tinyq.codegen.pairs import SUFFIXES, pair_call, pair_objection
from tinyq.graph import DType

_TYPES = (DType.FLOAT32, DType.INT32)


def plain_limits(activation: str, dtype: DType) -> tuple[Value, Value] | None:
    """What a fused activation limits plain numbers to; None if TFLM does not know it."""
    info: Any = np.finfo(np.float32) if dtype is DType.FLOAT32 else np.iinfo(np.int32)
    number = float if dtype is DType.FLOAT32 else int
    low, high = number(info.min), number(info.max)
    limits: dict[str, tuple[Value, Value]] = {
        "NONE": (low, high),
        "RELU": (number(0), high),
        "RELU6": (number(0), number(6)),
        "RELU_N1_TO_1": (number(-1), number(1)),
    }
    return limits.get(activation)


class PlainArithmetic:
    """``tq_*_f32`` and ``tq_*_s32``."""

    kinds = ("ADD", "SUB", "MUL", "DIV", "SQUARED_DIFFERENCE")
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        ignored = node.op.kind == "ADD" and node.output.dtype is DType.INT32 and self._activation(node) != "NONE"
        return (
            pair_objection(node, _TYPES)
            or checks.require(not ignored, "TensorFlow Lite Micro ignores the fused activation of ADD of int32")
            or ("" if self._limits(node) else f"its fused activation {self._activation(node)} is not known")
        )

    def _activation(self, node: Node) -> str:
        return str(getattr(node.op.options, "activation", "NONE"))

    def _limits(self, node: Node) -> tuple[Value, Value] | None:
        return plain_limits(self._activation(node), node.output.dtype)

    def cost(self, node: Node, target: Target) -> float:
        return 20.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        limits, suffix = self._limits(node), SUFFIXES[node.output.dtype]
        assert limits is not None  # noqa: S101 - checked by objection()
        return pair_call(
            f"tq_{node.op.kind.lower()}_{suffix}",
            f"tq_arithmetic_{suffix}.h",
            f"tq_arithmetic_{suffix}_params",
            node,
            {"output_min": limits[0], "output_max": limits[1]},
        )


register(PlainArithmetic(), "float32", "int32")
