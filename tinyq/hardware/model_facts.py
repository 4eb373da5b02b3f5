"""What accelerator rules can say about a whole model."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from tinyq.graph import Graph
from tinyq.hardware.tensor_facts import WEIGHTED, roles_of


@dataclass(frozen=True)
class ModelFacts:
    """A model in numbers.

    Attributes:
        operators, layers: Operators, and those of them that have weights.
        inputs, outputs: Tensors that go in and come out.
        weights, parameters: Weights, and weights and biases together.
        weight_bytes, parameter_bytes: The same in bytes as stored.
        largest: Bytes of the largest activation.
        dynamic: Some dimension is not known.
    """

    operators: int
    layers: int
    inputs: int
    outputs: int
    weights: int
    parameters: int
    weight_bytes: int
    parameter_bytes: int
    largest: int
    dynamic: bool

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in NAMES}


NAMES = tuple(f.name for f in fields(ModelFacts))
"""The names that a rule may use."""


def facts_of(graph: Graph) -> ModelFacts:
    """The facts of a model."""
    roles = roles_of(graph)
    weights = [graph.tensors[i] for i, role in roles.items() if role == "weights"]
    biases = [graph.tensors[i] for i, role in roles.items() if role == "bias"]
    between = [graph.tensors[i] for i, role in roles.items() if role in ("input", "activation", "output")]
    return ModelFacts(
        operators=len(graph.ops),
        layers=sum(op.kind in WEIGHTED for op in graph.ops),
        inputs=len(graph.inputs),
        outputs=len(graph.outputs),
        weights=sum(t.elements for t in weights),
        parameters=sum(t.elements for t in (*weights, *biases)),
        weight_bytes=sum(t.nbytes for t in weights),
        parameter_bytes=sum(t.nbytes for t in (*weights, *biases)),
        largest=max((t.nbytes for t in between), default=0),
        dynamic=any(n < 0 for t in between for n in t.shape),
    )
