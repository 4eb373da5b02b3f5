"""Tensors that must share one quantization, because a kernel moves codes from one to the other as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyq.graph import DType
from tinyq.quantization.boundaries import Fixed, Typed, parameter_inputs
from tinyq.quantization.op_rules import RULES
from tinyq.quantization.recurrent import powers_of_two, same_values


@dataclass(frozen=True)
class Group:
    """Tensors with one scale and zero point.

    Attributes:
        members: Tensor indices, constants among the data included.
        fixed: Scale and zero point that a kernel demands, or None.
    """

    members: tuple[int, ...]
    fixed: Fixed | None


def groups(typed: Typed) -> tuple[Group, ...]:
    """All groups of tensors that become integers, singles included."""
    root = {t: t for t, dtype in typed.types.items() if dtype is not DType.FLOAT32}

    def find(t: int) -> int:
        while root[t] != t:
            t = root[t]
        return t

    fixed: dict[int, Fixed] = {}
    for op, scheme in zip(typed.graph.ops, typed.schemes, strict=True):
        rule = RULES.get(op.kind)
        if rule is None or scheme.dtype is DType.FLOAT32:
            continue
        outputs = [t for t in op.outputs if t in root]
        for t in same_values(op)[1:]:
            root[find(t)] = find(same_values(op)[0])
        if rule.same_scale:
            parameters = parameter_inputs(op)
            tied = [*(t for t in dict.fromkeys(op.inputs) if t in root and t not in parameters), *outputs]
            for t in tied[1:]:
                root[find(t)] = find(tied[0])
        elif (wanted := rule.fixed_for(scheme.dtype)) is not None:
            fixed.update(dict.fromkeys(outputs, wanted))
    demanded = {find(t): value for t, value in fixed.items()}
    members: dict[int, list[int]] = {}
    for t in root:
        members.setdefault(find(t), []).append(t)
    return tuple(Group(tuple(tensors), demanded.get(r)) for r, tensors in members.items())


def least_scales(typed: Typed) -> Mapping[int, float]:
    """The least scale that a tensor can have, where an operator that reads or writes it says so."""
    found: dict[int, float] = {}
    for op in typed.graph.ops:
        rule = RULES.get(op.kind)
        if rule is not None and rule.least_scale:
            for t in (*op.inputs, *op.outputs):
                found[t] = max(found.get(t, 0.0), rule.least_scale)
    return found


def symmetric_tensors(typed: Typed) -> frozenset[int]:
    """Tensors whose zero point is to be 0, because an operator that touches them wants it so."""
    return frozenset(
        t
        for op, scheme in zip(typed.graph.ops, typed.schemes, strict=True)
        if scheme.symmetric
        for t in (*op.inputs, *op.outputs)
        if t >= 0
    )


def scheme_scales(typed: Typed) -> Mapping[int, str]:
    """What the scales of each tensor may be: the strictest of the operators that touch it."""
    found: dict[int, str] = {}
    for op, scheme in zip(typed.graph.ops, typed.schemes, strict=True):
        for t in (*op.inputs, *op.outputs):
            if t >= 0 and found.get(t, "free") == "free":
                found[t] = scheme.scales
        found.update(dict.fromkeys(powers_of_two(op), "power-of-two"))
    return found
