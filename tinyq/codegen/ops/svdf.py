"""SVDF of int8, whose state is int8 or int16."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import multiplier_objection, quantize_multiplier, scale_of, zero_point_of
from tinyq.codegen.kernel import (
    Call,
    Constant,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Ref,
    Target,
    Value,
    register,
)
from tinyq.graph import DType, Tensor
from tinyq.graph.options import SvdfOptions

STATE = 4
"""Position of the state among the inputs."""
_FUNCTIONS = {DType.INT8: "tq_svdf_s8", DType.INT16: "tq_svdf_s8_s16"}  # by the type of the state


def options_of(node: Node) -> SvdfOptions:
    """The operator's options."""
    assert isinstance(node.op.options, SvdfOptions)  # noqa: S101 - the reader gives it these
    return node.op.options


def factors_of(node: Node) -> tuple[float, float]:
    """From products with the feature weights to codes of the state, and from those with the time weights to outputs."""
    source, feature, time, state = (node.input(i) for i in (0, 1, 2, STATE))
    return (
        scale_of(source) * scale_of(feature) / scale_of(state),
        scale_of(state) * scale_of(time) / scale_of(node.output),
    )


def shape_objection(node: Node) -> str:
    """What speaks against the shapes, whatever the types."""
    source, feature, time = node.input(0).shape, node.input(1).shape, node.input(2).shape
    rank = options_of(node).rank
    if len(source) != 2 or len(feature) != 2 or len(time) != 2:
        return "its inputs or weights are no matrices"
    filters, memory = time
    if rank < 1 or filters % rank or feature != (filters, source[1]):
        return f"its weights of shapes {feature} and {time} do not go together"
    return (
        checks.shape(node.input(STATE), (source[0], memory * filters))
        or checks.shape(node.output, (source[0], filters // rank))
        or checks.shape(node.input(3), (filters // rank,))
    )


class Svdf:
    """``tq_svdf_s8`` and ``tq_svdf_s8_s16``."""

    kinds = ("SVDF",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            checks.require(len(node.op.inputs) == 5 and len(node.op.outputs) == 1, "it has too few inputs or outputs")
            or checks.require(all(node.op.input(i) >= 0 for i in (0, 1, 2, STATE)), "one of its inputs is missing")
            or checks.meant_for((node.input(0), DType.INT8))
            or checks.dtypes((node.input(1), DType.INT8), (node.output, DType.INT8))
            or checks.require(node.input(STATE).dtype in _FUNCTIONS, f"its state is {node.input(STATE).dtype}")
            or checks.dtypes((node.input(2), node.input(STATE).dtype))
            or checks.require(node.input(STATE).is_variable, "its state is no variable")
            or checks.constant(node.input(1), "feature weights")
            or checks.constant(node.input(2), "time weights")
            or self._bias_objection(node)
            or checks.quantized(*(node.input(i) for i in (0, 1, 2, STATE)), node.output)
            or shape_objection(node)
            or checks.first(multiplier_objection(f) for f in factors_of(node))
            or checks.require(
                options_of(node).activation in ("NONE", "RELU"), "its fused activation is ignored by TFLM"
            )
        )

    def _bias_objection(self, node: Node) -> str:
        bias = node.optional_input(3)
        if bias is None:
            return "TensorFlow Lite Micro needs its biases"
        return checks.constant(bias, "biases") or checks.dtypes((bias, DType.INT32))

    def cost(self, node: Node, target: Target) -> float:
        batches = node.input(0).shape[0]
        return 3.0 * batches * (node.input(1).elements + 2 * node.input(2).elements)

    def emit(self, node: Node, target: Target) -> Emission:
        source, feature, time, bias, state = (node.input(i) for i in range(5))
        rank, (filters, memory) = options_of(node).rank, time.shape
        to_state, to_output = (self._factor(f) for f in factors_of(node))
        params = Params(
            "tq_svdf_s8_params",
            {
                "batches": source.shape[0],
                "inputs": source.shape[1],
                "units": filters // rank,
                "rank": rank,
                "memory": memory,
                "input_zero_point": zero_point_of(source),
                "state_zero_point": zero_point_of(state),
                "output_zero_point": zero_point_of(node.output),
                "feature_weights": Ref("feature_weights"),
                "time_weights": Ref("time_weights"),
                "bias": Ref("bias"),
                "feature": to_state,
                "output": to_output,
            },
        )
        return Emission(
            calls=(Call(_FUNCTIONS[state.dtype], (ParamsAddress(), Input(0), Input(STATE), Output())),),
            headers=("tq_svdf_s8.h",),
            params=params,
            constants=(
                constant_of("feature_weights", feature, "weights [filter][input]"),
                constant_of("time_weights", time, "weights [filter][step]"),
                constant_of("bias", bias, ""),
            ),
        )

    def _factor(self, factor: float) -> dict[str, Value]:
        multiplier, shift = quantize_multiplier(factor)
        return {"multiplier": multiplier, "shift": shift}


def constant_of(name: str, tensor: Tensor, comment: str) -> Constant:
    """Weights as they are."""
    assert tensor.data is not None  # noqa: S101 - checked by objection()
    return Constant(name, np.asarray(tensor.data), comment)


register(Svdf(), "int8")
