"""TRANSPOSE_CONV of int8, and of int16 with int8 weights."""

from __future__ import annotations

import dataclasses

from tinyq.codegen import checks, weights
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, Value, register
from tinyq.codegen.shapes import window
from tinyq.codegen.weights import Family
from tinyq.codegen.weights_s8 import INT8
from tinyq.codegen.weights_s16 import INT16
from tinyq.graph import DType, macs
from tinyq.graph.options import TransposeConvOptions


def options_of(node: Node) -> TransposeConvOptions:
    """The operator's options."""
    assert isinstance(node.op.options, TransposeConvOptions)  # noqa: S101 - the reader gives it these
    return node.op.options


def as_conv(node: Node) -> Node:
    """The same node with its inputs in the order of a CONV_2D: data, weights, bias."""
    op = node.op
    exchanged = dataclasses.replace(op, inputs=(op.input(2), op.input(1), op.input(3)))
    ops = (*node.graph.ops[: node.index], exchanged, *node.graph.ops[node.index + 1 :])
    return Node(dataclasses.replace(node.graph, ops=ops), node.index)


def shape_members(node: Node) -> dict[str, Value]:
    """Members of a ``tq_transpose_conv_shape``; padding is that of the convolution from the output to the input."""
    options, source, filters = options_of(node), node.input(2).shape, node.input(1).shape
    _, height, width, channels = node.output.shape
    return {
        "batches": source[0],
        "input_height": source[1],
        "input_width": source[2],
        "input_channels": source[3],
        "output_height": height,
        "output_width": width,
        "output_channels": channels,
        "filter_height": filters[1],
        "filter_width": filters[2],
        "stride_height": options.stride_h,
        "stride_width": options.stride_w,
        "padding_top": window(options.padding, height, filters[1], options.stride_h).padding,
        "padding_left": window(options.padding, width, filters[2], options.stride_w).padding,
    }


def shape_objection(node: Node) -> str:
    """What speaks against the shapes, whatever the types."""
    options, source, filters = options_of(node), node.input(2), node.input(1)
    wrong = checks.rank(source, 4) or checks.rank(filters, 4) or checks.rank(node.output, 4)
    if wrong:
        return wrong
    if min(options.stride_h, options.stride_w, *filters.shape) < 1:
        return "its strides and weights' sizes must be positive"
    if filters.shape[3] != source.shape[3]:
        return f"its weights of shape {filters.shape} do not go with an input of shape {source.shape}"
    size = node.input(0).data
    if size is not None and tuple(int(d) for d in size.reshape(-1)) != node.output.shape:
        return f"its output has the shape {node.output.shape} instead of the one that is asked for"
    return checks.require(
        node.output.shape[0] == source.shape[0] and node.output.shape[3] == filters.shape[0],
        f"its output of shape {node.output.shape} does not go with its input and weights",
    )


class TransposeConv:
    """``tq_transpose_conv_*``: gathers for each output what meets it, so that no sums need to be kept."""

    kinds = ("TRANSPOSE_CONV",)
    variant = "portable"

    def __init__(self, family: Family) -> None:
        self._family = family

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, range(3, 5))
            or shape_objection(node)
            or self._bias_objection(node)
            or weights.objection(self._family, as_conv(node), options_of(node).activation, node.input(1).shape[0])
            or self._zero_point_objection(node)
        )

    def _bias_objection(self, node: Node) -> str:
        bias = node.optional_input(3)
        wanted = DType.INT32 if self._family.activations is DType.INT8 else DType.INT64
        same = node.input(2).dtype is self._family.activations
        return checks.dtypes((bias, wanted)) if same and bias is not None else ""

    def _zero_point_objection(self, node: Node) -> str:
        quantization = node.input(1).quantization
        symmetric = quantization is not None and not quantization.zero_point.any()
        return checks.require(symmetric, "its weights have zero points")

    def cost(self, node: Node, target: Target) -> float:
        return 6.0 * macs(node.graph, node.op) + 30.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        family, conv = self._family, as_conv(node)
        filters = node.input(1)
        assert filters.data is not None  # noqa: S101 - checked by objection()
        members, constants = weights.channels(
            family,
            conv,
            options_of(node).activation,
            filters.data.reshape(filters.shape[0], -1),
            "[output channel][filter row][filter column][input channel]",
            weights.bias_of(conv, filters.shape[0]),
        )
        function = f"tq_transpose_conv_{family.suffix}"
        params = Params(
            f"{function}_params", {"shape": shape_members(node), **family.input_members(conv), **members}
        )  # fmt: skip
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(2), Output())),),
            headers=(f"{function}.h",),
            params=params,
            constants=constants,
        )


register(TransposeConv(INT8), "int8")
register(TransposeConv(INT16), "int16")
