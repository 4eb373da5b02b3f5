"""BATCH_MATMUL of int8 and int16."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    multiplier_objection,
    quantize_multiplier,
    reduced_multiplier,
    scale_of,
    zero_point_of,
)
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, Value, register
from tinyq.codegen.pairs import SUFFIXES
from tinyq.codegen.shapes import Loop, broadcast_shape, merge, nest, row_major
from tinyq.graph import DType, macs
from tinyq.graph.options import BatchMatMulOptions

_TYPES = (DType.INT8, DType.INT16)
_MAX_DIMENSIONS = 5  # of TFLM
_MAX_SHIFT_S16 = 7  # of the scaling of 64-bit sums
_MAX_DEPTH = {DType.INT8: (2**31 - 1) // 255**2, DType.INT16: 2**16}


def options_of(node: Node) -> BatchMatMulOptions:
    """The operator's options."""
    assert isinstance(node.op.options, BatchMatMulOptions)  # noqa: S101 - the reader gives it these
    return node.op.options


def factor_of(node: Node) -> float:
    """What sums of products of codes are multiplied with."""
    return scale_of(node.input(0)) * scale_of(node.input(1)) / scale_of(node.output)


def sizes_of(node: Node) -> tuple[int, int, int]:
    """Rows and columns of the product, and how many products each sum has."""
    options, a, b = options_of(node), node.input(0).shape, node.input(1).shape
    rows, depth = (a[-1], a[-2]) if options.adj_x else (a[-2], a[-1])
    return rows, b[-2] if options.adj_y else b[-1], depth


def shape_objection(node: Node) -> str:
    """What speaks against the shapes, whatever the types."""
    a, b, options = node.input(0).shape, node.input(1).shape, options_of(node)
    if not 2 <= min(len(a), len(b)) <= max(len(a), len(b)) <= _MAX_DIMENSIONS:
        return f"its operands have the shapes {a} and {b}"
    rows, columns, depth = sizes_of(node)
    batches = broadcast_shape(a[:-2], b[:-2])
    if batches is None or depth != (b[-1] if options.adj_y else b[-2]):
        return f"its operands of shapes {a} and {b} do not go together"
    return checks.shape(node.output, (*batches, rows, columns))


def shape_members(node: Node) -> dict[str, Value]:
    """Members that say how the operands are read."""
    options, shapes = options_of(node), (node.input(0).shape, node.input(1).shape)
    rows, columns, depth = sizes_of(node)
    batches = node.output.shape[:-2]
    strides = []
    for shape in shapes:
        padded = (1,) * (len(batches) + 2 - len(shape)) + shape
        strides.append([0 if n == 1 else s for n, s in zip(padded[:-2], row_major(padded), strict=False)])
    outer_inner = [(shapes[0][-1], 1), (1, shapes[1][-1])]
    for i, transposed in enumerate((options.adj_x, options.adj_y)):
        outer_inner[i] = outer_inner[i][::-1] if transposed else outer_inner[i]
    return {
        "batches": nest(merge(Loop(n, (x, y)) for n, x, y in zip(batches, *strides, strict=True))),
        "rows": rows,
        "columns": columns,
        "depth": depth,
        "strides": tuple({"outer": outer, "inner": inner} for outer, inner in outer_inner),
    }


class BatchMatMul:
    """``tq_batch_matmul_*``."""

    kinds = ("BATCH_MATMUL",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        dtype = node.input(0).dtype
        return (
            checks.arity(node, 2)
            or checks.require(dtype in _TYPES, f"TensorFlow Lite Micro has no {node.op.kind} of {dtype}")
            or checks.dtypes((node.input(1), dtype), (node.output, dtype))
            or checks.quantized(node.input(0), node.input(1), node.output)
            or checks.int16_symmetric(node.input(0), node.input(1), node.output)
            or shape_objection(node)
            or multiplier_objection(factor_of(node))
            or checks.require(sizes_of(node)[2] <= _MAX_DEPTH[dtype], "its sums can get too large")
            or checks.require(
                dtype is DType.INT8 or quantize_multiplier(factor_of(node))[1] <= _MAX_SHIFT_S16,
                f"the scales of its tensors differ by more than 2^{_MAX_SHIFT_S16}",
            )
        )

    def cost(self, node: Node, target: Target) -> float:
        return 7.0 * macs(node.graph, node.op) + 25.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        multiplier, shift = quantize_multiplier(factor_of(node))
        if node.output.dtype is DType.INT16:
            multiplier = reduced_multiplier(multiplier)
        params = Params(
            "tq_batch_matmul_params",
            {
                **shape_members(node),
                "zero_points": (zero_point_of(node.input(0)), zero_point_of(node.input(1))),
                "multiplier": multiplier,
                "shift": shift,
                "output_zero_point": zero_point_of(node.output),
            },
        )
        function = f"tq_batch_matmul_{SUFFIXES[node.output.dtype]}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Input(1), Output())),),
            headers=("tq_batch_matmul.h",),
            params=params,
        )


register(BatchMatMul(), "int8", "int16")
