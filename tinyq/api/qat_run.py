"""One training: its stages one after the other, what each starts from, and what is told and kept of it."""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyq.api.judge import make_judge, split_for_judging
from tinyq.api.manifest import versions
from tinyq.api.qat_settings import Outcome, QatSettings, Watcher
from tinyq.api.scoring import NO_METRIC, scores_of
from tinyq.api.staging import write_file
from tinyq.data import Dataset, split, to_codes, to_values
from tinyq.errors import BadInputError
from tinyq.evaluation import run_float, run_tflm
from tinyq.frontend import LoadedModel
from tinyq.graph import Graph, load_graph, write_graph
from tinyq.qat import session, task
from tinyq.qat.channels import remove_channels
from tinyq.qat.checkpoint import Checkpoint, pack, unpack
from tinyq.qat.compress import NOTHING, Compression, structure_of
from tinyq.qat.folder import KERAS_MODEL, Epoch, Record, Training, learned
from tinyq.qat.methods import method
from tinyq.qat.plan import Parameters, Plan, float_plan, initial, integer, plan, separate, trained
from tinyq.qat.reestimate import reestimate
from tinyq.qat.train import EpochEnd, Job, Optimization
from tinyq.qat.widths import WEIGHT_BITS, recipe_for
from tinyq.quantization import calibrators, pipeline
from tinyq.quantization.data_free import surviving
from tinyq.quantization.recipe import read_recipe, resolve

_VALIDATION_SHARE = 0.1
_MOST_VALIDATION = 200
_MOST_EACH_EPOCH = 100
_CALIBRATION_SAMPLES = 200
_DISTILL_SHARE = 0.3
_RECOVERY = 8  # times as many epochs after channels were removed; without rounding they cost little


@dataclass(frozen=True)
class Stage:
    """One training: its name, the width of the weights (None: it stays float), and what happens to the weights."""

    name: str
    weight_bits: int | None
    compression: Compression | None = None
    channels: float | None = None


class Run:
    """From a loaded model and data to an outcome."""

    def __init__(
        self,
        settings: QatSettings,
        watcher: Watcher,
        checkpoint: Path | None,
        loaded: LoadedModel,
        data: Dataset,
        validation: Dataset | None,
    ) -> None:
        self.settings, self.watcher, self.checkpoint, self.loaded = settings, watcher, checkpoint, loaded
        if validation is None:
            most = min(_MOST_VALIDATION, int(len(data) * _VALIDATION_SHARE))
            parts = split(len(data), max(1, most), settings.seed)
            data, validation = data.take(parts.evaluation), data.take(parts.calibration)
        if not len(data):
            raise BadInputError("The data hold too few samples to train with.", "Give at least two.")
        self.data, self.apart = data, validation
        self.original = separate(pipeline.prepared(loaded.graph))
        self.task = task.task_of(self.original, data.labels, distill=settings.distill)
        self.targets = task.targets(self.original, data.inputs, data.labels)
        self.history: list[Epoch] = []
        self.notes = list(loaded.notes)
        self.start_accuracy: float | None = None
        self.start_tflite = b""
        self.made: Plan | None = None
        self.norms = loaded.batch_norms

    def outcome(self) -> Outcome:
        """Train all stages."""
        stages, graph = self._stages(), self.original
        resumed = self._resumed()
        keras = b""
        for number, stage in enumerate(stages):
            if resumed is not None and number < resumed.stage:
                if stage.channels is not None:
                    self.notes.append(f"Channels were removed in the stage {stage.name!r} of the interrupted run.")
                continue
            going_on = resumed if resumed is not None and number == resumed.stage else None
            if going_on is not None:
                graph = load_graph(going_on.graph)
            elif stage.channels is not None:
                graph = remove_channels(graph, stage.channels, self.data.inputs)
            start = write_graph(graph)
            made, first = self._start(graph, stage)
            with _scratch() as folder:
                keep = folder / KERAS_MODEL
                parameters = session.fit(
                    self._job(made, first, stage),
                    self.data.inputs,
                    self.targets,
                    state=going_on.state if going_on is not None else None,
                    keep=str(keep),
                    on_epoch=partial(self._ended, number, stage, made, start),
                    on_step=partial(self.watcher.step, stage.name),
                )
                keras = keep.read_bytes() if keep.exists() else keras
            graph = trained(made, parameters)
        assert self.made is not None  # noqa: S101 - the last stage quantizes
        return self._finished(made, parameters, keras)

    def _stages(self) -> list[Stage]:
        settings, stages = self.settings, list[Stage]()
        if settings.channels is not None:
            stages.append(Stage("fewer channels", None, channels=settings.channels))
        if settings.sparsity is not None:
            stages.append(Stage("pruning", None, Compression(sparsity=settings.sparsity)))
        if settings.clusters is not None:
            keep = settings.sparsity is not None
            stages.append(Stage("clustering", None, Compression(clusters=settings.clusters, keep_zeros=keep)))
        narrower = [b for b in WEIGHT_BITS if b > settings.weight_bits] if settings.progressive else []
        return [*stages, *(Stage(f"{b}-bit weights", b) for b in (*narrower, settings.weight_bits))]

    def _start(self, graph: Graph, stage: Stage) -> tuple[Plan, Parameters]:
        """What a stage trains, and from where."""
        if stage.weight_bits is None:
            made = float_plan(graph)
            return made, initial(made)
        made = self._quantized(graph, stage.weight_bits)
        first = initial(made, from_extremes=not method(self.settings.method).learns_weight_scales)
        if self.made is None:
            begun = integer(made, first)
            self.start_tflite, self.start_accuracy = write_graph(begun), self.accuracy(begun)
        self.made = made
        return made, first

    def _quantized(self, graph: Graph, bits: int) -> Plan:
        """The model, quantized after training as ``tinyq quantize`` does."""
        settings = self.settings
        recipe = (
            read_recipe(settings.recipe)
            if settings.recipe is not None
            else recipe_for(bits, settings.activation_bits, settings.per_channel)
        )
        resolved = resolve(recipe, graph)
        learns = method(settings.method).learns_weight_scales and bits in (8, 4)
        untouched = settings.clusters is None and settings.sparsity is None and self.made is None
        refinements = None if learns and untouched else ()
        choices = pipeline.Choices(
            recipe.calibrator or calibrators.DEFAULT,
            recipe.transforms if settings.clusters is None else (),
            recipe.refine if recipe.refine is not None else refinements,
        )
        pipeline.check(choices)
        inputs = tuple(x[:_CALIBRATION_SAMPLES] for x in self.data.inputs)
        judge = None
        if pipeline.needs_judge(graph, resolved, choices):
            seen, held_out = split_for_judging(np.arange(len(inputs[0])))
            judge = make_judge(write_graph(graph), [x[held_out] for x in inputs]).error
            inputs = tuple(x[seen] for x in inputs)
        done = pipeline.run(graph, inputs, resolved, choices, judge, seed=settings.seed, progress=self.watcher.progress)
        self.norms = surviving(self.norms, graph, done.float_graph)
        return plan(done.float_graph, done.planned, done.graph, bits)

    def _job(self, made: Plan, first: Parameters, stage: Stage) -> Job:
        settings = self.settings
        optimization = Optimization(
            epochs=settings.epochs * (_RECOVERY if stage.channels is not None else 1),
            rate=settings.rate,
            batch=settings.batch,
            seed=settings.seed,
            distill=_DISTILL_SHARE if settings.distill else 0.0,
        )
        rounds = stage.weight_bits is not None
        structure = structure_of(first, settings.sparsity is not None, settings.clusters) if rounds else NOTHING
        teacher = (self.original, self.task.tensor) if settings.distill else None
        name = settings.method if rounds else ""
        return Job(made, first, structure, name, self.task, teacher, optimization, stage.compression)

    def _ended(self, number: int, stage: Stage, made: Plan, start: bytes, end: EpochEnd) -> None:
        """Measure, tell, and keep the state after an epoch."""
        right = (
            self.accuracy(integer(made, end.parameters), _MOST_EACH_EPOCH) if stage.weight_bits is not None else None
        )
        epoch = Epoch(
            stage=stage.name,
            epoch=end.state.epoch,
            loss=end.loss,
            accuracy=None if math.isnan(end.accuracy) else end.accuracy,
            quantized_accuracy=right,
        )
        self.history.append(epoch)
        if self.checkpoint is not None:
            told = tuple(e.model_dump() for e in self.history)
            write_file(self.checkpoint, pack(Checkpoint(self._fingerprint(), number, start, end.state, told)))
        self.watcher.epoch(epoch)

    def _resumed(self) -> Checkpoint | None:
        """The checkpoint to go on from, if that was asked for."""
        if not self.settings.resume or self.checkpoint is None:
            return None
        if not self.checkpoint.is_file():
            raise BadInputError(f"There is no checkpoint {self.checkpoint}.", "Train without --resume.")
        found = unpack(self.checkpoint)
        if found.fingerprint != self._fingerprint():
            raise BadInputError(
                f"The checkpoint {self.checkpoint} is of another model, other data or other settings.",
                "Give what the interrupted run was given (the learning rate may differ), or train without --resume.",
            )
        self.history = [Epoch.model_validate(e) for e in found.history]
        return found

    def _fingerprint(self) -> str:
        """What a checkpoint belongs to: all but names, and the learning rate, which may be what has to change."""
        free = {"model", "train", "validation", "out", "resume", "force", "trust", "rate", "recipe"}
        held = {k: v for k, v in asdict(self.settings).items() if k not in free}
        recipe = self.settings.recipe.read_text() if self.settings.recipe is not None else ""
        parts = [self.loaded.sha256, self.data.sha256, self.apart.sha256, recipe, json.dumps(held, sort_keys=True)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def accuracy(self, graph: Graph, most: int | None = None) -> float | None:
        """Of an integer model, under TFLM, on (at most so many of) the samples kept apart; None if there is none."""
        few = self.apart.take(range(min(len(self.apart), most or len(self.apart))))
        codes = [
            to_codes(x, graph.tensors[t], integers_are_codes=False)
            for x, t in zip(few.inputs, graph.inputs, strict=True)
        ]
        outputs = run_tflm(write_graph(graph), codes)
        return scores_of(None, graph, few.labels, self._values(few), host=outputs).accuracy.host

    def _values(self, data: Dataset) -> list[NDArray[np.float32]]:
        tensors = [self.original.tensors[t] for t in self.original.inputs]
        return [to_values(x, t).astype(np.float32) for x, t in zip(data.inputs, tensors, strict=True)]

    def _finished(self, made: Plan, parameters: Parameters, keras: bytes) -> Outcome:
        settings = self.settings
        graph = integer(made, parameters)
        if settings.batch_norm == "reestimate":
            parameters, note = reestimate(made, parameters, self.norms, self.data.inputs)
            self.notes.append(note)
            graph = integer(made, parameters)
        values = self._values(self.apart)
        outputs = run_float(self.loaded.tflite, values)
        scored = scores_of(None, self.original, self.apart.labels, values, float_=outputs)
        training = Training(
            epochs=settings.epochs,
            learning_rate=settings.rate,
            batch=settings.batch,
            seed=settings.seed,
            distill=_DISTILL_SHARE if settings.distill else 0.0,
            progressive=settings.progressive,
            batch_norm=settings.batch_norm,
            sparsity=settings.sparsity,
            channels=settings.channels,
            clusters=settings.clusters,
            train_sha256=self.data.sha256,
            train_samples=len(self.data),
            validation_samples=len(self.apart),
            metric=scored.metric if scored.metric != NO_METRIC else None,
            float_accuracy=scored.accuracy.float_,
            start_accuracy=self.start_accuracy,
            quantized_accuracy=self.accuracy(graph),
            history=tuple(self.history),
        )
        record = Record(
            model=settings.model.name,
            method=settings.method,
            weight_bits=settings.weight_bits,
            activation_bits=settings.activation_bits,
            per_channel=settings.per_channel,
            training=training,
            notes=tuple(self.notes),
            versions=versions(),
            **learned(made, parameters, graph),
        )
        return Outcome(write_graph(graph), self.start_tflite, self.loaded.tflite, keras, record)


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tinyq-") as folder:
        yield Path(folder)
