"""MAX_POOL_2D and AVERAGE_POOL_2D."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import activation_objection, activation_range, scale_of, zero_point_of
from tinyq.codegen.kernel import SUFFIXES, Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.raster import window_lead
from tinyq.codegen.shapes import Window, window
from tinyq.graph import DType
from tinyq.graph.options import PoolOptions

_FUNCTIONS = {"MAX_POOL_2D": "tq_max_pool", "AVERAGE_POOL_2D": "tq_average_pool"}
_SCALE_TOLERANCE = 1e-6  # of TFLM


def options_of(node: Node) -> PoolOptions:
    """The operator's options."""
    assert isinstance(node.op.options, PoolOptions)  # noqa: S101 - the reader gives it these
    return node.op.options


def windows(node: Node) -> tuple[Window, Window]:
    """Height and width."""
    o = options_of(node)
    _, height, width, _ = node.input(0).shape
    return window(o.padding, height, o.filter_h, o.stride_h), window(o.padding, width, o.filter_w, o.stride_w)


def shape_objection(node: Node) -> str:
    """What speaks against the shapes, whatever the types."""
    o = options_of(node)
    if min(o.stride_h, o.stride_w, o.filter_h, o.filter_w) < 1:
        return "its strides and filter sizes must be positive"
    batches, *_, channels = node.input(0).shape
    height, width = windows(node)
    return checks.shape(node.output, (batches, height.outputs, width.outputs, channels))


class Pool:
    """``tq_max_pool_*`` and ``tq_average_pool_*``."""

    kinds = tuple(_FUNCTIONS)
    variant = "portable"

    def __init__(self, dtype: DType = DType.INT8) -> None:
        self._dtype = dtype

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.meant_for((node.input(0), self._dtype))
            or checks.dtypes((node.output, self._dtype))
            or checks.rank(node.input(0), 4)
            or shape_objection(node)
            or self._quantization_objection(node)
            or activation_objection(options_of(node).activation, node.output)
        )

    def _quantization_objection(self, node: Node) -> str:
        source, output = node.input(0), node.output
        for tensor in (source, output):
            if tensor.quantization is not None and tensor.quantization.is_per_channel:
                return f"tensor {tensor.name!r} is quantized per channel"
        close = abs(scale_of(source) - scale_of(output)) <= _SCALE_TOLERANCE
        if close and zero_point_of(source) == zero_point_of(output):
            return ""
        return "its input and output differ in scale or zero point"

    def cost(self, node: Node, target: Target) -> float:
        o = options_of(node)
        return node.output.elements * (40.0 + 6 * o.filter_h * o.filter_w)

    def emit(self, node: Node, target: Target) -> Emission:
        o, (height, width), suffix = options_of(node), windows(node), SUFFIXES[self._dtype]
        source, output = node.input(0), node.output
        low, high = activation_range(o.activation, output)
        params = Params(
            "tq_pool_params",
            {
                "batches": source.shape[0],
                "input_height": source.shape[1],
                "input_width": source.shape[2],
                "channels": source.shape[3],
                "output_height": output.shape[1],
                "output_width": output.shape[2],
                "filter_height": o.filter_h,
                "filter_width": o.filter_w,
                "stride_height": o.stride_h,
                "stride_width": o.stride_w,
                "padding_top": height.padding,
                "padding_left": width.padding,
                "output_min": low,
                "output_max": high,
            },
        )
        return Emission(
            calls=(Call(f"{_FUNCTIONS[node.op.kind]}_{suffix}", (ParamsAddress(), Input(0), Output())),),
            headers=(f"tq_pool_{suffix}.h",),
            params=params,
            leads={0: window_lead(node, (height, width), (o.stride_h, o.stride_w), by_channel=True)},
        )


register(Pool(), "int8")
