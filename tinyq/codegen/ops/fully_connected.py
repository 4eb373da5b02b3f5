"""FULLY_CONNECTED, any shape."""

from __future__ import annotations

from tinyq.codegen import checks, weights
from tinyq.codegen.arithmetic import scale_of
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.raster import matrix_lead
from tinyq.codegen.weights import Family
from tinyq.codegen.weights_s8 import INT8
from tinyq.graph import DType, macs
from tinyq.graph.options import FullyConnectedOptions

_BIAS_TOLERANCE = 0.02  # of TFLM, in output steps


def options_of(node: Node) -> FullyConnectedOptions:
    """The operator's options."""
    assert isinstance(node.op.options, FullyConnectedOptions)  # noqa: S101 - the reader gives it these
    return node.op.options


def objection(family: Family, node: Node) -> str:
    """What speaks against a FULLY_CONNECTED, whatever the kernel."""
    return (
        checks.arity(node, range(2, 4))
        or checks.rank(node.input(1), 2)
        or shape_objection(node)
        or weights.objection(family, node, options_of(node).activation, node.input(1).shape[0])
        or _granularity_objection(node)
        or _bias_scale_objection(node)
    )


def shape_objection(node: Node) -> str:
    """What speaks against the shapes, whatever the types."""
    channels, depth = node.input(1).shape
    source, output = node.input(0), node.output
    if min(channels, depth) < 1:
        return "its weights are empty"
    if not output.shape or output.shape[-1] != channels or output.elements // channels * depth != source.elements:
        return f"its shapes {source.shape} and {output.shape} do not go with weights of shape {node.input(1).shape}"
    return ""


def _granularity_objection(node: Node) -> str:
    filters = node.input(1)
    per_channel = filters.quantization is not None and filters.quantization.is_per_channel
    refused = per_channel and filters.dtype is DType.INT4
    return "TFLM takes int4 weights of this operator with one scale for all channels only" if refused else ""


def _bias_scale_objection(node: Node) -> str:
    """TFLM refuses a bias whose scale is not that of the products; per channel it does not look."""
    bias, filters = node.optional_input(2), node.input(1)
    if bias is None or filters.quantization is None or filters.quantization.is_per_channel:
        return ""
    if bias.quantization is not None and bias.quantization.is_per_channel:
        return "its bias has several scales but its weights have one"
    difference = abs(scale_of(node.input(0)) * scale_of(filters) - scale_of(bias))
    if difference / scale_of(node.output) <= _BIAS_TOLERANCE:
        return ""
    return "the scale of its bias is not that of input times weights"


class FullyConnected:
    """``tq_matmul_*``."""

    kinds = ("FULLY_CONNECTED",)
    variant = "portable"

    def __init__(self, family: Family = INT8) -> None:
        self._family = family

    def objection(self, node: Node, target: Target) -> str:
        return objection(self._family, node)

    def cost(self, node: Node, target: Target) -> float:
        return 5.25 * macs(node.graph, node.op) + 78 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        filters, output = node.input(1), node.output
        assert filters.data is not None and filters.quantization is not None  # noqa: S101 - checked by objection()
        zero_point = 0 if filters.quantization.is_per_channel else filters.quantization.scalar[1]
        activation = options_of(node).activation
        members, constants = weights.linear(self._family, node, activation, filters.data, zero_point)
        function = f"tq_matmul_{self._family.suffix}"
        params = Params(
            f"{function}_params",
            {
                "rows": output.elements // filters.shape[0],
                "columns": filters.shape[0],
                "weights_zero_point": zero_point,
                "linear": members,
            },
        )
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output())),),
            headers=(f"{function}.h",),
            params=params,
            constants=constants,
            leads={0: matrix_lead(node)},
        )


register(FullyConnected(), "int8")
