"""The samples that a converted model is run on: unseen ones of the conversion's data, others, or random codes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.api.manifest import Manifest, Source
from tinyq.data import Dataset, load_data, to_codes, to_values
from tinyq.data.shapes import is_sequence
from tinyq.errors import BadInputError
from tinyq.graph import Graph

_RANDOM_SAMPLES = 50


@dataclass(frozen=True)
class Samples:
    """Inputs to run, and where they came from.

    Attributes:
        codes: For each input an array ``[N, ...]`` of the input's type.
        values: The same as real values, or None for random codes.
        labels: Labels of the samples, if there are any.
        indices: Positions in the data, ``[N]``.
        origin: In words.
    """

    codes: tuple[NDArray[Any], ...]
    values: tuple[NDArray[Any], ...] | None
    labels: NDArray[Any] | None
    indices: NDArray[np.int64]
    origin: str


def choose_samples(out: Path, manifest: Manifest, graph: Graph, *, data: str | None, most: int | None) -> Samples:
    """The samples to run a converted model on.

    Args:
        out: The folder that ``convert`` wrote.
        manifest: Its manifest.
        graph: Its quantized model.
        data: Other data than the conversion's; None for the manifest's unseen samples, else random inputs.
        most: At most so many; None for all (50 random ones).

    Raises:
        BadInputError: The data cannot be read, changed since the conversion, or hold no unseen sample.
    """
    known = manifest.data
    if data is None and known is None:
        return _random(graph, most or _RANDOM_SAMPLES, manifest.seed)
    if data is None and known is not None:
        dataset = _manifest_data(out, known, manifest.image_scale, graph)
    else:
        scale = manifest.image_scale if known is not None and known.is_folder else None
        dataset = load_data(data or "", graph, image_scale=scale)
    if known is not None and dataset.sha256 == known.sha256:
        indices, origin = np.array(manifest.evaluation_indices, np.int64), "unseen"
    else:
        indices, origin = np.arange(len(dataset)), f"all samples of {dataset.source}"
    return _chosen(dataset, indices[:most], manifest, graph, origin)


def first_steps(samples: Samples, graph: Graph) -> Samples:
    """Of sequences the first step alone, which is what a layer-by-layer run takes."""
    if not is_sequence(samples.codes[0], graph.tensors[graph.inputs[0]]):
        return samples
    values = samples.values
    return replace(
        samples,
        codes=tuple(x[:, 0] for x in samples.codes),
        values=None if values is None else tuple(x[:, 0] for x in values),
    )


def _manifest_data(out: Path, source: Source, image_scale: str | None, graph: Graph) -> Dataset:
    spec = source.path if source.is_function else str((out / source.path).resolve())
    try:
        dataset = load_data(spec, graph, image_scale=image_scale)
    except BadInputError as error:
        raise BadInputError(f"The data of the conversion cannot be read: {error.message}", "Give --data.") from error
    if dataset.sha256 != source.sha256:
        raise BadInputError(
            f"The data {dataset.source} changed since the conversion, so unseen samples are no longer known.",
            "Run 'tinyq convert' again, or give other data with --data.",
        )
    return dataset


def _chosen(dataset: Dataset, indices: NDArray[np.int64], manifest: Manifest, graph: Graph, origin: str) -> Samples:
    if not len(indices):
        raise BadInputError("The data have no unseen samples to test with.", "Give other data with --data.")
    chosen = dataset.take(indices)
    tensors = [graph.tensors[i] for i in graph.inputs]
    # of a model that came in as float, integers in the data are values even where they have the new input type
    are_codes = manifest.given_quantized
    codes = tuple(to_codes(x, t, integers_are_codes=are_codes) for x, t in zip(chosen.inputs, tensors, strict=True))
    values = tuple(to_values(x, t, integers_are_codes=are_codes) for x, t in zip(chosen.inputs, tensors, strict=True))
    return Samples(codes, values, chosen.labels, indices, f"{origin} (seed {manifest.seed})")


def random_codes(graph: Graph, count: int, seed: int) -> tuple[NDArray[Any], ...]:
    """Seeded inputs over the whole range of their types, ``[count, ...]`` each; normal ones for float inputs."""
    rng = np.random.default_rng(seed)
    codes: list[NDArray[Any]] = []
    for tensor in (graph.tensors[i] for i in graph.inputs):
        shape = (count, *tensor.shape[1:])
        kind = tensor.dtype.numpy
        if kind.kind == "f":
            codes.append(rng.normal(size=shape).astype(kind))
        else:
            limits = np.iinfo(kind)
            codes.append(rng.integers(limits.min, limits.max, shape, kind, endpoint=True))
    return tuple(codes)


def _random(graph: Graph, count: int, seed: int) -> Samples:
    origin = f"seeded random inputs (seed {seed}), not real data"
    return Samples(random_codes(graph, count, seed), None, None, np.arange(count), origin)
