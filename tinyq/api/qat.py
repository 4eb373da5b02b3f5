"""From a float model and training data to a model that was trained to be an integer model."""

from __future__ import annotations

import json
from pathlib import Path

from tinyq.api.manifest import sha256
from tinyq.api.qat_run import Run
from tinyq.api.qat_settings import Outcome, QatSettings, Watcher
from tinyq.api.staging import MANIFEST, check_output, staged_folder, write_file
from tinyq.data import load_data
from tinyq.errors import BadInputError, FailedError
from tinyq.frontend import load_model
from tinyq.qat import session, task
from tinyq.qat.folder import FLOAT_MODEL, KERAS_MODEL, MODEL, RECORD, Record
from tinyq.qat.methods import method

__all__ = ["Outcome", "QatSettings", "Watcher", "qat", "train_model"]


def qat(settings: QatSettings, watcher: Watcher | None = None) -> Record:
    """Train a model and write the folder ``settings.out``.

    While it trains, its states are kept in a file beside that folder, ``<out>.checkpoint``.

    Raises:
        BadInputError: The model, the data or a setting is not usable.
        FailedError: The loss became NaN; the checkpoint of the last good epoch stays.
    """
    check_output(settings.out, settings.force)
    checkpoint = settings.out.parent / f"{settings.out.name}.checkpoint"
    if not settings.resume:
        checkpoint.unlink(missing_ok=True)
    try:
        outcome = train_model(settings, watcher or Watcher(), checkpoint)
    except FailedError as error:
        if not checkpoint.is_file():
            raise
        kept = f"The last good epoch is kept in {checkpoint}; --resume goes on from it."
        raise FailedError(error.message, f"{error.hint} {kept}") from error
    files = {MODEL: outcome.tflite, FLOAT_MODEL: outcome.float_tflite, KERAS_MODEL: outcome.keras}
    record = outcome.record.model_copy(update={"files": {name: sha256(data) for name, data in files.items()}})
    with staged_folder(settings.out, settings.force) as stage:
        for name, data in files.items():
            write_file(stage / name, data)
        write_file(stage / RECORD, record.model_dump_json(indent=2) + "\n")
        write_file(stage / MANIFEST, json.dumps({"kind": "qat", "record": RECORD}) + "\n")
    checkpoint.unlink(missing_ok=True)
    return record


def train_model(settings: QatSettings, watcher: Watcher, checkpoint: Path | None = None) -> Outcome:
    """Load, prepare, train and measure; writes nothing but the checkpoint.

    Raises:
        BadInputError, FailedError: As :func:`qat`.
    """
    settings.check()
    session.require(*method(settings.method).needs)
    watcher.progress("load the model", 0, 1)
    loaded = load_model(settings.model, trust=settings.trust)
    watcher.progress("load the model", 1, 1)
    if loaded.kind != "float":
        raise BadInputError(f"{settings.model} is quantized already.", "Give the float model that it was made from.")
    data = load_data(settings.train, loaded.graph, image_scale=settings.image_scale)
    kept = task.usable(loaded.graph, data.labels)
    data = data if kept is None else data.take(kept)
    apart = None
    if settings.validation is not None:
        apart = load_data(settings.validation, loaded.graph, image_scale=settings.image_scale)
    return Run(settings, watcher, checkpoint, loaded, data, apart).outcome()
