"""PAD and PADV2."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import zero_point_of
from tinyq.codegen.kernel import SUFFIXES, Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.shapes import MAX_LOOPS, Loop, merge, nest, row_major
from tinyq.graph import DType


def paddings_of(node: Node) -> tuple[tuple[int, int], ...]:
    """(before, after) by dimension."""
    data = node.input(1).data
    assert data is not None  # noqa: S101 - checked by objection()
    return tuple((int(before), int(after)) for before, after in data.reshape(-1, 2))


def value_of(node: Node) -> int:
    """What padding holds; without a value, TFLM takes the zero point of int8 and the code 0 of int16."""
    fill = node.optional_input(2)
    if fill is not None and fill.data is not None:
        return int(fill.data.reshape(-1)[0])
    return zero_point_of(node.output) if node.output.dtype is DType.INT8 else 0


class Pad:
    """``tq_pad_*``."""

    kinds = ("PAD", "PADV2")
    variant = "portable"

    def __init__(self, dtype: DType = DType.INT8) -> None:
        self._dtype = dtype

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, range(2, 4))
            or checks.meant_for((node.input(0), self._dtype))
            or checks.dtypes((node.input(1), DType.INT32), (node.output, self._dtype))
            or checks.constant(node.input(1), "paddings")
            or self._shape_objection(node)
            or self._value_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        shape = node.input(0).shape
        if len(shape) > MAX_LOOPS:
            return f"it has more than {MAX_LOOPS} dimensions"
        if node.input(1).elements != 2 * len(shape):
            return f"its paddings of shape {node.input(1).shape} do not go with an input of shape {shape}"
        paddings = paddings_of(node)
        if any(size < 0 for pair in paddings for size in pair):
            return "its paddings are negative"
        return checks.shape(node.output, tuple(d + a + b for d, (a, b) in zip(shape, paddings, strict=True)))

    def _value_objection(self, node: Node) -> str:
        value = node.optional_input(2)
        if value is None:
            return checks.quantized(node.output)
        return (
            checks.dtypes((value, self._dtype))
            or checks.constant(value, "padding values")
            or checks.require(value.elements == 1, "it has several padding values")
            or checks.quantized(value, node.output)
            or checks.same_quantization(value, node.output)
        )

    def cost(self, node: Node, target: Target) -> float:
        return 2.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        source, output, paddings = node.input(0), node.output, paddings_of(node)
        to_strides = row_major(output.shape)
        strides = zip(row_major(source.shape), to_strides, strict=True)
        rows = merge(Loop(size, pair) for size, pair in zip(source.shape, strides, strict=True))
        # the innermost loop is a row if it runs over neighbours in both tensors
        contiguous = bool(rows) and rows[-1].strides == (1, 1)
        params = Params(
            "tq_pad_params",
            {
                "rows": nest(rows[:-1] if contiguous else rows),
                "row_size": rows[-1].size if contiguous else 1,
                "output_size": output.elements,
                "output_offset": sum(before * s for (before, _), s in zip(paddings, to_strides, strict=True)),
                "value": self._value(node),
            },
        )
        function = f"tq_pad_{SUFFIXES.get(self._dtype, '32')}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Output())),), headers=(f"{function}.h",), params=params
        )

    def _value(self, node: Node) -> int:
        return value_of(node)


register(Pad(), "int8")
