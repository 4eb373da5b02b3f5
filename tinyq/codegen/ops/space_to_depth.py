"""SPACE_TO_DEPTH and DEPTH_TO_SPACE of any type."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Emission, Node, Target, register
from tinyq.codegen.moves import Mover, move, moved, permutation, type_names
from tinyq.graph import DType
from tinyq.graph.options import SpaceToDepthOptions


def block_of(node: Node) -> int:
    """Height and width of a block."""
    assert isinstance(node.op.options, SpaceToDepthOptions)  # noqa: S101 - the reader gives it these
    return node.op.options.block_size


class SpaceToDepth(Mover):
    """``tq_move_rows``: a transposition of blocks."""

    TYPES = (DType.INT8, DType.FLOAT32)
    kinds = ("SPACE_TO_DEPTH", "DEPTH_TO_SPACE")

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.rank(node.input(0), 4)
            or checks.require(block_of(node) > 0, f"its blocks have the size {block_of(node)}")
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        (batches, height, width, depth), block = node.input(0).shape, block_of(node)
        if node.op.kind == "SPACE_TO_DEPTH":
            if height % block or width % block:
                return f"its input of shape {node.input(0).shape} has no whole number of blocks"
            return checks.shape(node.output, (batches, height // block, width // block, depth * block * block))
        if depth % (block * block):
            return f"its input of shape {node.input(0).shape} has no whole number of blocks"
        return checks.shape(node.output, (batches, height * block, width * block, depth // (block * block)))

    def emit(self, node: Node, target: Target) -> Emission:
        space = node.input(0) if node.op.kind == "SPACE_TO_DEPTH" else node.output
        (batches, height, width, depth), block = space.shape, block_of(node)
        rows, columns = height // block, width // block
        if node.op.kind == "SPACE_TO_DEPTH":
            shape = (batches, rows, block, columns, block, depth)
        else:
            shape = (batches, rows, columns, block, block, depth)
        return move(node, permutation(shape, (0, 1, 3, 2, 4, 5)))


register(SpaceToDepth(), *type_names(SpaceToDepth.TYPES))
