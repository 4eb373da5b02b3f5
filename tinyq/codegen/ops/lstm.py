"""UNIDIRECTIONAL_SEQUENCE_LSTM of int8, and of int16 with int8 weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen import checks
from tinyq.codegen.arithmetic import (
    multiplier_objection,
    nearest_power_of_two,
    quantize_multiplier,
    reduced_multiplier,
    scale_of,
    zero_point_of,
)
from tinyq.codegen.kernel import (
    SUFFIXES,
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
from tinyq.codegen.ops.logistic_s16 import table
from tinyq.codegen.weights import wrapped
from tinyq.graph import DType, Tensor
from tinyq.graph.options import LstmOptions

GATES = ("input", "forget", "cell", "output")
"""In the order of the operator's inputs."""
WEIGHTS, RECURRENT, BIASES, HIDDEN, CELL = 1, 5, 12, 18, 19
"""First positions among the inputs."""
_ABSENT = (*range(9, 12), 16, 17, *range(20, 24))  # peepholes, projection, layer normalization: none in TFLM
_INPUTS = 24
_GATE_SCALE, _SQUASHED_SCALE = 2.0**-12, 2.0**-15
_MAX_SHIFT_S16 = 7  # of the scaling of 64-bit sums


def options_of(node: Node) -> LstmOptions:
    """The operator's options."""
    assert isinstance(node.op.options, LstmOptions)  # noqa: S101 - the reader gives it these
    return node.op.options


def weights_of(node: Node) -> list[Tensor]:
    """Of the gates for the input, then for the hidden state."""
    return [node.input(i) for i in range(WEIGHTS, WEIGHTS + 8)]


def _sum_factors(node: Node) -> list[float]:
    """From sums of products to gates: of the input with its weights, then of the hidden state with its weights."""
    sources = [node.input(0)] * 4 + [node.input(HIDDEN)] * 4
    return [scale_of(x) * scale_of(w) / _GATE_SCALE for x, w in zip(sources, weights_of(node), strict=True)]


def _cell_factors(node: Node) -> dict[str, float]:
    cell, hidden = scale_of(node.input(CELL)), scale_of(node.input(HIDDEN))
    return {
        "kept": _SQUASHED_SCALE * cell / cell,
        "added": _SQUASHED_SCALE * _SQUASHED_SCALE / cell,
        "shown": _SQUASHED_SCALE * _SQUASHED_SCALE / hidden,
    }


def form_objection(node: Node) -> str:
    """What speaks against the operator's form, whatever the types."""
    return (
        checks.require(len(node.op.inputs) == _INPUTS and len(node.op.outputs) == 1, "it has not 24 inputs")
        or checks.require(
            all(node.op.input(i) < 0 for i in _ABSENT),
            "TensorFlow Lite Micro has no LSTM with peepholes, projection or layer normalization",
        )
        or checks.require(
            all(node.op.input(i) >= 0 for i in range(_INPUTS) if i not in _ABSENT), "one of its inputs is missing"
        )
        or checks.require(options_of(node).activation == "TANH", "its activation is not TANH")
    )


def shape_objection(node: Node) -> str:
    """What speaks against the shapes, whatever the types."""
    source, (units, inputs) = node.input(0).shape, node.input(WEIGHTS).shape
    if len(source) != 3 or source[2] != inputs:
        return f"its input of shape {source} does not go with its weights"
    batches = source[1] if options_of(node).time_major else source[0]
    return (
        checks.first(checks.shape(w, (units, inputs)) for w in weights_of(node)[:4])
        or checks.first(checks.shape(w, (units, units)) for w in weights_of(node)[4:])
        or checks.first(checks.shape(node.input(i), (units,)) for i in range(BIASES, BIASES + 4))
        or checks.shape(node.input(HIDDEN), (batches, units))
        or checks.shape(node.input(CELL), (batches, units))
        or checks.shape(node.output, (*source[:2], units))
    )


def shape_members(node: Node) -> dict[str, Value]:
    """Members of a ``tq_lstm_shape``."""
    first, second, inputs = node.input(0).shape
    batches, steps = (second, first) if options_of(node).time_major else (first, second)
    batch_rows, step_rows = (1, batches) if options_of(node).time_major else (steps, 1)
    return {
        "batches": batches,
        "steps": steps,
        "inputs": inputs,
        "units": node.output.shape[2],
        "batch_rows": batch_rows,
        "step_rows": step_rows,
    }


class Lstm:
    """``tq_lstm_*``."""

    kinds = ("UNIDIRECTIONAL_SEQUENCE_LSTM",)
    variant = "portable"

    def __init__(self, dtype: DType) -> None:
        self._dtype = dtype

    def objection(self, node: Node, target: Target) -> str:
        return (
            form_objection(node)
            or checks.meant_for((node.input(0), self._dtype))
            or self._type_objection(node)
            or shape_objection(node)
            or self._scale_objection(node)
        )

    def _type_objection(self, node: Node) -> str:
        bias = DType.INT32 if self._dtype is DType.INT8 else DType.INT64
        biases = [node.input(i) for i in range(BIASES, BIASES + 4)]
        hidden, cell = node.input(HIDDEN), node.input(CELL)
        return (
            checks.dtypes(*((w, DType.INT8) for w in weights_of(node)), *((b, bias) for b in biases))
            or checks.dtypes((hidden, self._dtype), (cell, DType.INT16), (node.output, self._dtype))
            or checks.first(checks.constant(w, "weights") for w in weights_of(node))
            or checks.first(checks.constant(b, "biases") for b in biases)
            or checks.require(hidden.is_variable and cell.is_variable, "its states are no variables")
            or checks.quantized(node.input(0), *weights_of(node), hidden, cell, node.output)
            or checks.require(
                all(zero_point_of(t) == 0 for t in (*weights_of(node), cell)), "its weights have zero points"
            )
            or checks.int16_symmetric(node.input(0), hidden, node.output)
            or checks.same_quantization(hidden, node.output)
        )

    def _scale_objection(self, node: Node) -> str:
        factors = [*_sum_factors(node), *_cell_factors(node).values()]
        exponent = nearest_power_of_two(scale_of(node.input(CELL)))
        steepest = max(quantize_multiplier(f)[1] for f in factors)
        return (
            checks.first(multiplier_objection(f) for f in factors)
            or checks.require(exponent is not None and -26 <= exponent <= -3, "its cell's scale is no power of two")
            or checks.require(
                self._dtype is DType.INT8 or steepest <= _MAX_SHIFT_S16,
                f"the scales of its tensors differ by more than 2^{_MAX_SHIFT_S16}",
            )
        )

    def cost(self, node: Node, target: Target) -> float:
        steps = node.input(0).shape[0] * node.input(0).shape[1]
        return steps * (4.0 * sum(w.elements for w in weights_of(node)) + 400.0 * node.output.shape[2])

    def emit(self, node: Node, target: Target) -> Emission:
        suffix, constants = SUFFIXES[self._dtype], []
        gates: dict[str, Value] = {}
        factors = _sum_factors(node)
        for i, gate in enumerate(GATES):
            parts: dict[str, Value] = {}
            for part, first, source, bias in (
                ("input", WEIGHTS, node.input(0), node.input(BIASES + i)),
                ("recurrent", RECURRENT, node.input(HIDDEN), None),
            ):
                weights = node.input(first + i)
                name = f"{gate}_gate_{part}"
                constants += [
                    Constant(f"{name}_weights", np.asarray(weights.data), f"weights [unit][{part}]"),
                    Constant(f"{name}_bias", self._bias(weights, bias, zero_point_of(source))),
                ]
                multiplier, shift = self._factor(factors[first - WEIGHTS + i])
                parts[part] = {
                    "weights": Ref(f"{name}_weights"),
                    "bias": Ref(f"{name}_bias"),
                    "multiplier": multiplier,
                    "shift": shift,
                }
            gates[f"{gate}_gate"] = parts
        constants.append(Constant("table", table(), "1 / (1 + exp(-i / 24)), 16 fractional bits"))
        params = Params(
            f"tq_lstm_{suffix}_params", {"shape": shape_members(node), **gates, "cell": self._cell(node)}
        )  # fmt: skip
        return Emission(
            calls=(Call(f"tq_lstm_{suffix}", (ParamsAddress(), Input(0), Input(HIDDEN), Input(CELL), Output())),),
            headers=(f"tq_lstm_{suffix}.h",),
            params=params,
            constants=tuple(constants),
        )

    def _factor(self, factor: float) -> tuple[int, int]:
        multiplier, shift = quantize_multiplier(factor)
        return (multiplier if self._dtype is DType.INT8 else reduced_multiplier(multiplier)), shift

    def _bias(self, weights: Tensor, bias: Tensor | None, zero_point: int) -> NDArray[np.int32] | NDArray[np.int64]:
        """With what the zero point of the vector adds to each sum."""
        assert weights.data is not None  # noqa: S101 - checked by objection()
        folded = -zero_point * weights.data.astype(np.int64).sum(axis=1)
        if bias is not None and bias.data is not None:
            folded = folded + bias.data.astype(np.int64)
        return wrapped(folded) if self._dtype is DType.INT8 else folded

    def _cell(self, node: Node) -> dict[str, Value]:
        scale, clip = scale_of(node.input(CELL)), options_of(node).cell_clip
        exponent = nearest_power_of_two(scale)
        assert exponent is not None  # noqa: S101 - checked by objection()
        shift = 12 + exponent
        members: dict[str, Value] = {"table": Ref("table")}
        for name, factor in _cell_factors(node).items():
            multiplier, factor_shift = quantize_multiplier(factor)
            members[name] = {"multiplier": multiplier, "shift": factor_shift}
        return {
            **members,
            "clip": int(min(max(clip / scale, 0.0), 32767.0)),
            "tanh_multiplier": 3 << max(shift, 0),
            "tanh_shift": max(-shift, 0),
            "output_zero_point": zero_point_of(node.input(HIDDEN)),
        }


register(Lstm(DType.INT8), "int8")
register(Lstm(DType.INT16), "int16")
