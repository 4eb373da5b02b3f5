"""ADD of tensors of the same shape for the M-profile vector extension."""

from __future__ import annotations

from tinyq.codegen import weights_mve
from tinyq.codegen.arithmetic import quantize_multiplier, scale_of, zero_point_of
from tinyq.codegen.kernel import Call, Emission, Input, Node, Output, Params, ParamsAddress, Target, register
from tinyq.codegen.ops.add import Add, operand_factors
from tinyq.graph.options import AddOptions


class AddMve:
    """``tq_add_s8_mve``."""

    kinds = ("ADD",)
    variant = "MVE"

    def objection(self, node: Node, target: Target) -> str:
        return weights_mve.core_objection(target) or Add().objection(node, target) or self._own_objection(node)

    def _own_objection(self, node: Node) -> str:
        if node.input(0).shape != node.input(1).shape:
            return "its operands are broadcast"
        return "" if quantize_multiplier(operand_factors(node)[2])[1] < 0 else "its sum is scaled by 1/2 or more"

    def cost(self, node: Node, target: Target) -> float:
        return 8.0 * node.output.elements

    def emit(self, node: Node, target: Target) -> Emission:
        assert isinstance(node.op.options, AddOptions)  # noqa: S101 - the reader gives it these
        # the operand with the larger scale, which is scaled by 1/2, comes first
        order = (0, 1) if scale_of(node.input(0)) >= scale_of(node.input(1)) else (1, 0)
        factors = operand_factors(node)
        second, shift = quantize_multiplier(factors[order[1]])
        multiplier, sum_shift = quantize_multiplier(factors[2])
        limits = weights_mve.limits(node, node.op.options.activation)
        # a factor of 1/2 has no shift to the right: it is taken as 1/4 of codes that are twice as large, which is exact
        left = 20 if shift < 0 else 21
        params = Params(
            "tq_add_s8_mve_params",
            {
                "count": node.output.elements,
                "zero_points": tuple(zero_point_of(node.input(i)) for i in order),
                "second_left_shift": left,
                "second_multiplier": second,
                "second_shift": shift - (left - 20),
                "multiplier": multiplier,
                "shift": sum_shift,
                **{f"output_{name}": value for name, value in limits.items()},
            },
        )
        function = f"tq_add_s8_mve{weights_mve.suffix(node, node.op.options.activation)}"
        return Emission(
            calls=(Call(function, (ParamsAddress(), Input(order[0]), Input(order[1]), Output())),),
            headers=("tq_add_s8_mve.h",),
            params=params,
        )


register(AddMve())
