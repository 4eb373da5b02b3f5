"""ADD of int8 tensors of one shape for cores with the DSP extension."""

from __future__ import annotations

from tinyq.codegen import checks, dsp
from tinyq.codegen.arithmetic import activation_range, quantize_multiplier, scale_of, zero_point_of
from tinyq.codegen.kernel import (
    Call,
    Emission,
    Input,
    Node,
    Output,
    Params,
    ParamsAddress,
    Scratch,
    Target,
    Value,
    register,
)
from tinyq.codegen.ops.add import Add, operand_factors
from tinyq.graph.options import AddOptions

SCRATCH_BYTES = 1024  # TQ_ADD_S8_DSP_SCRATCH_BYTES
_MAX_RIGHT = 22
_LOWEST, _HIGHEST = -128, 127
_PORTABLE = Add()


class AddDsp:
    """``tq_add_s8_dsp``: one operand is scaled by a table."""

    kinds = ("ADD",)
    variant = "DSP"

    def objection(self, node: Node, target: Target) -> str:
        return (
            dsp.objection(target)
            or _PORTABLE.objection(node, target)
            or checks.require(node.input(0).shape == node.input(1).shape, "its operands differ in shape")
            or checks.require(1 <= self._total(node)[1] <= _MAX_RIGHT, "the scales of its tensors are too far apart")
        )

    def _total(self, node: Node) -> tuple[int, int]:
        """Multiplier of the sum, and bits to the right."""
        multiplier, shift = quantize_multiplier(operand_factors(node)[2])
        return multiplier, -shift

    def cost(self, node: Node, target: Target) -> float:
        return 8000 + 14.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        direct = 0 if scale_of(node.input(0)) >= scale_of(node.input(1)) else 1
        looked_up = node.input(1 - direct)
        factor_multiplier, factor_shift = quantize_multiplier(operand_factors(node)[1 - direct])
        multiplier, right = self._total(node)
        operand: dict[str, Value] = {
            "zero_point": zero_point_of(looked_up),
            "multiplier": factor_multiplier,
            "shift": factor_shift,
        }
        params = Params(
            "tq_add_s8_dsp_params",
            {
                "count": node.output.elements,
                "direct_zero_point": zero_point_of(node.input(direct)),
                "looked_up": operand,
                "multiplier": multiplier,
                "right": right,
                "output_zero_point": zero_point_of(node.output),
            },
        )
        assert isinstance(node.op.options, AddOptions)  # noqa: S101 - the reader gives it these
        low, high = activation_range(node.op.options.activation, node.output)
        nonnegative = zero_point_of(node.output) == low == _LOWEST
        function = "tq_add_nonnegative_s8_dsp" if nonnegative else "tq_add_s8_dsp"
        inputs = (Input(direct), Input(1 - direct))
        calls = [Call(function, (ParamsAddress(), *inputs, Output(), Scratch()))]
        headers = ["tq_add_s8_dsp.h"]
        if (low, high) != (_LOWEST, _HIGHEST):
            calls.append(Call("tq_clamp_s8", (low, high, node.output.elements, Output(), Output())))
            headers.append("tq_clamp_s8.h")
        return Emission(tuple(calls), tuple(headers), params, (), SCRATCH_BYTES)


register(AddDsp())
