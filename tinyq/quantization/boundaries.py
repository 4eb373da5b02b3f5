"""Where a tensor changes its type between two operators, a QUANTIZE or DEQUANTIZE goes in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tinyq.graph import DType, Graph, Op
from tinyq.graph.options import NoOptions
from tinyq.quantization.op_rules import RULES
from tinyq.quantization.recurrent import parameters_of, state_types
from tinyq.quantization.scheme import LayerScheme, SchemeTable

Fixed = tuple[float, int]


@dataclass(frozen=True)
class Typed:
    """A float graph in which every float tensor has a type that it will be quantized to.

    Attributes:
        graph: The graph; indices of tensors that were there before stay valid.
        schemes: One for each operator.
        types: The future type of each float tensor that is no weight or bias; FLOAT32 stays float.
        copies: New tensor index -> the tensor whose values it carries.
    """

    graph: Graph
    schemes: tuple[LayerScheme, ...]
    types: Mapping[int, DType]
    copies: Mapping[int, int]


def typed(graph: Graph, schemes: SchemeTable, io: DType) -> Typed:
    """Give every float tensor a type, and convert where two neighbours want different ones.

    An input that is bound to a fixed scale (the output of a softmax, say), but whose reader ties it to other scales, is
    requantized too.

    Args:
        graph: A float graph.
        schemes: One for each operator.
        io: Type of the model's inputs and outputs.
    """
    return _Builder(graph, schemes, io).run()


class _Builder:
    def __init__(self, graph: Graph, schemes: SchemeTable, io: DType) -> None:
        self.graph, self.old_schemes, self.io = graph, schemes, io
        self.tensors = list(graph.tensors)
        self.ops: list[Op] = []
        self.schemes: list[LayerScheme] = []
        self.types: dict[int, DType] = {}
        self.copies: dict[int, int] = {}
        self.fixed: dict[int, Fixed] = {}
        self.converted: dict[tuple[int, DType], int] = {}

    def run(self) -> Typed:
        for t in self.graph.inputs:
            if self.tensors[t].dtype is DType.FLOAT32:
                self.types[t] = DType.FLOAT32 if self._holds_indices(t) else self.io
        for op, scheme in zip(self.graph.ops, self.old_schemes, strict=True):
            self._add(op, scheme)
        outputs = tuple(self._convert(t, self.io) if t in self.types else t for t in self.graph.outputs)
        renamed = dict(zip(self.graph.outputs, outputs, strict=True))
        signatures = tuple(
            replace(s, outputs=tuple((name, renamed.get(t, t)) for name, t in s.outputs)) for s in self.graph.signatures
        )
        graph = replace(
            self.graph, tensors=tuple(self.tensors), ops=tuple(self.ops), outputs=outputs, signatures=signatures
        )
        return Typed(graph, tuple(self.schemes), self.types, self.copies)

    def _holds_indices(self, tensor: int) -> bool:
        """Whether an input is read as whole numbers alone, as an embedding does; a scale would spoil them."""
        readers = self.graph.consumers.get(tensor, ())
        return bool(readers) and all(self.graph.ops[i].kind == "CAST" for i in readers)

    def _add(self, op: Op, scheme: LayerScheme) -> None:
        rule = RULES.get(op.kind)
        parameters = parameter_inputs(op)
        states = state_types(op, scheme.dtype)
        self.types.update(states)
        data = [
            t
            for t in dict.fromkeys(op.inputs)
            if t >= 0 and t not in parameters and t not in states and self.tensors[t].dtype is DType.FLOAT32
        ]
        changed = {}
        for t in data:
            if self.tensors[t].is_constant:
                self.types[t] = scheme.dtype
            elif self.types[t] is not scheme.dtype:
                changed[t] = self._convert(t, scheme.dtype)
        if rule is not None and rule.same_scale:
            bound = {self.fixed.get(changed.get(t, t)) for t in data}
            if len(bound) > 1:
                for t in data:
                    if changed.get(t, t) in self.fixed:
                        changed[t] = self._requantize(changed.get(t, t))
            elif (only := next(iter(bound), None)) is not None:
                self.fixed.update(dict.fromkeys(op.outputs, only))
        elif rule is not None and (fixed := rule.fixed_for(scheme.dtype)) is not None:
            self.fixed.update(dict.fromkeys(op.outputs, fixed))
        self.ops.append(replace(op, inputs=tuple(changed.get(t, t) for t in op.inputs)))
        self.schemes.append(scheme)
        for t in op.outputs:
            if self.tensors[t].dtype is DType.FLOAT32:
                self.types[t] = scheme.dtype

    def _convert(self, tensor: int, to: DType) -> int:
        """The tensor in another type; one conversion serves all readers."""
        if self.types[tensor] is to:
            return tensor
        if (tensor, to) not in self.converted:
            kind = "DEQUANTIZE" if to is DType.FLOAT32 else "QUANTIZE"
            self.converted[tensor, to] = self._insert(tensor, to, kind)
        return self.converted[tensor, to]

    def _requantize(self, tensor: int) -> int:
        return self._insert(tensor, self.types[tensor], "QUANTIZE")

    def _insert(self, tensor: int, to: DType, kind: str) -> int:
        source, new = self.tensors[tensor], len(self.tensors)
        self.tensors.append(replace(source, name=f"{source.name}/{to.value}_{new}"))
        self.ops.append(Op(kind, (tensor,), (new,), NoOptions()))
        self.schemes.append(LayerScheme(activations=to.value))  # type: ignore[arg-type]
        self.types[new] = to
        self.copies[new] = self.copies.get(tensor, tensor)
        return new


def parameter_inputs(op: Op) -> tuple[int, ...]:
    """Tensor indices of weights and bias."""
    rule = RULES.get(op.kind)
    if rule is None or rule.weights is None:
        return parameters_of(op)
    return tuple(t for t in (op.input(rule.weights), op.input(rule.bias) if rule.bias is not None else -1) if t >= 0)
