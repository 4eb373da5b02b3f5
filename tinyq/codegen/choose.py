"""Choosing the kernel for an operator."""

from __future__ import annotations

from dataclasses import dataclass

from tinyq.codegen.checks import OtherTypes
from tinyq.codegen.kernel import Kernel, Node, Target, kernels_for
from tinyq.errors import UnsupportedError


@dataclass(frozen=True)
class Choice:
    """A kernel, and why it was taken."""

    kernel: Kernel
    reason: str


def choose(node: Node, target: Target) -> Choice:
    """The cheapest of the kernels that can do an operator.

    Raises:
        UnsupportedError: There is none; the message names operator, tensor and layer.
    """
    cheapest = able_kernels(node, target)
    if len(cheapest) == 1:
        return Choice(cheapest[0], f"the one kernel for this on {target.name}")
    best, second = (kernel.cost(node, target) for kernel in cheapest[:2])
    return Choice(cheapest[0], f"estimated {best:,.0f} cycles, the next of {len(cheapest)} kernels {second:,.0f}")


def able_kernels(node: Node, target: Target) -> list[Kernel]:
    """The kernels that can do an operator, the cheapest first.

    Raises:
        UnsupportedError: There is none; the message names operator, tensor and layer.
    """
    candidates = kernels_for(node.op.kind)
    if not candidates:
        raise _unsupported(node, "the AOT engine has no such operator yet")
    objections = [(kernel, kernel.objection(node, target)) for kernel in candidates]
    able = [kernel for kernel, objection in objections if not objection]
    if not able:
        # a user is told what the kernel for these types objects to, and of those the most general one
        ranked = sorted(objections, key=lambda o: (isinstance(o[1], OtherTypes), o[0].variant != "portable"))
        raise _unsupported(node, ranked[0][1])
    return sorted(able, key=lambda kernel: kernel.cost(node, target))


def _unsupported(node: Node, objection: str) -> UnsupportedError:
    tensor = node.graph.tensors[node.op.outputs[0]].name if node.op.outputs else ""
    return UnsupportedError(
        f"Layer {node.name!r} (operator {node.op.kind}, output tensor {tensor!r}) cannot be generated: {objection}.",
        "Change the layer, or use --runtime tflm if the official interpreter has it.",
    )
