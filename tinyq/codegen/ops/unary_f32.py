"""Element-wise functions of float32."""

from __future__ import annotations

from tinyq.codegen import checks, literals
from tinyq.codegen.kernel import Argument, Call, Emission, Input, Node, Output, Target, register
from tinyq.codegen.ops.leaky_relu import slope_of
from tinyq.graph import DType

_FUNCTIONS = {
    "RELU": "tq_relu_f32", "RELU6": "tq_relu6_f32", "LEAKY_RELU": "tq_leaky_relu_f32", "ABS": "tq_abs_f32",
    "NEG": "tq_neg_f32", "SQUARE": "tq_square_f32", "HARD_SWISH": "tq_hard_swish_f32", "ELU": "tq_elu_f32",
    "EXP": "tq_exp_each_f32", "LOG": "tq_log_each_f32", "SQRT": "tq_sqrt_each_f32", "RSQRT": "tq_rsqrt_f32",
    "TANH": "tq_tanh_each_f32", "LOGISTIC": "tq_logistic_each_f32", "CEIL": "tq_ceil_each_f32",
    "FLOOR": "tq_floor_each_f32", "ROUND": "tq_round_each_f32", "SIN": "tq_sin_each_f32", "COS": "tq_cos_each_f32",
}  # fmt: skip


class UnaryFloat:
    """``tq_*_f32``."""

    kinds = tuple(_FUNCTIONS)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.arity(node, 1)
            or checks.meant_for((node.input(0), DType.FLOAT32))
            or checks.dtypes((node.output, DType.FLOAT32))
            or checks.shape(node.output, node.input(0).shape)
        )

    def cost(self, node: Node, target: Target) -> float:
        return 60.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        arguments: tuple[Argument, ...] = (node.output.elements, Input(0), Output())
        if node.op.kind == "LEAKY_RELU":
            arguments = (literals.number(slope_of(node)), *arguments)
        return Emission(calls=(Call(_FUNCTIONS[node.op.kind], arguments),), headers=("tq_unary_f32.h",))


register(UnaryFloat(), "float32")
