"""MAX_POOL_2D and AVERAGE_POOL_2D of int8 for the M-profile vector extension: 16 channels at a time."""

from __future__ import annotations

from dataclasses import replace

from tinyq.codegen import weights_mve
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.ops.pool import Pool, options_of


class PoolMve:
    """``tq_max_pool_s8_mve`` and ``tq_average_pool_s8_mve``."""

    kinds = Pool.kinds
    variant = "MVE"

    def objection(self, node: Node, target: Target) -> str:
        return weights_mve.core_objection(target) or Pool().objection(node, target)

    def cost(self, node: Node, target: Target) -> float:
        o, (batches, height, width, channels) = options_of(node), node.output.shape
        vectors = batches * height * width * -(-channels // 16)
        # for each pixel 16 cycles to add 16 channels; then 20 for a division and what is around it
        return vectors * (40.0 + 18 * o.filter_h * o.filter_w) + 20 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        portable = Pool().emit(node, target)
        return replace(
            portable,
            calls=tuple(replace(call, function=f"{call.function}_mve") for call in portable.calls),
            headers=("tq_pool_s8_mve.h",),
        )


register(PoolMve())
