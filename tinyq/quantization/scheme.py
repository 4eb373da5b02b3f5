"""How a layer is quantized: types, granularity, and what its scales may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tinyq.errors import BadInputError
from tinyq.graph import DType, Graph, Op, layer_name
from tinyq.quantization.affine import INT4_WEIGHTS, INT8, INT8_SYMMETRIC, INT8_WEIGHTS, INT16, Grid
from tinyq.quantization.op_rules import FLOAT_ALONE, RULES

Activations = Literal["int8", "int16", "float32"]
Scales = Literal["free", "power-of-two", "two-powers-of-two"]
WeightRange = Literal["minmax", "mse"]

# as of the kernels that TFLM registers
_INT4_PER_CHANNEL = ("CONV_2D", "DEPTHWISE_CONV_2D")
_INT4_PER_TENSOR = ("FULLY_CONNECTED",)
_INT16 = (
    "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MAX_POOL_2D", "AVERAGE_POOL_2D", "ADD", "SUB", "MUL", "RESHAPE",
    "PAD", "CONCATENATION", "SOFTMAX", "LOGISTIC", "TANH", "MEAN", "LEAKY_RELU", "TRANSPOSE", "STRIDED_SLICE", "SPLIT",
    "QUANTIZE", "DEQUANTIZE", "MAXIMUM", "MINIMUM", "BATCH_MATMUL", "SQUEEZE", "EXPAND_DIMS", "PACK", "UNPACK",
    "TRANSPOSE_CONV", "RELU", "RELU6", "PADV2", "ABS", "SQUARED_DIFFERENCE", "SUM", "SLICE", "SPLIT_V", "SELECT_V2",
    "BROADCAST_TO", "RESIZE_NEAREST_NEIGHBOR", "UNIDIRECTIONAL_SEQUENCE_LSTM", "REVERSE_V2",
)  # fmt: skip
_ELEMENTWISE = ("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM")


@dataclass(frozen=True)
class LayerScheme:
    """How one operator is quantized.

    Attributes:
        activations: Type of its inputs and outputs; "float32" leaves the operator float.
        weight_bits: 8, or 4 for weights stored two to a byte.
        per_channel: One scale per output channel of the weights, else one per tensor.
        weight_range: Whole range of the weights, or the one of least squared error.
        scales: Any scales; powers of two; or activations in powers of two and factors of two powers of two, for
            hardware that requantizes with one or two shifts.
        symmetric: Zero points of int8 activations are 0, for hardware that has none; those of int16 always are. What a
            kernel fixes, as softmax does its output's, stays as TFLM has it.
    """

    activations: Activations = "int8"
    weight_bits: Literal[4, 8] = 8
    per_channel: bool = True
    weight_range: WeightRange = "minmax"
    scales: Scales = "free"
    symmetric: bool = False

    @property
    def dtype(self) -> DType:
        return DType(self.activations)

    @property
    def activation_grid(self) -> Grid:
        if self.activations == "int16":
            return INT16
        return INT8_SYMMETRIC if self.symmetric else INT8

    @property
    def weight_grid(self) -> Grid:
        return INT4_WEIGHTS if self.weight_bits == 4 else INT8_WEIGHTS

    @property
    def weight_dtype(self) -> DType:
        return DType.INT4 if self.weight_bits == 4 else DType.INT8

    @property
    def bias_dtype(self) -> DType:
        """int64 beside int16 activations, as their sums outgrow int32."""
        return DType.INT64 if self.activations == "int16" else DType.INT32


SchemeTable = Sequence[LayerScheme]
"""One scheme for each operator of a graph."""


def fitted(op: Op, scheme: LayerScheme) -> LayerScheme:
    """The nearest that an operator can have of what a whole model was given.

    Dense layers have 4-bit weights per tensor only; operators without weights, and transposed convolutions, have none.
    What TFLM has no integer kernel for stays float.
    """
    if _lacks_kernel(op, scheme.activations):
        return replace(scheme, activations="float32")
    if scheme.weight_bits == 4 and op.kind == "TRANSPOSE_CONV":
        return replace(scheme, weight_bits=8)
    if scheme.weight_bits == 4 and op.kind in _INT4_PER_TENSOR:
        return replace(scheme, per_channel=False)
    return scheme


def model_wide(graph: Graph, scheme: LayerScheme) -> tuple[LayerScheme, ...]:
    """What each operator of a model gets if the whole model is given one scheme.

    Beside :func:`fitted`: an operator that joins a constant to what stays float stays float too, as the epsilon that
    keeps a square root from zero does; in integers it would cost two conversions and lose what small values need.
    """
    found = [fitted(op, scheme) for op in graph.ops]
    waiting = [i for i, op in enumerate(graph.ops) if op.kind in FLOAT_ALONE and found[i].activations == "float32"]
    while waiting:
        op = graph.ops[waiting.pop()]
        near = [graph.producers[t] for t in op.inputs if t in graph.producers and len(graph.consumers[t]) == 1]
        near += [reader for t in op.outputs for reader in graph.consumers.get(t, ())]
        for i in near:
            if found[i].activations != "float32" and _joins_constant(graph, graph.ops[i]):
                found[i] = replace(found[i], activations="float32")
                waiting.append(i)
    return tuple(found)


def _joins_constant(graph: Graph, op: Op) -> bool:
    return op.kind in _ELEMENTWISE and any(graph.tensors[t].is_constant for t in op.inputs)


def left_float(graph: Graph, schemes: SchemeTable) -> tuple[str, ...]:
    """Sentences on the operators of a quantized model that stay float as TFLM has no other kernel for them."""
    around: Activations = "int16" if any(s.activations == "int16" for s in schemes) else "int8"
    found: dict[str, list[str]] = {}
    for op, scheme in zip(graph.ops, schemes, strict=True):
        reads_float = any(t >= 0 and graph.tensors[t].dtype is DType.FLOAT32 for t in (*op.inputs, *op.outputs))
        if scheme.activations == "float32" and reads_float and _lacks_kernel(op, around):
            found.setdefault(op.kind, []).append(repr(layer_name(graph, op)))
    return tuple(
        f"{kind} stays float (layer {', '.join(dict.fromkeys(layers))}): TFLM has no {around} kernel for it."
        for kind, layers in found.items()
    )


def _lacks_kernel(op: Op, activations: Activations) -> bool:
    if activations == "float32":
        return False
    return op.kind in FLOAT_ALONE or (activations == "int16" and op.kind in RULES and op.kind not in _INT16)


def check(graph: Graph, schemes: SchemeTable) -> None:
    """Refuse what TFLM has no kernel for.

    Raises:
        BadInputError: Names the layer, what it was given, and what it can have.
    """
    for op, scheme in zip(graph.ops, schemes, strict=True):
        problem = _problem(op, scheme)
        if problem:
            raise BadInputError(f"Layer {layer_name(graph, op)!r} ({op.kind}) {problem[0]}.", problem[1])


def _problem(op: Op, scheme: LayerScheme) -> tuple[str, str] | None:
    if scheme.activations == "float32":
        return None
    if scheme.activations == "int16" and op.kind not in _INT16:
        return "has no int16 kernel in TFLM", "Give it int8 activations, or leave it float."
    rule = RULES.get(op.kind)
    if scheme.weight_bits == 8 or rule is None or rule.weights is None:
        return None
    return _int4_problem(op, scheme)


def _int4_problem(op: Op, scheme: LayerScheme) -> tuple[str, str] | None:
    if scheme.activations == "int16":
        return "cannot have 4-bit weights beside int16 activations in TFLM", "Use int8 activations or 8-bit weights."
    if op.kind in _INT4_PER_TENSOR and scheme.per_channel:
        return "can have 4-bit weights in TFLM only with one scale per tensor", "Set per_channel to false."
    if op.kind not in (*_INT4_PER_CHANNEL, *_INT4_PER_TENSOR):
        return "cannot have 4-bit weights in TFLM", "Use 8-bit weights."
    return None
