"""MIRROR_PAD of any type."""

from __future__ import annotations

import math

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.moves import Mover, element_bytes, moved, type_names
from tinyq.codegen.ops.pad import paddings_of
from tinyq.codegen.shapes import MAX_LOOPS
from tinyq.graph import DType
from tinyq.graph.options import MirrorPadOptions


def edge_of(node: Node) -> int:
    """1 if the element at the edge is not repeated, else 0."""
    assert isinstance(node.op.options, MirrorPadOptions)  # noqa: S101 - the reader gives it these
    return 1 if node.op.options.mode == 0 else 0


class MirrorPad(Mover):
    """``tq_mirror_pad``."""

    TYPES = (DType.INT8, DType.FLOAT32)
    kinds = ("MIRROR_PAD",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.constant(node.input(1), "paddings")
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        shape = node.input(0).shape
        if not 1 <= len(shape) <= MAX_LOOPS:
            return f"it has {len(shape)} dimensions"
        if node.input(1).shape != (len(shape), 2):
            return f"its paddings of shape {node.input(1).shape} do not go with an input of shape {shape}"
        paddings, edge = paddings_of(node), edge_of(node)
        if any(not 0 <= p <= size - edge for pair, size in zip(paddings, shape, strict=True) for p in pair):
            return "its paddings are negative, or larger than what they mirror"
        return checks.shape(node.output, tuple(d + a + b for d, (a, b) in zip(shape, paddings, strict=True)))

    def emit(self, node: Node, target: Target) -> Emission:
        source, output, paddings = node.input(0), node.output, paddings_of(node)
        # inner dimensions without padding are moved in one piece
        rank = max((i + 1 for i, pair in enumerate(paddings) if any(pair)), default=0)
        if rank == 0:
            return Emission(alias=0)
        params = Params(
            "tq_mirror_pad_params",
            {
                "dimensions": rank,
                "input_sizes": source.shape[:rank],
                "output_sizes": output.shape[:rank],
                "before": tuple(before for before, _ in paddings[:rank]),
                "edge": edge_of(node),
                "element_bytes": math.prod(source.shape[rank:]) * element_bytes(source),
            },
        )
        return Emission(
            calls=(Call("tq_mirror_pad", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_mirror_pad.h",),
            params=params,
        )


register(MirrorPad(), *type_names(MirrorPad.TYPES))
