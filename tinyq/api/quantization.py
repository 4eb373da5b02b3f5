"""From a model file and data to a full-integer ``.tflite``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.api.judge import JUDGES, Judge, make_judge, split_for_judging, with_metric
from tinyq.api.progress import Progress, silent
from tinyq.api.staging import write_file
from tinyq.data import Dataset, Split, load_data, split
from tinyq.errors import BadInputError
from tinyq.frontend import LoadedModel, load_model, stock_quantize, synthesize
from tinyq.graph import Graph, layer_name, load_graph, write_graph
from tinyq.hardware.accelerators import load_accelerator
from tinyq.qat.folder import is_trained_folder, read_folder
from tinyq.quantization import calibrators, pipeline, ptq
from tinyq.quantization.op_rules import has_weights
from tinyq.quantization.pipeline import Trial
from tinyq.quantization.recipe import SCHEMES, Recipe, read_recipe, resolve
from tinyq.quantization.scheme import LayerScheme, left_float
from tinyq.quantization.statistics import Statistics
from tinyq.reporting.models import LayerSchemeReport, QuantizeReport, TrialReport

QUANTIZERS = ("tinyq", "stock")


@dataclass(frozen=True)
class QuantizeSettings:
    """What to quantize, and how.

    Attributes:
        model: A ``.keras``, ``.h5`` or ``.tflite`` file or a SavedModel folder.
        data: Where samples come from (see :func:`tinyq.data.load_data`). A quantized model needs none; for a Keras
            model with batch normalizations samples are made up.
        quantizer: "tinyq", or "stock" for TensorFlow's own converter.
        calibrator: Name of a calibrator, "auto" to try all, or None for the recipe's or the default.
        calibration_samples: At most so many; None for min(200, half of the data).
        image_scale: Range of values that images are scaled to, or None for the default.
        seed: Seed of the split.
        trust: Load Keras models that carry code.
        recipe: A recipe file.
        scheme: Name of a scheme for the whole model, in place of the recipe's.
        transforms: Names of transforms to try, in place of the recipe's; None leaves it to what the model needs.
        refinements: The same of refinements.
        accelerator: Name of an accelerator, whose scheme is taken where neither a recipe nor a scheme is given.
        judge: What decides on held-out samples: "output", the error of the outputs, or "metric", which needs labels.
        metric: A metric's name; None for the one that suits the model.
    """

    model: Path
    data: str | None = None
    quantizer: str = "tinyq"
    calibrator: str | None = None
    calibration_samples: int | None = None
    image_scale: str | None = None
    seed: int = 0
    trust: bool = False
    recipe: Path | None = None
    scheme: str | None = None
    accelerator: str | None = None
    transforms: tuple[str, ...] | None = None
    refinements: tuple[str, ...] | None = None
    judge: str = "output"
    metric: str | None = None


@dataclass(frozen=True)
class Quantized:
    """A quantized model and what it was made from.

    Attributes:
        loaded: The model as it came in.
        tflite: The integer model; the file's own bytes if it came in quantized.
        graph: The same, parsed.
        dataset: The data, if any was given.
        split: Which samples calibrated and which were left unseen; None without data.
        calibrator: Name of the calibrator that was used; None if it was TensorFlow's or nobody's.
        schemes: What each operator of ``graph`` got; empty if tinyq did not quantize.
        trials: What was tried, with the error on held-out samples.
        notes: What the user may want to know of the calibration, one sentence each.
        recipe: What was asked for, recipe file and settings together; None if tinyq did not quantize.
        statistics: What was seen of activations, by tensor of the float graph; the first tensors of ``graph`` are the
            same. Empty if tinyq did not quantize.
    """

    loaded: LoadedModel
    tflite: bytes
    graph: Graph
    dataset: Dataset | None
    split: Split | None
    calibrator: str | None
    schemes: tuple[LayerScheme, ...] = ()
    trials: tuple[Trial, ...] = ()
    notes: tuple[str, ...] = ()
    recipe: Recipe | None = None
    statistics: Statistics = field(default_factory=dict)

    @property
    def float_tflite(self) -> bytes | None:
        """The float model, if the model came in as float."""
        return self.loaded.tflite if self.loaded.kind == "float" else None


def quantize_model(settings: QuantizeSettings, progress: Progress = silent) -> Quantized:
    """Load a model and its data, and quantize it unless it is quantized.

    Raises:
        BadInputError: The model, the data or a setting is not usable.
    """
    recipe = _recipe(settings)
    choices = _choices(recipe, settings)
    if settings.quantizer not in QUANTIZERS:
        raise BadInputError(f"There is no quantizer {settings.quantizer!r}.", f"Choose one of {', '.join(QUANTIZERS)}.")

    if settings.judge not in JUDGES:
        raise BadInputError(f"There is no judge {settings.judge!r}.", f"Choose one of {', '.join(JUDGES)}.")

    if is_trained_folder(settings.model):
        return _trained(settings)
    progress("load the model", 0, 1)
    loaded = load_model(settings.model, trust=settings.trust)
    progress("load the model", 1, 1)
    dataset = load_data(settings.data, loaded.graph, image_scale=settings.image_scale) if settings.data else None
    if loaded.kind == "quantized":
        return Quantized(loaded, loaded.tflite, loaded.graph, dataset, _all_unseen(dataset, settings.seed), None)
    samples = _samples(loaded, dataset, settings, progress)
    if settings.quantizer == "stock":
        progress("quantize", 0, 1)
        tflite = stock_quantize(loaded.tflite, samples.inputs)
        progress("quantize", 1, 1)
        return Quantized(loaded, tflite, load_graph(tflite), dataset, samples.split, None, notes=samples.notes)
    graph = pipeline.prepared(loaded.graph)
    resolved = resolve(recipe, graph)
    ptq.plan(graph, resolved.schemes, resolved.io)  # refuses what cannot be, before any work
    inputs, judge = samples.inputs, None
    if pipeline.needs_judge(graph, resolved, choices):
        seen, held_out = split_for_judging(np.arange(len(inputs[0])), settings.judge)
        judge = _judge(settings, loaded, samples, held_out).error
        inputs = tuple(x[seen] for x in inputs)
    outcome = pipeline.run(
        graph, inputs, resolved, choices, judge, batch_norms=loaded.batch_norms, seed=settings.seed, progress=progress
    )
    return Quantized(
        loaded,
        write_graph(outcome.graph),
        outcome.graph,
        dataset,
        samples.split,
        outcome.calibrator,
        outcome.planned.schemes,
        outcome.trials,
        (*samples.notes, *left_float(graph, resolved.schemes)),
        recipe.model_copy(update={"transforms": choices.transforms, "refine": choices.refinements}),
        outcome.statistics,
    )


def _trained(settings: QuantizeSettings) -> Quantized:
    """What ``tinyq qat`` left in a folder: scales are learned, so nothing is calibrated, and all data are unseen."""
    trained = read_folder(settings.model)
    graph = load_graph(trained.tflite)
    float_graph = load_graph(trained.float_tflite)
    loaded = LoadedModel("float", trained.float_tflite, float_graph, "tflite", trained.sha256, trained.record.notes)
    dataset = load_data(settings.data, float_graph, image_scale=settings.image_scale) if settings.data else None
    return Quantized(loaded, trained.tflite, graph, dataset, _all_unseen(dataset, settings.seed), None)


@dataclass(frozen=True)
class _Samples:
    """What to calibrate with: for each input real values ``[N, ...]``; the split that they come from; labels; notes."""

    inputs: tuple[NDArray[Any], ...]
    split: Split | None
    labels: NDArray[Any] | None = None
    notes: tuple[str, ...] = ()


def _judge(settings: QuantizeSettings, loaded: LoadedModel, samples: _Samples, held_out: NDArray[np.int64]) -> Judge:
    judge = make_judge(loaded.tflite, [x[held_out] for x in samples.inputs])
    if settings.judge == "output":
        return judge
    labels = samples.labels[held_out] if samples.labels is not None else None
    return with_metric(judge, settings.metric, loaded.graph, labels)


def _samples(loaded: LoadedModel, dataset: Dataset | None, settings: QuantizeSettings, progress: Progress) -> _Samples:
    """Samples of the data; without data, inputs made up from what the model remembers of its training."""
    if dataset is not None:
        parts = split(len(dataset), settings.calibration_samples, settings.seed)
        seen = dataset.take(parts.calibration)
        return _Samples(seen.inputs, parts, seen.labels)
    stage = "make up samples"
    made = synthesize(loaded, seed=settings.seed, progress=lambda done, total: progress(stage, done, total))
    return _Samples(made.inputs, None, None, made.notes)


def _recipe(settings: QuantizeSettings) -> Recipe:
    """The recipe file with what the settings put in its place."""
    recipe = read_recipe(settings.recipe) if settings.recipe is not None else Recipe()
    changes: dict[str, Any] = {}
    if settings.accelerator is not None:
        scheme = load_accelerator(settings.accelerator).scheme
        if settings.recipe is None:
            changes["scheme"] = scheme
    if settings.scheme is not None:
        if settings.scheme not in SCHEMES:
            raise BadInputError(f"There is no scheme {settings.scheme!r}.", f"Choose one of {', '.join(SCHEMES)}.")
        changes["scheme"] = settings.scheme
    if settings.calibrator is not None:
        changes["calibrator"] = settings.calibrator
    return recipe.model_copy(update=changes)


def _choices(recipe: Recipe, settings: QuantizeSettings) -> pipeline.Choices:
    """What to try, checked."""
    choices = pipeline.Choices(
        recipe.calibrator or calibrators.DEFAULT,
        settings.transforms if settings.transforms is not None else recipe.transforms,
        settings.refinements if settings.refinements is not None else recipe.refine,
    )
    pipeline.check(choices)
    return choices


def _all_unseen(dataset: Dataset | None, seed: int) -> Split | None:
    """A split for a model that needs no calibration."""
    if dataset is None:
        return None
    order = np.random.default_rng(seed).permutation(len(dataset))
    return Split(order[:0], order)


def quantize_file(
    settings: QuantizeSettings, out: Path, force: bool = False, progress: Progress = silent
) -> QuantizeReport:
    """Quantize a model into one file.

    Raises:
        BadInputError: As :func:`quantize_model`, or ``out`` exists and ``force`` is not set.
    """
    if out.exists() and (not force or not out.is_file()):
        raise BadInputError(f"{out} exists already.", "Choose another name, or replace the file with --force.")
    if not out.parent.is_dir():
        raise BadInputError(f"The folder {out.parent} does not exist.", "Make it first, or choose another.")
    quantized = quantize_model(settings, progress)
    write_file(out, quantized.tflite)
    return QuantizeReport(
        model=settings.model.name,
        file=str(out),
        model_bytes=len(quantized.tflite),
        quantizer=settings.quantizer if quantized.float_tflite is not None else "given",
        calibrator=quantized.calibrator,
        calibration_samples=len(quantized.split.calibration) if quantized.split is not None else 0,
        seed=settings.seed,
        layers=layer_schemes(quantized),
        trials=trial_reports(quantized.trials),
        notes=(*quantized.loaded.notes, *quantized.notes),
    )


def layer_schemes(quantized: Quantized) -> tuple[LayerSchemeReport, ...]:
    """What each operator got, as it is reported; nothing if tinyq did not quantize."""
    graph = quantized.graph
    if not quantized.schemes:
        return ()
    return tuple(
        LayerSchemeReport(
            index=index,
            layer=layer_name(graph, op),
            op=op.kind,
            activations=scheme.activations,
            weight_bits=scheme.weight_bits if has_weights(op) and scheme.activations != "float32" else None,
            per_channel=scheme.per_channel if has_weights(op) and scheme.activations != "float32" else None,
            scales=scheme.scales,
        )
        for index, (op, scheme) in enumerate(zip(graph.ops, quantized.schemes, strict=True))
    )


def trial_reports(trials: Sequence[Trial]) -> tuple[TrialReport, ...]:
    """What was tried, as it is reported."""
    return tuple(TrialReport(**asdict(t)) for t in trials)
