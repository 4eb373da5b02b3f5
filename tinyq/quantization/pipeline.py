"""Transforms, calibration, quantization and refinement in their order; each choice kept only where it helps.

A judge decides on samples that nothing was fitted to. Without one, everything that was asked for is done as asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import BadInputError
from tinyq.graph import Graph, write_graph
from tinyq.graph.batch_norm import BatchNorm
from tinyq.quantization import ptq
from tinyq.quantization.boundaries import Typed
from tinyq.quantization.calibrators import DEFAULT, calibrator, calibrators
from tinyq.quantization.data_free import data_free_ranges, surviving
from tinyq.quantization.recipe import Resolved
from tinyq.quantization.rewrites import rewrite
from tinyq.quantization.rounding.accept import Judge, Step
from tinyq.quantization.rounding.accept import refine as accept_steps
from tinyq.quantization.rounding.adaround import adaround
from tinyq.quantization.rounding.bias_correction import analytic_bias_correction, empirical_bias_correction
from tinyq.quantization.statistics import Statistics, observe
from tinyq.quantization.transforms import transform
from tinyq.quantization.transforms.chains import output_extent, pairs
from tinyq.quantization.transforms.fold_batch_norm import fold_batch_norm

AUTO = "auto"
BATCH_NORM = "batch-norm"
_UNBALANCED = 30.0
_DEAD = 1e-6

Progress = Callable[[str, int, int], None]
Arrays = Sequence[NDArray[Any]]


@dataclass(frozen=True)
class Trial:
    """Something that was tried: kind ("transform", "calibrator", "refinement"), name, errors, and whether it was kept.

    Attributes:
        before, after: The judge's error without it and with it; ``before`` is None for alternatives of one choice.
    """

    kind: str
    name: str
    before: float | None
    after: float
    kept: bool


@dataclass(frozen=True)
class Outcome:
    """A quantized model and how it came about.

    Attributes:
        graph: The quantized graph.
        float_graph: The float graph that was quantized, after transforms.
        planned: Types and schemes.
        calibrator: Name of the calibrator that was used.
        trials: What was tried.
        statistics: What was seen of ``float_graph``.
    """

    graph: Graph
    float_graph: Graph
    planned: Typed
    calibrator: str
    trials: tuple[Trial, ...]
    statistics: Statistics


@dataclass(frozen=True)
class Choices:
    """What to do; None leaves it to what the model needs.

    Attributes:
        calibrator: A name, "auto" to try all, or "batch-norm" for what batch normalizations remember.
        transforms: Names, in order. None: equalization, where channels are out of balance.
        refinements: Names, in order. None: adaptive rounding and bias correction where weights have 4 bits, adaptive
            rounding where activations have 16 and the weights are what loses most.
    """

    calibrator: str = DEFAULT
    transforms: tuple[str, ...] | None = None
    refinements: tuple[str, ...] | None = None


def wanted_transforms(graph: Graph, choices: Choices) -> tuple[str, ...]:
    """Names of the transforms to try on a float graph."""
    if choices.transforms is not None:
        return choices.transforms
    return ("equalize",) if imbalance(graph) > _UNBALANCED else ()


def wanted_refinements(resolved: Resolved, choices: Choices) -> tuple[str, ...]:
    """Names of the refinements to try."""
    if choices.refinements is not None:
        return choices.refinements
    if any(s.weight_bits == 4 for s in resolved.schemes):
        return ("adaround", "bias-correction")
    return ("adaround",) if any(s.activations == "int16" for s in resolved.schemes) else ()


def needs_judge(graph: Graph, resolved: Resolved, choices: Choices) -> bool:
    """Whether anything is to be decided on held-out samples."""
    return (
        choices.calibrator == AUTO
        or bool(wanted_transforms(graph, choices))
        or bool(wanted_refinements(resolved, choices))
    )


def imbalance(graph: Graph) -> float:
    """The greatest ratio between weight ranges of a layer's channels, over all layers that equalization reaches."""
    worst = 1.0
    for pair in pairs(graph, ("NONE", "RELU", "RELU6")):
        extent = output_extent(graph, graph.ops[pair.first])
        alive = extent[extent > _DEAD * extent.max()] if extent.max() > 0 else extent[:0]
        if alive.size:
            worst = max(worst, float(alive.max() / alive.min()))
    return worst


def check(choices: Choices) -> None:
    """Refuse names that nothing has.

    Raises:
        BadInputError: Names what there is.
    """
    if choices.calibrator not in (AUTO, BATCH_NORM):
        calibrator(choices.calibrator)
    for name in choices.transforms or ():
        transform(name)
    for name in choices.refinements or ():
        if name not in REFINEMENTS:
            raise BadInputError(f"There is no refinement {name!r}.", f"Choose from {', '.join(REFINEMENTS)}.")


def run(
    graph: Graph,
    inputs: Arrays,
    resolved: Resolved,
    choices: Choices,
    judge: Judge | None,
    *,
    batch_norms: Sequence[BatchNorm] = (),
    seed: int = 0,
    progress: Progress = lambda stage, done, total: None,
) -> Outcome:
    """Quantize a float model.

    Args:
        graph: The float graph.
        inputs: For each input of the model real values ``[samples, ...]`` to calibrate with.
        resolved: Schemes, and ranges that override calibration; for ``graph``.
        choices: Calibrator, transforms and refinements.
        judge: Error of a quantized graph on held-out samples; needed by "auto", transforms and refinements.
        batch_norms: What the model remembers of its training, for ``graph``; the calibrator "batch-norm" needs it.
        seed: Of everything that is sampled.
        progress: Told how far the work is.

    Raises:
        BadInputError: Data or names that cannot be used.
        UnsupportedError: An operator that has no integer form.
    """
    if choices.calibrator == BATCH_NORM and not batch_norms:
        raise BadInputError(
            "The calibrator 'batch-norm' needs batch normalizations, and this model holds none that can be read.",
            "Give the Keras model instead of a .tflite, or choose another calibrator.",
        )
    tflite = write_graph(graph)
    progress("observe activations", 0, 1)
    state = _State(graph, observe(tflite, graph, tuple(inputs)), resolved, tuple(batch_norms))
    progress("observe activations", 1, 1)
    name = DEFAULT if choices.calibrator == AUTO else choices.calibrator
    trials: list[Trial] = []
    if judge is not None:
        state = _transformed(state, inputs, name, wanted_transforms(graph, choices), judge, trials, progress)
        if choices.calibrator == AUTO:
            name = _best_calibrator(state, judge, trials, progress)
    quantized = state.quantized(name)
    if judge is not None:
        steps = _steps(state, inputs, wanted_refinements(resolved, choices), seed, progress)
        quantized, kept = accept_steps(quantized, steps, judge)
        trials += [Trial("refinement", r.name, r.before, r.after, r.kept) for r in kept]
    return Outcome(quantized, state.graph, state.planned, name, tuple(trials), state.statistics)


@dataclass(frozen=True)
class _State:
    """A float graph, what was seen of it, and what it is to become."""

    graph: Graph
    statistics: Statistics
    resolved: Resolved
    batch_norms: tuple[BatchNorm, ...]

    @property
    def planned(self) -> Typed:
        return ptq.plan(self.graph, self.resolved.schemes, self.resolved.io)

    def quantized(self, name: str) -> Graph:
        planned = self.planned
        if name == BATCH_NORM:
            ranges = data_free_ranges(planned, self.statistics, batch_norms=self.batch_norms)
        else:
            ranges = ptq.calibrate(self.statistics, calibrator(name), planned)
        return ptq.quantize(planned, {**ranges, **self.resolved.ranges})


def prepared(graph: Graph) -> Graph:
    """A float graph of operators that can be quantized, batch normalizations folded, whatever is done to it later."""
    return fold_batch_norm(rewrite(graph))


def _transformed(
    state: _State,
    inputs: Arrays,
    name: str,
    wanted: tuple[str, ...],
    judge: Judge,
    trials: list[Trial],
    progress: Progress,
) -> _State:
    """Apply each transform whose result, quantized, is better."""
    error = judge(state.quantized(name)) if wanted else 0.0
    for done, each in enumerate(wanted):
        progress("transforms", done, len(wanted))
        changed = transform(each)(state.graph, state.statistics)
        if len(changed.ops) != len(state.graph.ops):
            raise BadInputError(
                f"The transform {each!r} would remove layers that the recipe speaks of.", "Leave it out."
            )
        seen = observe(write_graph(changed), changed, tuple(inputs))
        norms = surviving(state.batch_norms, state.graph, changed)
        candidate = replace(state, graph=changed, statistics=seen, batch_norms=norms)
        after = judge(candidate.quantized(name))
        trials.append(Trial("transform", each, error, after, after < error))
        if after < error:
            state, error = candidate, after
    if wanted:
        progress("transforms", len(wanted), len(wanted))
    return state


def _best_calibrator(state: _State, judge: Judge, trials: list[Trial], progress: Progress) -> str:
    names = list(calibrators())
    errors: dict[str, float] = {}
    progress("try calibrators", 0, len(names))
    # a judge waits for an interpreter in a process of its own, so threads are enough to keep all cores at work
    pool = ThreadPoolExecutor(max_workers=os.cpu_count())
    try:
        for name, error in zip(names, pool.map(lambda n: judge(state.quantized(n)), names), strict=True):
            errors[name] = error
            progress("try calibrators", len(errors), len(names))
    finally:
        pool.shutdown(cancel_futures=True)
    best = min(errors, key=lambda n: np.inf if np.isnan(errors[n]) else errors[n])
    trials += [Trial("calibrator", name, None, error, name == best) for name, error in errors.items()]
    return best


def _adaround(state: _State, inputs: Arrays, seed: int, progress: Progress) -> Step:
    return "adaround", lambda g: adaround(state.graph, g, inputs, seed=seed, progress=progress)


def _empirical(state: _State, inputs: Arrays, seed: int, progress: Progress) -> Step:
    return "bias-correction", lambda g: empirical_bias_correction(state.graph, g, inputs, seed=seed, progress=progress)


def _analytic(state: _State, inputs: Arrays, seed: int, progress: Progress) -> Step:
    means = {t: s.channel_means for t, s in state.statistics.items()}
    return "analytic-bias-correction", lambda g: analytic_bias_correction(state.graph, g, means)


REFINEMENTS: Mapping[str, Callable[[_State, Arrays, int, Progress], Step]] = {
    "adaround": _adaround,
    "bias-correction": _empirical,
    "analytic-bias-correction": _analytic,
}


def _steps(state: _State, inputs: Arrays, names: tuple[str, ...], seed: int, progress: Progress) -> list[Step]:
    return [REFINEMENTS[name](state, inputs, seed, progress) for name in names]
