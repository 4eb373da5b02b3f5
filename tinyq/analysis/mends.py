"""What may mend a loss: changes of the recipe, each tried and measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from tinyq.analysis.diagnosis import Cause, Evidence
from tinyq.analysis.flowchart import lossy
from tinyq.analysis.measure import Measured, Yardstick
from tinyq.analysis.original import Original
from tinyq.analysis.recipe_text import named_scheme, with_rules
from tinyq.analysis.runs import run_graphs
from tinyq.analysis.subject import weighted
from tinyq.errors import BadInputError
from tinyq.graph import Graph
from tinyq.quantization.op_rules import has_weights
from tinyq.quantization.pipeline import AUTO
from tinyq.quantization.recipe import Recipe, SchemePart, resolve
from tinyq.quantization.rounding.progress import Progress, silent
from tinyq.quantization.scheme import LayerScheme

_STAGE = "try mends"
EQUALIZE = "equalize"
ROUNDING = ("adaround", "bias-correction")


@dataclass(frozen=True)
class Mend:
    """One change of the recipe.

    Attributes:
        name: In few words.
        recipe: The whole recipe, changed.
        measured: What it gives.
        enough: Whether nothing noticeable is lost with it.
    """

    name: str
    recipe: Recipe
    measured: Measured
    enough: bool


@dataclass(frozen=True)
class _Idea:
    name: str
    recipe: Recipe


def try_mends(
    original: Original,
    recipe: Recipe,
    evidence: Evidence,
    causes: Sequence[Cause],
    yardstick: Yardstick,
    progress: Progress = silent,
) -> tuple[Mend, ...]:
    """Try what the causes suggest, in the order of what it costs on the target; the first that is enough is the advice.

    Args:
        original: The float model.
        recipe: What was analysed.
        evidence, causes: What was found.
        yardstick: To measure by.
        progress: Told the number of mends tried.

    Raises:
        BadInputError: The interpreter died.
    """
    ideas = list(_ideas(original, recipe, evidence, {c.kind for c in causes}))
    made: list[_Idea] = []

    def graphs() -> Iterator[Graph]:
        for idea in ideas:
            progress(_STAGE, len(made), len(ideas))
            made.append(idea)
            yield original.refined(original.subject(idea.recipe), idea.recipe.refine or ())

    found = []
    with closing(run_graphs(graphs(), yardstick.samples)) as results:
        for outputs in results:
            if outputs is not None:
                measured = yardstick.measure(outputs)
                found.append(Mend(made[-1].name, made[-1].recipe, measured, not lossy(measured, yardstick)))
    progress(_STAGE, len(ideas), len(ideas))
    return tuple(found)


def advice(mends: Sequence[Mend], now: Measured) -> Mend | None:
    """The first mend that is enough, else the one of least error if it is clearly better than now."""
    for mend in mends:
        if mend.enough:
            return mend
    best = min(mends, key=lambda m: m.measured.error, default=None)
    return best if best is not None and best.measured.error < 0.8 * now.error else None


def _ideas(original: Original, recipe: Recipe, evidence: Evidence, kinds: set[str]) -> Iterator[_Idea]:
    if kinds & {"float-model", "transforms"} or not kinds:
        return
    transforms = tuple(recipe.transforms or ())
    best, first = recipe, ""
    if "channels-out-of-balance" in kinds and EQUALIZE not in transforms and original.changes((*transforms, EQUALIZE)):
        best = recipe.model_copy(update={"transforms": (*transforms, EQUALIZE)})
        yield _Idea("cross-layer equalization", best)
        first = "equalization and "
    if recipe.calibrator != AUTO and evidence.guilty("activations"):
        name = original.subject(best.model_copy(update={"calibrator": AUTO})).calibrator
        if name != evidence.subject.calibrator:
            yield _Idea(f"{first}the calibrator {name}", best.model_copy(update={"calibrator": name}))
    if "coarse-weights" in kinds and not recipe.refine:
        refined = best.model_copy(update={"refine": ROUNDING})
        yield _Idea(f"{first}adaptive rounding and bias correction", refined)
    for idea in _wider(best, evidence):
        if _runs(original, idea.recipe):
            yield replace(idea, name=first + idea.name)


def _wider(recipe: Recipe, evidence: Evidence) -> Iterator[_Idea]:
    """Wider types, for the worst layers first."""
    graph, schemes = evidence.subject.graph, evidence.subject.schemes
    layers = weighted(graph)
    if evidence.guilty("weights"):
        shared = [i for i in layers if not schemes[i].per_channel and schemes[i].weight_bits == 8]
        if shared:
            finer = {i: SchemePart(per_channel=True) for i in shared}
            yield _Idea("one scale per channel", _changed(recipe, evidence, finer))
        narrow = [i for i in layers if schemes[i].weight_bits < 8]
        whole = {i: SchemePart(weight_bits=8, weight_range="minmax", per_channel=True) for i in narrow}
        worst = {i: whole[i] for i in evidence.worst if i in narrow}
        if worst and len(worst) < len(narrow):
            yield _Idea("8-bit weights in the worst layers", _changed(recipe, evidence, worst))
        if narrow:
            yield _Idea("8-bit weights", _changed(recipe, evidence, whole))
    if evidence.guilty("activations"):
        whole = {i: _wide(graph, i) for i, s in enumerate(schemes) if s.activations == "int8"}
        worst = {i: whole[i] for i in evidence.worst if i in whole}
        if worst and len(worst) < len(whole):
            yield _Idea("16-bit activations in the worst layers", _changed(recipe, evidence, worst))
        if whole:
            yield _Idea("16-bit activations", _changed(recipe, evidence, whole))


def _wide(graph: Graph, index: int) -> SchemePart:
    """16-bit activations; TFLM has none beside 4-bit weights."""
    if not has_weights(graph.ops[index]):
        return SchemePart(activations="int16")
    return SchemePart(activations="int16", weight_bits=8, per_channel=True)


def _changed(recipe: Recipe, evidence: Evidence, parts: dict[int, SchemePart]) -> Recipe:
    """The recipe with other schemes for some operators; a change of all of them changes the recipe's own scheme."""
    subject = evidence.subject
    schemes = [parts[i].on(s) if i in parts else s for i, s in enumerate(subject.schemes)]
    weights = {schemes[i] for i in weighted(subject.graph)}
    changed = with_rules(recipe, subject.graph, {i: _needed(p, subject.schemes[i]) for i, p in parts.items()})
    if len(weights) == 1 and not recipe.layers:
        uniform = recipe.model_copy(update={"scheme": named_scheme(next(iter(weights)))})
        found = resolve(uniform, subject.graph).schemes
        if all(found[i] == s for i, s in enumerate(schemes) if i in parts):
            changed = uniform
    if resolve(changed, subject.graph).io is subject.io:
        return changed
    return changed.model_copy(update={"io": subject.io.value})


def _needed(part: SchemePart, scheme: LayerScheme) -> SchemePart:
    """The part without what holds anyway."""
    given = part.model_dump(exclude_none=True)
    return SchemePart.model_validate({k: v for k, v in given.items() if v != getattr(scheme, k)})


def _runs(original: Original, recipe: Recipe) -> bool:
    """Whether TFLM has kernels for all of it."""
    try:
        original.subject(recipe.model_copy(update={"calibrator": None})).planned()
    except BadInputError:
        return False
    return True
