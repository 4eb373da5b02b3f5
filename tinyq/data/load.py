"""Read data of any supported form and check it against a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data.arrays import read_npy
from tinyq.data.child import read_archive, read_folder
from tinyq.data.dataset import Dataset
from tinyq.data.function import read_function
from tinyq.data.images import DEFAULT_SCALE
from tinyq.data.labels import check_labels
from tinyq.data.raw import RawData
from tinyq.data.shapes import check_finite, fit, is_sequence
from tinyq.errors import BadInputError
from tinyq.graph import Graph

_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_GIVE = "Give a .npz (x, optionally y), a .npy, a folder of images or .wav files, or a function as module:function."


def load_data(spec: str, graph: Graph | None = None, *, image_scale: str | None = None) -> Dataset:
    """Samples, and labels where there are any.

    Args:
        spec: A ``.npz`` with ``x`` and optionally ``y`` (several inputs: ``x0``, ``x1`` ... or the model's own names),
            a ``.npy``, a folder of images or ``.wav`` files, or ``module:function``. A folder of images may end in
            ``?scale=0..1``.
        graph: The model that the data are for; without it shapes and labels are not checked, and images not read.
        image_scale: What 8-bit pixels become, "0..255" (default), "0..1" or "-1..1"; only for folders of images.

    Raises:
        BadInputError: The data cannot be read, hold no samples or something that is no number, or do not fit the model.
    """
    path, _, option = spec.partition("?scale=")
    raw = _read(path, graph, image_scale or option or None)
    named = _assign(raw, graph)
    inputs = tuple(_numbers(array, name) for name, array in named)
    if graph is not None:
        fitted = zip(inputs, graph.inputs, named, strict=True)
        inputs = tuple(fit(x, graph.tensors[i], name, sequences=graph.keeps_state) for x, i, (name, _) in fitted)
        _check_steps(inputs, graph)
    sizes = {name: len(x) if x.ndim else 0 for x, (name, _) in zip(inputs, named, strict=True)}
    if 0 in sizes.values():
        raise BadInputError(f"{path} holds no samples.", "Give at least one; a hundred or more calibrate well.")
    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"{size} of {name}" for name, size in sizes.items())
        raise BadInputError(f"The inputs have different numbers of samples: {shown}.", "Give each input every sample.")
    for x, (name, _) in zip(inputs, named, strict=True):
        check_finite(x, name)
    labels = None if raw.labels is None else check_labels(raw.labels, len(inputs[0]), graph)
    return Dataset(inputs, labels, spec, raw.sha256)


def _check_steps(inputs: Sequence[NDArray[Any]], graph: Graph) -> None:
    steps = {x.shape[1] if is_sequence(x, graph.tensors[i]) else 1 for x, i in zip(inputs, graph.inputs, strict=True)}
    if len(steps) > 1:
        raise BadInputError(
            "The inputs have sequences of different lengths.", "Give each input every step of every sequence."
        )


def _read(spec: str, graph: Graph | None, image_scale: str | None) -> RawData:
    path = Path(spec)
    if image_scale is not None and not path.is_dir():
        raise BadInputError(
            "An image scale is only for folders of images.", "Leave it away, or scale the data yourself."
        )
    if path.is_dir():
        if graph is None or len(graph.inputs) != 1:
            raise BadInputError("A folder is for models with one input.", "Give the data as .npz.")
        return read_folder(path, graph.tensors[graph.inputs[0]], image_scale or DEFAULT_SCALE)
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(6)
        if head.startswith(b"PK"):
            return read_archive(path)
        if head == b"\x93NUMPY":
            return read_npy(path)
        raise BadInputError(f"{path} is no data that tinyq reads.", _GIVE)
    if _FUNCTION.fullmatch(spec):
        return read_function(spec)
    raise BadInputError(f"There are no data at {spec}.", _GIVE)


def _assign(raw: RawData, graph: Graph | None) -> list[tuple[str, NDArray[Any]]]:
    """(name, array) for each input of the model, in its order."""
    arrays = raw.arrays
    numbered = [f"x{i}" for i in range(len(arrays))]
    if graph is None:
        names = numbered if set(numbered) == set(arrays) else list(arrays)
        return [(name, arrays[name]) for name in names]
    wanted = [_names(graph, i) for i in graph.inputs]
    if len(wanted) == 1:
        only = list(arrays) if len(arrays) == 1 else []
        name = next((n for n in ["x", "x0", *wanted[0], *only] if n in arrays), None)
        if name is not None:
            return [(name, arrays[name])]
    for choice in ([*wanted], [[f"x{i}"] for i in range(len(wanted))]):
        found = [next((n for n in names if n in arrays), None) for names in choice]
        if all(found):
            return [(name, arrays[name]) for name in found if name is not None]
    expected = "x" if len(wanted) == 1 else " and ".join(names[0] for names in wanted)
    raise BadInputError(
        f"The data hold {_listed(list(arrays))}, but the model takes {_listed([names[0] for names in wanted])}.",
        f"Name the arrays {expected}." if len(wanted) == 1 else f"Name the arrays {expected}, or x0, x1 ... in order.",
    )


def _names(graph: Graph, index: int) -> list[str]:
    """What an input may be called: as in the signature, as its tensor, and that without TensorFlow's additions."""
    own = graph.tensors[index].name
    plain = re.sub(r":\d+$", "", own).removeprefix("serving_default_")
    signed = [name for s in graph.signatures for name, i in s.inputs if i == index]
    return list(dict.fromkeys([*signed, plain, own]))


def _numbers(array: NDArray[Any], name: str) -> NDArray[Any]:
    """float32 or integers; other floats and booleans become float32."""
    if array.dtype.kind not in "buif":
        raise BadInputError(f"{name} holds {array.dtype} instead of numbers.", "Store float32 or integers.")
    if array.dtype.kind in "ui":
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype == np.float32:
        return array
    with np.errstate(over="ignore"):  # becomes infinite, which is reported
        return array.astype(np.float32)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
