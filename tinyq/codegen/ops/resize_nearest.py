"""RESIZE_NEAREST_NEIGHBOR of any type."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import round_half_away
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
    Target,
    register,
)
from tinyq.codegen.moves import Mover, element_bytes, moved, type_names
from tinyq.graph import DType
from tinyq.graph.options import ResizeOptions


def options_of(node: Node) -> ResizeOptions:
    """The operator's options."""
    assert isinstance(node.op.options, ResizeOptions)  # noqa: S101 - the reader gives it these
    return node.op.options


def resized_objection(node: Node) -> str:
    """What speaks against the shapes of a RESIZE operator."""
    size = node.input(1).data
    if len(node.input(0).shape) != 4:
        return f"its input has {len(node.input(0).shape)} dimensions"
    if size is None or size.size != 2 or node.input(1).dtype is not DType.INT32:
        return "its size is not constant, or not of two int32"
    batches, *_, depth = node.input(0).shape
    height, width = (int(s) for s in size.reshape(-1))
    return checks.shape(node.output, (batches, height, width, depth))


def sources(size: int, outputs: int, options: ResizeOptions) -> NDArray[np.uint16]:
    """The input index that each output index shows, found in single precision."""
    single = np.float32
    corners = options.align_corners and outputs > 1
    scale = single(size - 1) / single(outputs - 1) if corners else single(size) / single(outputs)
    offset = single(0.5) if options.half_pixel_centers else single(0)
    found = []
    for index in range(outputs):
        place = float((single(index) + offset) * scale)
        found.append(round_half_away(place) if options.align_corners else math.floor(place))
    return np.clip(found, 0, size - 1).astype(np.uint16)


class ResizeNearest(Mover):
    """``tq_resize_nearest``."""

    TYPES = (DType.INT8, DType.INT16, DType.FLOAT32)
    kinds = ("RESIZE_NEAREST_NEIGHBOR",)

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 2)
            or moved(node, node.input(0), (node.output,), self.TYPES)
            or resized_objection(node)
            or checks.require(max(node.input(0).shape) < 2**16, "it has more than 65,535 rows or columns")
        )

    def emit(self, node: Node, target: Target) -> Emission:
        batches, height, width, depth = node.input(0).shape
        _, output_height, output_width, _ = node.output.shape
        options = options_of(node)
        params = Params(
            "tq_resize_nearest_params",
            {
                "batches": batches,
                "input_height": height,
                "input_width": width,
                "output_height": output_height,
                "output_width": output_width,
                "pixel_bytes": depth * element_bytes(node.input(0)),
                "rows": Ref("rows"),
                "columns": Ref("columns"),
            },
        )
        return Emission(
            calls=(Call("tq_resize_nearest", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_resize_nearest.h",),
            params=params,
            constants=(
                Constant("rows", sources(height, output_height, options), "row of the input by row of the output"),
                Constant("columns", sources(width, output_width, options), "column of the input, likewise"),
            ),
        )


register(ResizeNearest(), *type_names(ResizeNearest.TYPES))
