"""From a model file and data to a full-integer ``.tflite``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyq.api.progress import Progress, silent
from tinyq.api.staging import write_file
from tinyq.data import Dataset, Split, load_data, split
from tinyq.errors import BadInputError
from tinyq.frontend import LoadedModel, load_model, stock_quantize
from tinyq.graph import Graph, load_graph, write_graph
from tinyq.quantization import calibrators, ptq
from tinyq.quantization.statistics import observe

QUANTIZERS = ("tinyq", "stock")


@dataclass(frozen=True)
class QuantizeSettings:
    """What to quantize, and how.

    Attributes:
        model: A ``.keras``, ``.h5`` or ``.tflite`` file or a SavedModel folder.
        data: Where samples come from (see :func:`tinyq.data.load_data`); not needed by a quantized model.
        quantizer: "tinyq", or "stock" for TensorFlow's own converter.
        calibrator: Name of a calibrator, or None for the default.
        calibration_samples: At most so many; None for min(200, half of the data).
        image_scale: Range of values that images are scaled to, or None for the default.
        seed: Seed of the split.
        trust: Load Keras models that carry code.
    """

    model: Path
    data: str | None = None
    quantizer: str = "tinyq"
    calibrator: str | None = None
    calibration_samples: int | None = None
    image_scale: str | None = None
    seed: int = 0
    trust: bool = False


@dataclass(frozen=True)
class Quantized:
    """A quantized model and what it was made from.

    Attributes:
        loaded: The model as it came in.
        tflite: The full-integer model; the file's own bytes if it came in quantized.
        graph: The same, parsed.
        dataset: The data, if any was given.
        split: Which samples calibrated and which were left unseen; None without data.
        calibrator: Name of the calibrator that was used; None if it was TensorFlow's or nobody's.
    """

    loaded: LoadedModel
    tflite: bytes
    graph: Graph
    dataset: Dataset | None
    split: Split | None
    calibrator: str | None

    @property
    def float_tflite(self) -> bytes | None:
        """The float model, if the model came in as float."""
        return self.loaded.tflite if self.loaded.kind == "float" else None


def quantize_model(settings: QuantizeSettings, progress: Progress = silent) -> Quantized:
    """Load a model and its data, and quantize it unless it is quantized.

    Raises:
        BadInputError: The model, the data or a setting is not usable.
    """
    if settings.quantizer not in QUANTIZERS:
        raise BadInputError(f"There is no quantizer {settings.quantizer!r}.", f"Choose one of {', '.join(QUANTIZERS)}.")
    name = settings.calibrator or calibrators.DEFAULT
    choose = calibrators.calibrator(name)

    progress("load the model", 0, 1)
    loaded = load_model(settings.model, trust=settings.trust)
    progress("load the model", 1, 1)
    dataset = load_data(settings.data, loaded.graph, image_scale=settings.image_scale) if settings.data else None
    if loaded.kind == "quantized":
        return Quantized(loaded, loaded.tflite, loaded.graph, dataset, _all_unseen(dataset, settings.seed), None)
    if dataset is None:
        raise BadInputError(
            "A float model needs data to calibrate with.", "Give representative samples with --data (.npz, .npy, ...)."
        )
    parts = split(len(dataset), settings.calibration_samples, settings.seed)
    samples = tuple(x[parts.calibration] for x in dataset.inputs)
    if settings.quantizer == "stock":
        progress("quantize", 0, 1)
        tflite = stock_quantize(loaded.tflite, samples)
        graph = load_graph(tflite)
        progress("quantize", 1, 1)
        return Quantized(loaded, tflite, graph, dataset, parts, None)
    progress("observe activations", 0, 1)
    statistics = observe(loaded.tflite, loaded.graph, samples)
    progress("observe activations", 1, 1)
    planned = ptq.plan(loaded.graph)
    graph = ptq.quantize(planned, ptq.calibrate(statistics, choose, planned))
    return Quantized(loaded, write_graph(graph), graph, dataset, parts, name)


def _all_unseen(dataset: Dataset | None, seed: int) -> Split | None:
    """A split for a model that needs no calibration."""
    if dataset is None:
        return None
    order = np.random.default_rng(seed).permutation(len(dataset))
    return Split(order[:0], order)


def quantize_file(settings: QuantizeSettings, out: Path, force: bool = False, progress: Progress = silent) -> int:
    """Quantize a model into one file; returns its size in bytes.

    Raises:
        BadInputError: As :func:`quantize_model`, or ``out`` exists and ``force`` is not set.
    """
    if out.exists() and (not force or not out.is_file()):
        raise BadInputError(f"{out} exists already.", "Choose another name, or replace the file with --force.")
    if not out.parent.is_dir():
        raise BadInputError(f"The folder {out.parent} does not exist.", "Make it first, or choose another.")
    quantized = quantize_model(settings, progress)
    write_file(out, quantized.tflite)
    return len(quantized.tflite)
