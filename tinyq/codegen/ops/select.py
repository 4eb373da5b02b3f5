"""SELECT_V2 of any type, with broadcasting."""

from __future__ import annotations

from tinyq.codegen import checks
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.shapes import MAX_LOOPS, Loop, broadcast_shape, nest, row_major
from tinyq.graph import DType, Tensor

_TYPES = (DType.INT8, DType.INT16, DType.FLOAT32)


class Select:
    """``tq_select_*``."""

    kinds = ("SELECT_V2",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 3)
            or checks.require(node.input(1).dtype in _TYPES, f"it selects {node.input(1).dtype}")
            or checks.dtypes((node.input(0), DType.BOOL))
            or checks.dtypes((node.input(2), node.input(1).dtype), (node.output, node.input(1).dtype))
            or self._shape_objection(node)
        )

    def _shape_objection(self, node: Node) -> str:
        shape: tuple[int, ...] | None = ()
        for tensor in node.inputs:
            shape = broadcast_shape(shape, tensor.shape) if shape is not None else None
        if shape is None:
            return "its operands do not go together"
        if len(shape) > MAX_LOOPS:
            return f"it has more than {MAX_LOOPS} dimensions"
        return checks.shape(node.output, shape)

    def cost(self, node: Node, target: Target) -> float:
        return 12.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        shape = node.output.shape or (1,)
        strides = [_strides(tensor, len(shape)) for tensor in node.inputs]
        loops = [(size, steps) for size, *steps in zip(shape, *strides, strict=True)]
        columns, steps = loops.pop()
        params = Params(
            "tq_select_params",
            {
                "rows": nest([Loop(size, (c, a)) for size, (c, a, _) in loops]),
                "second": nest([Loop(size, (b, 0)) for size, (_, _, b) in loops]),
                "columns": columns,
                "steps": tuple(steps),
            },
        )
        function = f"tq_select_{node.output.dtype.bits}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(0), Input(1), Input(2), Output())),),
            headers=("tq_select.h",),
            params=params,
        )


def _strides(tensor: Tensor, rank: int) -> list[int]:
    shape = (1,) * (rank - len(tensor.shape)) + tensor.shape
    return [0 if size == 1 else stride for size, stride in zip(shape, row_major(shape), strict=True)]


register(Select(), *(t.value for t in _TYPES))
