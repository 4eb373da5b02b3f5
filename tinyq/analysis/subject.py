"""What is analysed: a float graph, what was seen of it, and how it is to be quantized."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tinyq.graph import DType, Graph, Op
from tinyq.quantization import ptq
from tinyq.quantization.affine import Grid, Range
from tinyq.quantization.boundaries import Typed
from tinyq.quantization.calibrators import calibrator
from tinyq.quantization.op_rules import has_weights
from tinyq.quantization.scheme import LayerScheme
from tinyq.quantization.statistics import Statistics


@dataclass(frozen=True)
class Subject:
    """A float graph that can be quantized in many ways, at the cost of each.

    Attributes:
        graph: The float graph, transforms applied.
        statistics: What was seen of its activations.
        schemes: One for each operator.
        io: Type of the model's inputs and outputs.
        calibrator: Name of the calibrator.
        overrides: Tensor index -> range in place of calibration.
    """

    graph: Graph
    statistics: Statistics
    schemes: tuple[LayerScheme, ...]
    io: DType
    calibrator: str
    overrides: Mapping[int, Range]
    _known: dict[tuple[str, int, Grid], Range] = field(default_factory=dict, repr=False, compare=False)

    def planned(self) -> Typed:
        return ptq.plan(self.graph, self.schemes, self.io)

    def quantized(self) -> Graph:
        """The whole graph quantized.

        Raises:
            BadInputError: An operator cannot have its scheme.
        """
        planned = self.planned()
        return ptq.quantize(planned, self._ranges(planned))

    def with_schemes(self, schemes: tuple[LayerScheme, ...]) -> Subject:
        return replace(self, schemes=schemes)

    def _ranges(self, planned: Typed) -> dict[int, Range]:
        found = {}
        for tensor, grid in ptq.activation_grids(planned).items():
            source = planned.copies.get(tensor, tensor)
            if source in self.overrides:
                found[tensor] = self.overrides[source]
            elif source in self.statistics:
                key = (self.calibrator, source, grid)
                if key not in self._known:
                    self._known[key] = calibrator(self.calibrator)(self.statistics[source], grid)
                found[tensor] = self._known[key]
        return found


def weighted(graph: Graph) -> tuple[int, ...]:
    """Indices of the operators that have constant weights."""
    return tuple(i for i, op in enumerate(graph.ops) if has_weights(op) and graph.tensors[op.inputs[1]].is_constant)


def float_outputs(graph: Graph, op: Op) -> tuple[int, ...]:
    """An operator's outputs that quantization changes."""
    return tuple(t for t in op.outputs if graph.tensors[t].dtype is DType.FLOAT32)
