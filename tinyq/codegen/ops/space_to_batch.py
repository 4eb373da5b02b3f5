"""SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND of any type."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.moves import Mover, element_bytes, moved, type_names
from tinyq.graph import DType

_FUNCTIONS = {"SPACE_TO_BATCH_ND": "tq_space_to_batch", "BATCH_TO_SPACE_ND": "tq_batch_to_space"}


def _numbers(node: Node, position: int) -> list[int]:
    data = node.input(position).data
    assert data is not None  # noqa: S101 - checked by objection()
    return [int(x) for x in data.reshape(-1)]


def _four(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape of three dimensions with a width of 1."""
    return shape if len(shape) == 4 else (shape[0], shape[1], 1, shape[2])


class SpaceToBatch(Mover):
    """``tq_space_to_batch`` and ``tq_batch_to_space``."""

    TYPES = (DType.INT8, DType.FLOAT32)
    kinds = tuple(_FUNCTIONS)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 3)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or checks.dtypes((node.input(1), DType.INT32), (node.input(2), DType.INT32))
            or checks.constant(node.input(1), "blocks")
            or checks.constant(node.input(2), "paddings")
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        shape = node.input(0).shape
        if len(shape) not in (3, 4):
            return f"it has {len(shape)} dimensions instead of 3 or 4"
        blocks, paddings = _numbers(node, 1), _numbers(node, 2)
        spatial = len(shape) - 2
        if len(blocks) != spatial or len(paddings) != 2 * spatial or min(blocks) < 1 or min(paddings) < 0:
            return f"its blocks and paddings do not go with an input of shape {shape}"
        batches, sizes = shape[0], []
        for i, (size, block) in enumerate(zip(shape[1:-1], blocks, strict=True)):
            padding = paddings[2 * i] + paddings[2 * i + 1]
            if node.op.kind == "BATCH_TO_SPACE_ND":
                sizes.append(size * block - padding)
                if batches % block:
                    return "its batches do not make up blocks"
                batches //= block
            else:
                if (size + padding) % block:
                    return f"its input of shape {shape} has no whole number of blocks"
                sizes.append((size + padding) // block)
                batches *= block
        return checks.shape(node.output, (batches, *sizes, shape[-1]))

    def emit(self, node: Node, target: Target) -> Emission:
        to_batch = node.op.kind == "SPACE_TO_BATCH_ND"
        space, batch = (node.input(0), node.output) if to_batch else (node.output, node.input(0))
        batches, height, width, depth = _four(space.shape)
        _, rows, columns, _ = _four(batch.shape)
        blocks, paddings = [*_numbers(node, 1), 1], [*_numbers(node, 2), 0, 0]
        params = Params(
            "tq_space_to_batch_params",
            {
                "batches": batches,
                "height": height,
                "width": width,
                "block_height": blocks[0],
                "block_width": blocks[1],
                "rows": rows,
                "columns": columns,
                "padding_top": paddings[0],
                "padding_left": paddings[2],
                "pixel_bytes": depth * element_bytes(space),
                "fill": zero_point_of(node.output),
            },
        )
        return Emission(
            calls=(Call(_FUNCTIONS[node.op.kind], (ParamsAddress(), Input(0), Output())),),
            headers=("tq_space_to_batch.h",),
            params=params,
        )


register(SpaceToBatch(), *type_names(SpaceToBatch.TYPES))
