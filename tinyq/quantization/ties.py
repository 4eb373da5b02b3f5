"""Tensors that must share one quantization: groups of them, and requantization where a group cannot agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.options import NoOptions
from tinyq.quantization.op_rules import RULES

Fixed = tuple[float, int]


@dataclass(frozen=True)
class Groups:
    """Float tensors in groups of equal quantization.

    Attributes:
        root: Tensor index -> index that stands for its group.
        fixed: Root -> scale and zero point that the group must have.
    """

    root: Mapping[int, int]
    fixed: Mapping[int, Fixed]

    @property
    def members(self) -> Mapping[int, tuple[int, ...]]:
        """Root -> all tensors of its group."""
        found: dict[int, list[int]] = {}
        for tensor, root in self.root.items():
            found.setdefault(root, []).append(tensor)
        return {root: tuple(tensors) for root, tensors in found.items()}


def separate(graph: Graph) -> tuple[Graph, Mapping[int, int]]:
    """Put a QUANTIZE where an input is bound to a fixed scale that its consumer's other inputs do not share.

    Returns:
        The graph, and new tensor index -> the index of the tensor whose values it carries.
    """
    tensors = list(graph.tensors)
    ops: list[Op] = []
    copies: dict[int, int] = {}
    fixed: dict[int, Fixed] = {}
    for op in graph.ops:
        rule = RULES.get(op.kind)
        changed = op
        if rule is not None and rule.same_scale:
            data = _float_inputs(graph, op)
            kinds = {fixed.get(t) for t in data}
            if len(kinds) > 1:
                for t in [t for t in data if t in fixed]:
                    copies[len(tensors)] = t
                    source = graph.tensors[t]
                    ops.append(Op("QUANTIZE", (t,), (len(tensors),), NoOptions()))
                    changed = replace(changed, inputs=tuple(len(tensors) if i == t else i for i in changed.inputs))
                    tensors.append(Tensor(f"{source.name}/requantized", source.shape, source.dtype))
            elif (only := next(iter(kinds), None)) is not None:
                fixed.update(dict.fromkeys(op.outputs, only))
        elif rule is not None and rule.fixed_output is not None:
            fixed.update(dict.fromkeys(op.outputs, rule.fixed_output))
        ops.append(changed)
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops)), copies


def group(graph: Graph) -> Groups:
    """Groups of float tensors that must share scale and zero point, after :func:`separate`."""
    root = {i: i for i, t in enumerate(graph.tensors) if t.dtype is DType.FLOAT32}

    def find(t: int) -> int:
        while root[t] != t:
            t = root[t]
        return t

    fixed: dict[int, Fixed] = {}
    for op in graph.ops:
        rule = RULES.get(op.kind)
        if rule is None:
            continue
        if rule.same_scale:
            tied = [*_float_inputs(graph, op), *(t for t in op.outputs if t in root)]
            for t in tied[1:]:
                root[find(t)] = find(tied[0])
        elif rule.fixed_output is not None:
            fixed.update(dict.fromkeys((t for t in op.outputs if t in root), rule.fixed_output))
    return Groups({t: find(t) for t in root}, {find(t): value for t, value in fixed.items()})


def _float_inputs(graph: Graph, op: Op) -> list[int]:
    return [t for t in dict.fromkeys(op.inputs) if t >= 0 and graph.tensors[t].dtype is DType.FLOAT32]
