"""FULLY_CONNECTED for the M-profile vector extension: four or eight output channels at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import weights, weights_mve
from tinyq.codegen.kernel import (
    Call,
    Constant,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Ref,
    Scratch,
    Target,
    register,
)
from tinyq.codegen.ops import fully_connected
from tinyq.codegen.weights_mve import VECTOR, Channels
from tinyq.codegen.weights_s8 import INT8

_ORDERS = {4: (0, 1, 2, 3), 8: (0, 2, 4, 6, 1, 3, 5, 7)}  # of channels that are computed at once


class FullyConnectedMve:
    """``tq_fully_connected_s8_mve``."""

    kinds = ("FULLY_CONNECTED",)
    variant = "MVE"

    def objection(self, node: Node, target: Target) -> str:
        return (
            weights_mve.core_objection(target)
            or fully_connected.objection(INT8, node)
            or _zero_point_objection(node)
            or weights_mve.channels_objection(_channels_of(node))
        )

    def cost(self, node: Node, target: Target) -> float:
        channels, depth = node.input(1).shape
        at_once = _at_once(channels)
        steps = -(-depth // VECTOR)
        # two cycles for each operation on vectors, of which loads run beside multiplications
        return node.output.elements / channels * -(-channels // at_once) * (steps * (2.0 * at_once + 2) + 70)

    def emit(self, node: Node, target: Target) -> Emission:
        channels, activation = _channels_of(node), fully_connected.options_of(node).activation
        assert channels is not None  # noqa: S101 - checked by objection()
        count, depth = channels.rows.shape
        at_once = _at_once(count)
        filled = weights_mve.padded(channels.rows, at_once, VECTOR)
        steps = filled.shape[1] // VECTOR
        words = np.pad(channels.words, ((0, filled.shape[0] - count), (0, 0)))
        scratch = Scratch() if scratch_bytes(depth, count) else "NULL"
        order = f"channels {', '.join(map(str, _ORDERS[at_once]))} of each {at_once}"
        params = Params(
            "tq_fully_connected_s8_mve_params",
            {
                "rows": node.output.elements // count,
                "depth": depth,
                "channels": count,
                "steps": steps,
                "weights": Ref("weights"),
                "scales": Ref("scales"),
                **{f"output_{name}": value for name, value in weights_mve.limits(node, activation).items()},
            },
        )
        return Emission(
            calls=(Call(f"tq_fully_connected_s8_mve_by_{at_once}", (ParamsAddress(), Input(0), Output(), scratch)),),
            headers=("tq_fully_connected_s8_mve.h",),
            params=params,
            constants=(
                Constant(
                    "weights",
                    _ordered(filled, at_once).reshape(-1, at_once, steps, VECTOR).transpose(0, 2, 1, 3).copy(),
                    f"weights [{at_once} channels][step][{at_once}][16]; {order}",
                    4,
                ),
                Constant(
                    "scales",
                    _ordered(words, at_once).reshape(-1, 4, 2).transpose(0, 2, 1).reshape(-1),
                    f"of each four: {weights_mve.WORDS}; {order}",
                ),
            ),
            scratch_bytes=scratch_bytes(depth, count),
        )


def scratch_bytes(depth: int, channels: int) -> int:
    """TQ_FULLY_CONNECTED_S8_MVE_SCRATCH_BYTES."""
    return (depth + 15) // 16 * 16 * (depth % 16 != 0) + (channels + 3) // 4 * 4 * (channels % 4 != 0)


def _at_once(channels: int) -> int:
    return 8 if channels % 8 == 0 else 4


def _ordered(rows: NDArray[weights_mve.Element], at_once: int) -> NDArray[weights_mve.Element]:
    return rows.reshape(-1, at_once, rows.shape[1])[:, _ORDERS[at_once]].reshape(rows.shape)


def _zero_point_objection(node: Node) -> str:
    quantization = node.input(1).quantization
    assert quantization is not None  # noqa: S101 - checked before
    # per channel it is ignored, as TFLM does
    symmetric = quantization.is_per_channel or quantization.scalar[1] == 0
    return "" if symmetric else "its weights have a zero point"


def _channels_of(node: Node) -> Channels | None:
    rows = node.input(1).data
    assert rows is not None  # noqa: S101 - checked before
    activation = fully_connected.options_of(node).activation
    return weights_mve.channels_of(node, activation, rows, weights.folded_bias(node, rows))


register(FullyConnectedMve())
