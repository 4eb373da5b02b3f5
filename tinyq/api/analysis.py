"""Where quantization hurts a model, why, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tinyq.analysis.channels import channels
from tinyq.analysis.choice import Budget
from tinyq.analysis.commands import chosen_by_quantize, explicit, needs_file, quantize_command
from tinyq.analysis.diagnosis import Evidence, causes
from tinyq.analysis.flowchart import flowchart
from tinyq.analysis.layers import cumulative, isolated
from tinyq.analysis.matrix import matrix
from tinyq.analysis.measure import Yardstick, yardstick
from tinyq.analysis.mends import advice, try_mends
from tinyq.analysis.mixed_precision import mixed_precision, point_recipe
from tinyq.analysis.original import Original
from tinyq.analysis.recipe_text import recipe_text
from tinyq.analysis.runs import Samples, copied, run_graph
from tinyq.analysis.subject import Subject
from tinyq.analysis.verify import under_tflm
from tinyq.analysis.words import summary
from tinyq.api.progress import Progress, silent
from tinyq.api.staging import write_file
from tinyq.data import Dataset, Split, load_data, split
from tinyq.errors import BadInputError, MissingToolError, UnsupportedError
from tinyq.evaluation.metrics import metric as find_metric
from tinyq.frontend import load_model, stock_quantize
from tinyq.graph import Graph, load_graph, write_graph
from tinyq.quantization import calibrators, pipeline
from tinyq.quantization.recipe import SCHEMES, Recipe, read_recipe
from tinyq.reporting import analysis_parts as parts
from tinyq.reporting.analysis_models import AnalysisReport, DiagnosisReport, MatrixReport, MixedReport

SAMPLES = 64
METHOD = "LiteRT on the host, without delegates; with equal inputs its operators differ from TFLM's by at most one code"

_MODEL_FACTOR, _MANY_FACTOR = 16, 4
_MOST_INPUT_BYTES = 64 << 20


@dataclass(frozen=True)
class AnalyzeSettings:
    """What to analyse, and how.

    Attributes:
        model, data, image_scale, trust, seed, calibration_samples: As in ``QuantizeSettings``.
        scheme, calibrator, recipe: The quantization to analyse; without them, the default one.
        transforms, refinements: In place of the recipe's. Unlike ``quantize``, an analysis applies none by itself.
        samples: Samples that single layers are measured on; whole models are measured on 16 times as many, or on 4
            times as many where there are many models.
        metric: A metric's name, or None for the one that suits.
        matrix: Compare all calibrators and transforms instead.
        mixed: Choose bit widths layer by layer instead.
        budget: What that choice has to keep within.
        write_recipe: A file to write the advised or chosen recipe to.
        force: Replace that file.
    """

    model: Path
    data: str
    scheme: str | None = None
    recipe: Path | None = None
    calibrator: str | None = None
    transforms: tuple[str, ...] | None = None
    refinements: tuple[str, ...] | None = None
    calibration_samples: int | None = None
    samples: int = SAMPLES
    metric: str | None = None
    image_scale: str | None = None
    seed: int = 0
    trust: bool = False
    matrix: bool = False
    mixed: bool = False
    budget: Budget = field(default_factory=Budget)
    write_recipe: Path | None = None
    force: bool = False


def analyze(settings: AnalyzeSettings, progress: Progress = silent) -> AnalysisReport:
    """Analyse a float model.

    Raises:
        BadInputError: The model, the data or a setting is not usable.
        UnsupportedError: An operator has no integer form.
    """
    _check(settings)
    work = _prepare(settings, progress)
    found: dict[str, object]
    if settings.matrix:
        found = {"matrix": work.matrix(progress)}
    elif settings.mixed:
        found = {"mixed": work.mixed(progress)}
    else:
        found = work.diagnosis(progress)
    recipe, yard = work.recipe, work.yard
    return AnalysisReport.model_validate(
        {
            "model": settings.model.name,
            "scheme": recipe.scheme if isinstance(recipe.scheme, str) else "as in the recipe",
            "calibrator": work.subject.calibrator,
            "transforms": tuple(recipe.transforms or ()),
            "refinements": tuple(recipe.refine or ()),
            "metric": yard.metric.name if yard.metric is not None else None,
            "metric_is_fraction": yard.metric is not None and yard.metric.is_fraction,
            "float_score": yard.float_score,
            "calibration_samples": len(work.split.calibration),
            "layer_samples": len(work.some[0]),
            "model_samples": len(yard.samples[0]),
            "seed": settings.seed,
            "method": METHOD,
            "notes": tuple(work.notes),
            **found,
        }
    )


def _check(settings: AnalyzeSettings) -> None:
    if settings.matrix and settings.mixed:
        raise BadInputError("--matrix and --mixed cannot go together.", "Ask for one at a time.")
    if settings.metric is not None:
        find_metric(settings.metric)
    if settings.budget != Budget() and not settings.mixed:
        raise BadInputError("A budget is for --mixed alone.", "Add --mixed, or leave the budget out.")
    out = settings.write_recipe
    if out is None:
        return
    if settings.matrix:
        raise BadInputError("--matrix chooses no recipe to write.", "Leave out --write-recipe.")
    if out.exists() and (not settings.force or not out.is_file()):
        raise BadInputError(f"{out} exists already.", "Choose another name, or replace the file with --force.")
    if not out.parent.is_dir():
        raise BadInputError(f"The folder {out.parent} does not exist.", "Make it first, or choose another.")


def _recipe(settings: AnalyzeSettings) -> Recipe:
    """The recipe file with what the settings put in its place, checked."""
    recipe = read_recipe(settings.recipe) if settings.recipe is not None else Recipe()
    if settings.scheme is not None and settings.scheme not in SCHEMES:
        raise BadInputError(f"There is no scheme {settings.scheme!r}.", f"Choose one of {', '.join(SCHEMES)}.")
    given = {
        "scheme": settings.scheme,
        "calibrator": settings.calibrator,
        "transforms": settings.transforms,
        "refine": settings.refinements,
    }
    recipe = recipe.model_copy(update={name: value for name, value in given.items() if value is not None})
    calibrator = recipe.calibrator or calibrators.DEFAULT
    pipeline.check(pipeline.Choices(calibrator, recipe.transforms, recipe.refine))
    return recipe


def _prepare(settings: AnalyzeSettings, progress: Progress) -> _Work:
    """Load the model and the data, and measure the float model."""
    recipe = _recipe(settings)
    progress("load the model", 0, 1)
    loaded = load_model(settings.model, trust=settings.trust)
    if loaded.kind != "float":
        raise BadInputError(
            f"{settings.model.name} is quantized already.", "Give the float model that it was made from."
        )
    progress("load the model", 1, 1)
    graph = pipeline.prepared(loaded.graph)
    dataset = load_data(settings.data, graph, image_scale=settings.image_scale)
    shares = split(len(dataset), settings.calibration_samples, settings.seed)
    notes = list(loaded.notes)
    unseen = shares.evaluation
    if not len(unseen):
        unseen = shares.calibration
        notes.append("Every sample was used to calibrate, so errors were measured on samples that are not new.")
    progress("observe activations", 0, 1)
    original = Original(graph, copied(dataset.take(shares.calibration).inputs))
    subject = original.subject(recipe)
    progress("observe activations", 1, 1)
    factor = _MANY_FACTOR if settings.matrix or settings.mixed else _MODEL_FACTOR
    chosen = dataset.take(unseen[: _affordable(dataset, factor * settings.samples)])
    inputs = copied(chosen.inputs)
    yard = yardstick(graph, inputs, run_graph(graph, inputs), chosen.labels, settings.metric)
    return _Work(settings, recipe, original, subject, shares, yard, notes)


def _affordable(dataset: Dataset, wanted: int) -> int:
    """So many samples that their inputs fit into memory well."""
    each = sum(x[:1].nbytes for x in dataset.inputs)
    return max(1, min(wanted, _MOST_INPUT_BYTES // max(1, each)))


@dataclass(frozen=True)
class _Work:
    """Everything that the parts of an analysis need."""

    settings: AnalyzeSettings
    recipe: Recipe
    original: Original
    subject: Subject
    split: Split
    yard: Yardstick
    notes: list[str]

    @property
    def some(self) -> Samples:
        """Samples that single layers are measured on."""
        return tuple(x[: self.settings.samples] for x in self.yard.samples)

    def diagnosis(self, progress: Progress) -> dict[str, object]:
        """Layers, steps, causes and mends, by their names in the report."""
        subject, yard = self.subject, self.yard
        quantized = self.original.refined(subject, self.recipe.refine or (), self.settings.seed)
        progress("measure the flowchart's steps", 0, 1)
        chart = flowchart(subject.graph, quantized, yard)
        progress("measure the flowchart's steps", 1, 1)
        differences = cumulative(subject.graph, quantized, self.some)
        alone = isolated(subject.graph, quantized, self.some, progress)
        small = yardstick(yard.graph, self.some, run_graph(subject.graph, self.some), None)
        errors = {i: small.measure(v.outputs).error for i, v in alone.items() if v is not None}
        evidence = Evidence(
            subject, quantized, chart, channels(subject.graph, subject.statistics), differences, errors
        )  # fmt: skip
        found = causes(evidence)
        mends = try_mends(self.original, self.recipe, evidence, found, yard, progress)
        now = chart.step("quantized").measured
        advised = advice(mends, now) if now is not None else None
        self._note_own_choices()
        recipes = {m.name: explicit(m.recipe, self.original.graph) for m in mends}
        if self.settings.write_recipe is not None:
            if advised is None:
                self.notes.append(f"{self.settings.write_recipe} was not written, as there is nothing to advise.")
            else:
                self._write(recipes[advised.name], f"{advised.name} for {self.settings.model.name}")
        return {
            "layers": parts.layers(evidence, alone),
            "steps": tuple(parts.step(s) for s in chart.steps),
            "diagnosis": DiagnosisReport(
                verdict=parts.verdict(chart),
                summary=summary(chart, found, advised, yard),
                causes=tuple(parts.cause(c, evidence) for c in found),
                mends=tuple(parts.mend(m, self._command(recipes[m.name]), self._text(recipes[m.name])) for m in mends),
                advice=mends.index(advised) if advised is not None else None,
            ),
        }

    def _note_own_choices(self) -> None:
        """Say what ``quantize`` would try and the analysis left out."""
        transforms, refinements = chosen_by_quantize(self.recipe, self.original.graph)
        left_out = (
            *(transforms if not self.recipe.transforms else ()),
            *(refinements if not self.recipe.refine else ()),
        )
        if left_out:
            self.notes.append(
                f"This is the model without {' and '.join(left_out)}, which 'tinyq quantize' tries here by itself."
            )

    def matrix(self, progress: Progress) -> MatrixReport:
        """All calibrators and transforms."""
        stock = self._stock(progress)
        return parts.matrix(matrix(self.original, self.yard, stock, progress))

    def mixed(self, progress: Progress) -> MixedReport:
        """Bit widths layer by layer."""
        found = mixed_precision(self.subject, self.yard, self.some, self.settings.budget, progress)
        if found.chosen is None:
            return parts.mixed(found, self.subject, None, "", None)
        recipe = point_recipe(self.recipe, self.subject, found.points[found.chosen])
        graph = self.subject.with_schemes(found.points[found.chosen].schemes).quantized()
        verified = under_tflm(graph, self.yard, self.settings.samples)
        if verified is None:
            self.notes.append("The choice was not verified, as the package tflite-micro is not installed.")
        if self.settings.write_recipe is not None:
            self._write(recipe, f"mixed precision for {self.settings.model.name}")
        return parts.mixed(found, self.subject, verified, self._command(recipe), self._text(recipe))

    def _stock(self, progress: Progress) -> Graph | None:
        progress("TensorFlow's converter", 0, 1)
        try:
            found = load_graph(stock_quantize(write_graph(self.original.graph), self.original.calibration))
        except (MissingToolError, UnsupportedError) as error:
            self.notes.append(f"There is no baseline of TensorFlow's own converter: {error.message}")
            return None
        progress("TensorFlow's converter", 1, 1)
        return found

    def _write(self, recipe: Recipe, title: str) -> None:
        if self.settings.write_recipe is not None:
            write_file(self.settings.write_recipe, recipe_text(recipe, [title, self._command(recipe)]))

    def _text(self, recipe: Recipe) -> str | None:
        """The recipe's file, if the command needs one."""
        return recipe_text(recipe) if needs_file(recipe) or self.settings.write_recipe is not None else None

    def _command(self, recipe: Recipe) -> str:
        s = self.settings
        words = [str(s.model), "--data", s.data]
        for flag, value in (("--calibration-samples", s.calibration_samples), ("--image-scale", s.image_scale)):
            words += [flag, str(value)] if value is not None else []
        words += ["--seed", str(s.seed)] if s.seed else []
        words += ["--trust"] if s.trust else []
        file = str(s.write_recipe) if s.write_recipe is not None else None
        return quantize_command(recipe, words, f"{s.model.stem}_quantized.tflite", file)
