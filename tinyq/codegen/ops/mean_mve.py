"""MEAN of int8 over all pixels for the M-profile vector extension: 16 channels at a time."""

from __future__ import annotations

from dataclasses import replace

from tinyq.codegen import weights_mve
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.ops.mean import Mean, axes_of


class MeanMve:
    """``tq_mean_s8_mve``: of NHWC images, or of any tensor over all dimensions but the first and the last one."""

    kinds = ("MEAN",)
    variant = "MVE"

    def objection(self, node: Node, target: Target) -> str:
        return weights_mve.core_objection(target) or Mean().objection(node, target) or self._axes_objection(node)

    def _axes_objection(self, node: Node) -> str:
        rank = len(node.input(0).shape)
        return "" if rank > 1 and set(axes_of(node)) == set(range(1, rank - 1)) else "its axes are not all pixels"

    def cost(self, node: Node, target: Target) -> float:
        channels = node.input(0).shape[-1]
        # 18 cycles for a pixel and 16 channels
        return 18.0 * node.input(0).elements / channels * -(-channels // 16) + 30 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        portable = Mean().emit(node, target)
        assert portable.params is not None  # noqa: S101 - it has some
        batches, *_, channels = node.input(0).shape
        return replace(
            portable,
            calls=(Call("tq_mean_s8_mve", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_mean_s8_mve.h",),
            params=Params(
                "tq_mean_s8_mve_params",
                {
                    "batches": batches,
                    "pixels": node.input(0).elements // (batches * channels),
                    "channels": channels,
                    "mean": portable.params.members,
                },
            ),
        )


register(MeanMve())
