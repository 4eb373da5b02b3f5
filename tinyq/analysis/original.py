"""The float model as it came in, and the subjects that recipes make of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from tinyq.analysis.measure import relative_error
from tinyq.analysis.runs import Samples, run_graph, run_graphs
from tinyq.analysis.subject import Subject
from tinyq.graph import Graph, write_graph
from tinyq.quantization import calibrators
from tinyq.quantization.pipeline import AUTO, REFINEMENTS, Choices, check
from tinyq.quantization.recipe import Recipe, resolve
from tinyq.quantization.rounding.progress import silent
from tinyq.quantization.statistics import Statistics, observe
from tinyq.quantization.transforms import transform

_HELD_OUT_SHARE = 0.25
_MOST_HELD_OUT = 64


@dataclass(frozen=True)
class Original:
    """A float model and the samples that ranges are taken from.

    Attributes:
        graph: The float graph, batch 1, batch normalizations folded.
        calibration: For each input real values ``[N, ...]``.
    """

    graph: Graph
    calibration: Samples
    _prepared: dict[tuple[str, ...], tuple[Graph, Statistics]] = field(default_factory=dict, repr=False, compare=False)

    def subject(self, recipe: Recipe) -> Subject:
        """What a recipe makes of the model, up to its refinements; the calibrator "auto" becomes the best one.

        Raises:
            BadInputError: The recipe does not fit the model, or the data make it give NaN.
        """
        graph, statistics = self.transformed(tuple(recipe.transforms or ()))
        resolved = resolve(recipe, graph)
        name = recipe.calibrator or calibrators.DEFAULT
        if name != AUTO:
            calibrators.calibrator(name)
        subject = Subject(
            graph, statistics, resolved.schemes, resolved.io, calibrators.DEFAULT if name == AUTO else name,
            resolved.ranges,
        )  # fmt: skip
        return best_calibrated(subject, self.held_out) if name == AUTO else subject

    def transformed(self, names: tuple[str, ...]) -> tuple[Graph, Statistics]:
        """The graph after some transforms, and what is seen of it; made once.

        Raises:
            BadInputError: There is no transform of some name.
        """
        if names not in self._prepared:
            if not names:
                graph = self.graph
            else:
                graph, statistics = self.transformed(names[:-1])
                graph = transform(names[-1])(graph, statistics)
            self._prepared[names] = (graph, observe(write_graph(graph), graph, tuple(self.calibration)))
        return self._prepared[names]

    def changes(self, names: tuple[str, ...]) -> bool:
        """Whether the last of some transforms does anything to the model."""
        before, after = self.transformed(names[:-1])[0], self.transformed(names)[0]
        return not _same(before, after)

    def refined(self, subject: Subject, names: Sequence[str], seed: int = 0) -> Graph:
        """A subject quantized, with all of some refinements.

        Raises:
            BadInputError: There is no refinement of some name.
        """
        quantized = subject.quantized()
        check(Choices(refinements=tuple(names)))
        for name in names:
            # what a refinement asks of its first argument are a graph and its statistics
            _, step = REFINEMENTS[name](cast(Any, subject), self.calibration, seed, silent)
            quantized = step(quantized)
        return quantized

    @property
    def held_out(self) -> Samples:
        """Calibration samples that choices between ranges are judged on."""
        count = max(1, min(_MOST_HELD_OUT, int(len(self.calibration[0]) * _HELD_OUT_SHARE)))
        return tuple(x[-count:] for x in self.calibration)


def _same(a: Graph, b: Graph) -> bool:
    """Whether two graphs have the same operators and constants."""
    if a.ops != b.ops or len(a.tensors) != len(b.tensors):
        return False
    constants = ((x.data, y.data) for x, y in zip(a.tensors, b.tensors, strict=True))
    return all(x is y or (x is not None and y is not None and np.array_equal(x, y)) for x, y in constants)


def best_calibrated(subject: Subject, samples: Samples, names: Sequence[str] | None = None) -> Subject:
    """The subject with the calibrator of least output error.

    Args:
        samples: To judge by.
        names: Calibrators to choose from; all of them by default.
    """
    candidates = [replace(subject, calibrator=n) for n in names or calibrators.calibrators()]
    reference = run_graph(subject.graph, samples)
    errors = []
    with closing(run_graphs((c.quantized() for c in candidates), samples)) as results:
        for outputs in results:
            errors.append(relative_error(outputs, reference) if outputs is not None else float("inf"))
    return candidates[errors.index(min(errors))]
