"""UNIDIRECTIONAL_SEQUENCE_LSTM of float32."""

from __future__ import annotations

import numpy as np

from tinyq.codegen import checks
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
from tinyq.codegen.ops.lstm import (
    BIASES,
    CELL,
    GATES,
    HIDDEN,
    RECURRENT,
    WEIGHTS,
    form_objection,
    options_of,
    shape_members,
    shape_objection,
    weights_of,
)
from tinyq.graph import DType, Tensor


class LstmFloat:
    """``tq_lstm_f32``, which adds up in TFLM's order."""

    kinds = ("UNIDIRECTIONAL_SEQUENCE_LSTM",)
    variant = "portable"

    def objection(self, node: Node, target: Target) -> str:
        return (
            form_objection(node)
            or checks.meant_for((node.input(0), DType.FLOAT32))
            or checks.dtypes(*((t, DType.FLOAT32) for t in self._others(node)))
            or checks.first(checks.constant(t, "weights or biases") for t in (*weights_of(node), *self._biases(node)))
            or checks.require(
                node.input(HIDDEN).is_variable and node.input(CELL).is_variable, "its states are no variables"
            )
            or shape_objection(node)
        )

    def _biases(self, node: Node) -> list[Tensor]:
        return [node.input(i) for i in range(BIASES, BIASES + 4)]

    def _others(self, node: Node) -> list[Tensor]:
        return [*weights_of(node), *self._biases(node), node.input(HIDDEN), node.input(CELL), node.output]

    def cost(self, node: Node, target: Target) -> float:
        steps = node.input(0).shape[0] * node.input(0).shape[1]
        return steps * (12.0 * sum(w.elements for w in weights_of(node)) + 2000.0 * node.output.shape[2])

    def emit(self, node: Node, target: Target) -> Emission:
        constants, gates = [], {}
        for i, gate in enumerate(GATES):
            parts: dict[str, Value] = {}
            for part, position in (
                ("input_weights", WEIGHTS), ("recurrent_weights", RECURRENT), ("bias", BIASES),
            ):  # fmt: skip
                name = f"{gate}_gate_{part}"
                constants.append(Constant(name, np.asarray(node.input(position + i).data, np.float32)))
                parts[part] = Ref(name)
            gates[f"{gate}_gate"] = parts
        params = Params(
            "tq_lstm_f32_params", {"shape": shape_members(node), **gates, "clip": float(options_of(node).cell_clip)}
        )
        return Emission(
            calls=(Call("tq_lstm_f32", (ParamsAddress(), Input(0), Input(HIDDEN), Input(CELL), Output())),),
            headers=("tq_lstm_f32.h",),
            params=params,
            constants=tuple(constants),
        )


register(LstmFloat(), "float32")
