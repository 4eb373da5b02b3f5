"""RESIZE_BILINEAR of int8."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, Value, register
from tinyq.codegen.ops.resize_nearest import options_of, resized_objection
from tinyq.graph import DType
from tinyq.graph.options import ResizeOptions

_ONE = 1 << 10  # a pixel


def step_and_start(size: int, outputs: int, options: ResizeOptions) -> tuple[int, int]:
    """Of the positions in the input, in steps of 1/1024."""
    if options.align_corners and outputs > 1:
        size, outputs = size - 1, outputs - 1
    step = (_ONE * size + outputs // 2) // outputs
    return step, (step // 2 - _ONE // 2 if options.half_pixel_centers else 0)


class ResizeBilinear:
    """``tq_resize_bilinear_s8``."""

    kinds = ("RESIZE_BILINEAR",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        options = options_of(node)
        return (
            checks.arity(node, 2)
            or checks.meant_for((node.input(0), DType.INT8))
            or checks.dtypes((node.output, DType.INT8))
            or checks.require(
                not (options.half_pixel_centers and options.align_corners),
                "TensorFlow Lite Micro does not align corners and centers of pixels at once",
            )
            or resized_objection(node)
            or self._position_objection(node)
        )

    def _position_objection(self, node: Node) -> str:
        """Rounded steps add up; TFLM would read beyond the input."""
        for size, outputs in self._axes(node):
            step, start = step_and_start(size, outputs, options_of(node))
            if ((outputs - 1) * step + start) // _ONE >= size:
                return f"TensorFlow Lite Micro would read beyond its input when it makes {outputs} of {size} pixels"
        return ""

    def _axes(self, node: Node) -> tuple[tuple[int, int], tuple[int, int]]:
        _, height, width, _ = node.input(0).shape
        return (height, node.output.shape[1]), (width, node.output.shape[2])

    def cost(self, node: Node, target: Target) -> float:
        return 30.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        axes: list[dict[str, Value]] = []
        for size, outputs in self._axes(node):
            step, start = step_and_start(size, outputs, options_of(node))
            axes.append({"input_size": size, "output_size": outputs, "step": step, "start": start})
        params = Params(
            "tq_resize_bilinear_s8_params",
            {
                "batches": node.input(0).shape[0],
                "rows": axes[0],
                "columns": axes[1],
                "depth": node.input(0).shape[3],
            },
        )
        return Emission(
            calls=(Call("tq_resize_bilinear_s8", (ParamsAddress(), Input(0), Output())),),
            headers=("tq_resize_bilinear_s8.h",),
            params=params,
        )


register(ResizeBilinear(), "int8")
