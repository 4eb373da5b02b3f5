"""FULLY_CONNECTED of int8 for cores without the DSP extension: two channels at a time."""

from __future__ import annotations

from tinyq.codegen import checks, paired
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Scratch, Target, register
from tinyq.codegen.ops import fully_connected
from tinyq.codegen.weights_s8 import INT8


class FullyConnectedPaired:
    """``tq_fully_connected_paired_s8``."""

    kinds = ("FULLY_CONNECTED",)
    variant = "two channels per word"

    def objection(self, node: Node, target: Target) -> str:
        return (
            fully_connected.objection(INT8, node)
            or self._zero_point_objection(node)
            or paired.depth_objection(node.input(1).shape[1])
            or paired.objection(node, target)
        )

    def _zero_point_objection(self, node: Node) -> str:
        quantization = node.input(1).quantization
        assert quantization is not None  # noqa: S101 - checked by fully_connected.objection()
        return checks.require(not quantization.zero_point.any(), "its weights have a zero point")

    def cost(self, node: Node, target: Target) -> float:
        channels, depth = node.input(1).shape
        rows = node.output.elements // channels
        blocks = -(-channels // paired.CHANNELS)
        return rows * (8.0 * depth + blocks * (12.5 * paired.words_of(depth) + 40) + 50 * channels)

    def emit(self, node: Node, target: Target) -> Emission:
        filters = node.input(1)
        assert filters.data is not None  # noqa: S101 - checked by objection()
        channels, depth = filters.shape
        rows = node.output.elements // channels
        activation = fully_connected.options_of(node).activation
        members, constants = paired.linear(node, activation, filters.data)
        params = Params("tq_fully_connected_paired_s8_params", {"rows": rows, "depth": depth, "channels": members})
        return Emission(
            calls=(Call("tq_fully_connected_paired_s8", (ParamsAddress(), Input(0), Output(), Scratch())),),
            headers=("tq_fully_connected_paired_s8.h",),
            params=params,
            constants=constants,
            scratch_bytes=scratch_bytes(depth),
            # a row is taken to scratch before what depends on it is written
            leads={0: max(0, (rows - 1) * (channels - depth))},
        )


def scratch_bytes(depth: int) -> int:
    """TQ_FULLY_CONNECTED_PAIRED_S8_SCRATCH_BYTES."""
    return paired.words_of(depth)


register(FullyConnectedPaired())
