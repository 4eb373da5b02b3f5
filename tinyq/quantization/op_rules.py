"""What quantization each operator asks of its tensors, as TFLM and the LiteRT quantization specification define it."""

from __future__ import annotations

from dataclasses import dataclass

from tinyq.graph import DType, Op


@dataclass(frozen=True)
class OpRule:
    """Constraints of one operator.

    Attributes:
        weights: Position of the weights among the inputs, or None.
        weights_axis: Dimension of the weights that output channels lie along.
        bias: Position of the bias, or None; it is int32 with scale input x weights.
        data: Position of the activations that the weights meet.
        same_scale: Inputs and outputs share one scale and zero point, as the kernel moves codes without requantizing.
        fixed_output: Scale and zero point that the int8 kernel demands of its output.
        fixed_output_int16: The same of the int16 kernel.
        least_scale: Inputs and outputs of smaller scales are none that the int8 kernel can take.
    """

    weights: int | None = None
    weights_axis: int = 0
    bias: int | None = None
    data: int = 0
    same_scale: bool = False
    fixed_output: tuple[float, int] | None = None
    fixed_output_int16: tuple[float, int] | None = None
    least_scale: float = 0.0

    def fixed_for(self, dtype: DType) -> tuple[float, int] | None:
        """Scale and zero point that the kernel for a type demands of its output, or None."""
        return {DType.INT8: self.fixed_output, DType.INT16: self.fixed_output_int16}.get(dtype)


_Q15 = (1.0 / 32768.0, 0)
_FREE = OpRule()
_SAME = OpRule(same_scale=True)

RULES: dict[str, OpRule] = {
    "CONV_2D": OpRule(weights=1, weights_axis=0, bias=2),
    "DEPTHWISE_CONV_2D": OpRule(weights=1, weights_axis=3, bias=2),
    "FULLY_CONNECTED": OpRule(weights=1, weights_axis=0, bias=2),
    "TRANSPOSE_CONV": OpRule(weights=1, weights_axis=0, bias=3, data=2),
    "SOFTMAX": OpRule(fixed_output=(1.0 / 256.0, -128), fixed_output_int16=_Q15, least_scale=2.0**-24),
    "LOGISTIC": OpRule(fixed_output=(1.0 / 256.0, -128), fixed_output_int16=_Q15),
    "TANH": OpRule(fixed_output=(1.0 / 128.0, 0), fixed_output_int16=_Q15),
    "L2_NORMALIZATION": OpRule(fixed_output=(1.0 / 128.0, 0)),
    "LOG_SOFTMAX": OpRule(fixed_output=(16.0 / 256.0, 127)),
    "HARD_SWISH": OpRule(least_scale=2.0**-20),
    "SVDF": _FREE,  # their matrices and states are told by recurrent.py
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _FREE,
    "QUANTIZE": _FREE,
    "DEQUANTIZE": _FREE,
    **dict.fromkeys(
        (
            "ADD", "SUB", "MUL", "MEAN", "RELU", "RELU6", "LEAKY_RELU", "SUM", "ELU", "ABS", "PRELU",
            "SQUARED_DIFFERENCE", "BATCH_MATMUL", "ARG_MAX", "ARG_MIN", "DIV", "CUMSUM",
        ),
        _FREE,
    ),
    **dict.fromkeys(
        (
            "RESHAPE", "MAX_POOL_2D", "AVERAGE_POOL_2D", "PAD", "PADV2", "MIRROR_PAD", "CONCATENATION", "TRANSPOSE",
            "STRIDED_SLICE", "SLICE", "SPLIT", "SPLIT_V", "PACK", "UNPACK", "GATHER", "EXPAND_DIMS", "SQUEEZE",
            "MAXIMUM", "MINIMUM", "REDUCE_MAX", "REDUCE_MIN", "SELECT_V2", "SPACE_TO_DEPTH", "DEPTH_TO_SPACE",
            "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR", "BROADCAST_TO",
            "REVERSE_V2",
            "EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "REVERSE_V2", "GATHER_ND",
        ),
        _SAME,
    ),
}  # fmt: skip

_FLOAT_ALONE = "CAST CEIL COS EXP FLOOR FLOOR_DIV FLOOR_MOD L2_POOL_2D LOG NEG ROUND RSQRT SIN SQRT SQUARE"
FLOAT_ALONE = frozenset(_FLOAT_ALONE.split())
"""Operators of which TFLM has no kernel for quantized values, or, of RSQRT, none that is of use: it ends at small
values, where a normalization needs it. CAST would take codes for values."""


def has_weights(op: Op) -> bool:
    """Whether an operator has weights of its own."""
    rule = RULES.get(op.kind)
    return rule is not None and rule.weights is not None
