"""Bit widths layer by layer, by how sensitive each layer is: 16-bit activations, 8-bit, or 4-bit weights.

Each layer is quantized alone, at each width, and the error of the model's output is measured: a sensitivity as in Dong
et al. 2019 (HAWQ, arXiv 1905.03696), but measured and not derived from curvature. From the widest types on, and again
from 8 bits on, the change that adds the least error for what it saves is made, until all layers are at their narrowest.
Every model on the way is measured as a whole, so that errors that do not add up show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from tinyq.analysis.choice import Budget, Point, Widths, choose, dominates
from tinyq.analysis.measure import Yardstick, relative_error
from tinyq.analysis.partial import one_layer
from tinyq.analysis.recipe_text import with_rules
from tinyq.analysis.resources import Resources, resources
from tinyq.analysis.runs import Samples, run_graph, run_graphs
from tinyq.analysis.subject import Subject, weighted
from tinyq.errors import BadInputError
from tinyq.graph import DType, Graph, macs
from tinyq.quantization.recipe import Recipe, SchemePart
from tinyq.quantization.rounding.progress import Progress, silent
from tinyq.quantization.scheme import LayerScheme, check, fitted

WIDTHS: tuple[Widths, ...] = ((8, 16), (8, 8), (4, 8))
"""From wide to narrow; TFLM has no 4-bit weights beside 16-bit activations."""

_STAGES = ("measure sensitivity", "measure combinations")


@dataclass(frozen=True)
class Mixed:
    """All points that were measured, and the choice.

    Attributes:
        points: From wide to narrow.
        sensitivities: (operator index, widths) -> relative output error of that operator alone.
        chosen: Index of the point that meets the budget best; None if none meets it.
        base: Index of the point with 8 bits everywhere.
    """

    points: tuple[Point, ...]
    sensitivities: Mapping[tuple[int, Widths], float]
    chosen: int | None
    base: int


def mixed_precision(
    subject: Subject, yardstick: Yardstick, samples: Samples, budget: Budget, progress: Progress = silent
) -> Mixed:
    """Choose the widths of each layer.

    With a limit on error or loss the least total of flash, RAM and cost within it is chosen, each relative to 8 bits
    everywhere; without one the least error, where flash, RAM and cost that are not limited may not exceed those of 8
    bits everywhere.

    Args:
        subject: The model; layers that its schemes leave float stay float.
        yardstick: To measure whole models by.
        samples: To measure single layers by; for each input real values ``[N, ...]``.
        budget: What to keep within.
        progress: Told the number of models measured.

    Raises:
        BadInputError: No layer has a choice, or the interpreter died.
    """
    options = _options(subject)
    if not any(len(widths) > 1 for widths in options.values()):
        raise BadInputError("No layer of the model can have other bit widths.", "Choose a scheme with integer layers.")
    sensitivities = _sensitivities(subject, options, samples, progress)
    # what LiteRT cannot run is no option, though 8 bits stay one for comparison
    options = {i: tuple(w for w in ws if (i, w) in sensitivities or w == (8, 8)) for i, ws in options.items()}
    path = _path(subject, options, sensitivities)
    return _measured(subject, yardstick, path, sensitivities, budget, progress)


def with_widths(subject: Subject, widths: Mapping[int, Widths]) -> tuple[LayerScheme, ...]:
    """Schemes in which operators with weights have these widths, and those without follow the data that they read."""
    graph, found = subject.graph, list(subject.schemes)
    types: dict[int, str] = dict.fromkeys(graph.inputs, subject.io.value)
    for i, op in enumerate(graph.ops):
        if i in widths:
            found[i] = _scheme(subject, i, widths[i])
        elif found[i].activations != "float32":
            read = {types[t] for t in op.inputs if t in types and graph.tensors[t].dtype is DType.FLOAT32}
            wide = replace(found[i], activations="int16")
            follows = read == {"int16"} and _runs(subject, i, wide)
            found[i] = wide if follows else replace(found[i], activations="int8")
        types.update(dict.fromkeys(op.outputs, found[i].activations))
    return tuple(found)


def _scheme(subject: Subject, index: int, widths: Widths) -> LayerScheme:
    weight_bits, bits = widths
    base = subject.schemes[index]
    whole = replace(base, activations="int16" if bits == 16 else "int8", weight_bits=8)
    if weight_bits == 4:
        whole = replace(whole, weight_bits=4, weight_range="mse")
    elif base.weight_bits == 4:  # a dense layer lost its channels to the 4 bits alone
        whole = replace(whole, per_channel=True)
    return fitted(subject.graph.ops[index], whole)


def _runs(subject: Subject, index: int, scheme: LayerScheme) -> bool:
    try:
        check(replace(subject.graph, ops=(subject.graph.ops[index],)), (scheme,))
    except BadInputError:
        return False
    return True


def _options(subject: Subject) -> dict[int, tuple[Widths, ...]]:
    """Operator index -> widths that TFLM has a kernel for, from wide to narrow."""
    return {
        i: tuple(w for w in WIDTHS if _runs(subject, i, _scheme(subject, i, w)))
        for i in weighted(subject.graph)
        if subject.schemes[i].activations != "float32"
    }


def _sensitivities(
    subject: Subject, options: Mapping[int, Sequence[Widths]], samples: Samples, progress: Progress
) -> dict[tuple[int, Widths], float]:
    reference = run_graph(subject.graph, samples)
    todo = [(i, w) for i, widths in options.items() for w in widths]
    uniform = {w: _uniform(subject, options, w) for w in WIDTHS}
    graphs = (one_layer(subject.graph, uniform[w], i).graph for i, w in todo)
    found = {}
    with closing(run_graphs(graphs, samples)) as results:
        for done, (key, outputs) in enumerate(zip(todo, results, strict=True)):
            if outputs is not None:
                found[key] = relative_error(outputs, reference)
            progress(_STAGES[0], done + 1, len(todo))
    return found


def _uniform(subject: Subject, options: Mapping[int, Sequence[Widths]], widths: Widths) -> Graph:
    """The model with the same widths in every layer that can have them, and 8 bits in the others."""
    chosen = {i: widths if widths in ws else (8, 8) for i, ws in options.items()}
    return subject.with_schemes(with_widths(subject, chosen)).quantized()


def _path(
    subject: Subject, options: Mapping[int, Sequence[Widths]], sensitivities: Mapping[tuple[int, Widths], float]
) -> list[dict[int, Widths]]:
    """Choices from the widest to the narrowest, then from 8 bits to the narrowest, without repetitions."""
    eight = dict.fromkeys(options, (8, 8))
    path = []
    for start in ({i: widths[0] for i, widths in options.items()}, eight):
        now = dict(start)
        path.append(dict(now))
        while moves := [(i, w) for i, ws in options.items() for w in ws[ws.index(now[i]) + 1 :]]:
            index, widths = min(moves, key=lambda m: _price(subject, m[0], (now[m[0]], m[1]), sensitivities))
            now[index] = widths
            path.append(dict(now))
    return [p for k, p in enumerate(path) if p not in path[:k]]


def _price(
    subject: Subject, index: int, change: tuple[Widths, Widths], sensitivities: Mapping[tuple[int, Widths], float]
) -> tuple[float, int]:
    """Error that a change adds for what it saves, as a part of the model's; the earlier layer goes first if equal."""
    whole = [_bits(subject.graph, i, (8, 8)) for i in weighted(subject.graph)]
    before, after = (_bits(subject.graph, index, w) for w in change)
    saved = sum((before[name] - after[name]) / max(1, sum(w[name] for w in whole)) for name in before)
    errors = [sensitivities.get((index, w), 0.0) for w in change]
    return (max(0.0, errors[1] - errors[0]) / saved, index)


def _bits(graph: Graph, index: int, widths: Widths) -> dict[str, int]:
    """An operator's part in each resource, to a common factor."""
    op = graph.ops[index]
    return {
        "flash": graph.tensors[op.inputs[1]].elements * widths[0],
        "ram": graph.tensors[op.outputs[0]].elements * widths[1],
        "cost": macs(graph, op) * widths[1],
    }


def _measured(
    subject: Subject,
    yardstick: Yardstick,
    path: Sequence[Mapping[int, Widths]],
    sensitivities: Mapping[tuple[int, Widths], float],
    budget: Budget,
    progress: Progress,
) -> Mixed:
    made: list[tuple[Mapping[int, Widths], tuple[LayerScheme, ...], Resources]] = []

    def graphs() -> Iterator[Graph]:
        for widths in path:
            schemes = with_widths(subject, widths)
            quantized = subject.with_schemes(schemes).quantized()
            made.append((widths, schemes, resources(quantized)))
            yield quantized

    points = []
    with closing(run_graphs(graphs(), yardstick.samples)) as results:
        for done, outputs in enumerate(results):
            progress(_STAGES[1], done + 1, len(path))
            if outputs is not None:
                measured = yardstick.measure(outputs)
                points.append(Point(*made[-1], measured, yardstick.loss(measured.score)))
    if not points:
        raise BadInputError("LiteRT cannot run the model with any bit widths.", "Choose another scheme.")
    marked = tuple(replace(p, efficient=not any(dominates(o, p) for o in points)) for p in points)
    base = next((k for k, p in enumerate(marked) if set(p.widths.values()) == {(8, 8)}), 0)
    return Mixed(marked, sensitivities, choose(marked, base, budget), base)


def point_recipe(recipe: Recipe, subject: Subject, point: Point) -> Recipe:
    """A recipe that gives every operator what it has in a point.

    Args:
        recipe: What ``subject`` was made from; calibrator, transforms, refinements and ranges stay.
    """
    parts = {}
    for i, (old, new) in enumerate(zip(subject.schemes, point.schemes, strict=True)):
        changes = {name: value for name, value in vars(new).items() if value != getattr(old, name)}
        if changes:
            parts[i] = SchemePart.model_validate(changes)
    return with_rules(recipe, subject.graph, parts).model_copy(update={"io": subject.io.value})
