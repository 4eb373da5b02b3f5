"""ADD with broadcasting."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    activation_objection,
    activation_range,
    quantize_multiplier,
    scale_of,
    zero_point_of,
)
from tinyq.codegen.kernel import (
    SUFFIXES,
    Call,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Target,
    Value,
    register,
)
from tinyq.codegen.raster import elementwise_leads
from tinyq.codegen.shapes import MAX_LOOPS, broadcast, broadcast_shape, nest
from tinyq.graph import DType, Tensor
from tinyq.graph.options import AddOptions

HEADROOM_BITS = {DType.INT8: 20, DType.INT16: 15}  # by which operands are shifted left before they are scaled


def elementwise_objection(node: Node, dtype: DType) -> str:
    """What speaks against an operator of a type on two operands that are broadcast."""
    return (
        checks.arity(node, 2)
        or checks.meant_for((node.input(0), dtype))
        or checks.dtypes((node.input(1), dtype), (node.output, dtype))
        or checks.quantized(node.input(0), node.input(1), node.output)
        or shape_objection(node)
    )


def shape_objection(node: Node) -> str:
    """What speaks against the shapes."""
    a, b = node.input(0).shape, node.input(1).shape
    shape = broadcast_shape(a, b)
    if shape is None:
        return f"its operands of shapes {a} and {b} do not go together"
    if len(shape) > MAX_LOOPS:
        return f"it has more than {MAX_LOOPS} dimensions"
    return checks.shape(node.output, shape)


def row_members(node: Node) -> dict[str, Value]:
    """Members that say how the operands are read."""
    plan = broadcast(node.output.shape, (node.input(0).shape, node.input(1).shape))
    return {"rows": nest(plan.rows), "columns": plan.columns, "steps": plan.steps}


def operand_factors(node: Node) -> tuple[float, float, float]:
    """Factors of both operands and of the sum: operands are brought to twice the larger scale."""
    scales = scale_of(node.input(0)), scale_of(node.input(1))
    twice, headroom = 2 * max(scales), HEADROOM_BITS[node.output.dtype]
    return scales[0] / twice, scales[1] / twice, twice / ((1 << headroom) * scale_of(node.output))


class Add:
    """``tq_add_*``; an option for scales that are powers of two is ignored, as TFLM does."""

    kinds = ("ADD",)
    variant = "portable"

    def __init__(self, dtype: DType = DType.INT8) -> None:
        self._dtype = dtype

    def objection(self, node: Node, target: Target) -> str:
        return (
            elementwise_objection(node, self._dtype)
            or activation_objection(self._options(node).activation, node.output)
            or checks.require(operand_factors(node)[2] < 1, "its output's scale is too small for its operands'")
        )

    def cost(self, node: Node, target: Target) -> float:
        return 45.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        first, second, total = operand_factors(node)
        low, high = activation_range(self._options(node).activation, node.output)
        multiplier, shift = quantize_multiplier(total)
        params = Params(
            "tq_add_params",
            {
                **row_members(node),
                "operands": (self._operand(node.input(0), first), self._operand(node.input(1), second)),
                "multiplier": multiplier,
                "shift": shift,
                "output_zero_point": zero_point_of(node.output),
                "output_min": low,
                "output_max": high,
            },
        )
        function = f"tq_add_{SUFFIXES[self._dtype]}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Input(1), Output())),),
            headers=(f"{function}.h",),
            params=params,
            leads=elementwise_leads(node),
        )

    def _operand(self, tensor: Tensor, factor: float) -> dict[str, Value]:
        multiplier, shift = quantize_multiplier(factor)
        return {"zero_point": zero_point_of(tensor), "multiplier": multiplier, "shift": shift}

    def _options(self, node: Node) -> AddOptions:
        assert isinstance(node.op.options, AddOptions)  # noqa: S101 - the reader gives it these
        return node.op.options


register(Add(), "int8")
