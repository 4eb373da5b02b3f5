"""RESIZE_BILINEAR of float32."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, Value, register
from tinyq.codegen.ops.resize_nearest import options_of, resized_objection
from tinyq.graph import DType
from tinyq.graph.options import ResizeOptions


def scale_of(size: int, outputs: int, options: ResizeOptions) -> float:
    """Steps in the input for one in the output, in single precision."""
    if options.align_corners and outputs > 1:
        size, outputs = size - 1, outputs - 1
    return float(np.float32(size) / np.float32(outputs))


class ResizeBilinearFloat:
    """``tq_resize_bilinear_f32``."""

    kinds = ("RESIZE_BILINEAR",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        options = options_of(node)
        return (
            checks.arity(node, 2)
            or checks.meant_for((node.input(0), DType.FLOAT32))
            or checks.dtypes((node.output, DType.FLOAT32))
            or checks.require(
                not (options.half_pixel_centers and options.align_corners),
                "TensorFlow Lite Micro does not align corners and centers of pixels at once",
            )
            or resized_objection(node)
        )

    def cost(self, node: Node, target: Target) -> float:
        return 60.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        (batches, *sizes, depth), options = node.input(0).shape, options_of(node)
        axes: list[dict[str, Value]] = [
            {"input_size": size, "output_size": outputs, "scale": scale_of(size, outputs, options)}
            for size, outputs in zip(sizes, node.output.shape[1:3], strict=True)
        ]
        params = Params(
            "tq_resize_bilinear_f32_params",
            {
                "batches": batches,
                "rows": axes[0],
                "columns": axes[1],
                "depth": depth,
                "half_pixel_centers": "true" if options.half_pixel_centers else "false",
            },
        )
        return Emission(
            calls=(Call("tq_resize_bilinear_f32", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_resize_bilinear_f32.h",),
            params=params,
        )


register(ResizeBilinearFloat(), "float32")
