"""Check labels against the output of a model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data.heads import head, reconstructs
from tinyq.data.shapes import sample_shape
from tinyq.errors import BadInputError
from tinyq.graph import Graph


def check_labels(labels: NDArray[Any], size: int, graph: Graph | None = None) -> NDArray[Any]:
    """Labels in their plain form.

    Args:
        labels: ``[N]`` classes, ``[N, classes]`` one-hot, or targets of any shape; for the model's first output.
        size: Number of samples, N.
        graph: The model, to check the labels against.

    Returns:
        int64 classes, or float32 targets shaped like the output.

    Raises:
        BadInputError: Their number is wrong, or what must be classes is not whole, or is out of range.
    """
    if labels.dtype.kind not in "buif":
        raise BadInputError(f"The labels have the type {labels.dtype}.", "Give classes as whole numbers from 0.")
    if labels.ndim == 0 or len(labels) != size:
        count = len(labels) if labels.ndim else "a single number, not one"
        raise BadInputError(
            f"There are {size} samples but {count} labels." if labels.ndim else "The labels are a single number.",
            "Give one label for each sample, in the same order.",
        )
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        bad = int(np.argmin(np.isfinite(labels).reshape(size, -1).all(axis=1)))
        raise BadInputError(f"Label {bad} is not a finite number.", "Repair or remove such samples before.")
    if graph is None:
        return _plain(labels)
    shape = sample_shape(graph.tensors[graph.outputs[0]])
    classes = shape[-1] if shape else 1
    if labels.ndim == 2 and labels.shape[1] == 1 and len(shape) == 1:
        labels = labels[:, 0]
    if labels.shape[1:] == shape and classes > 1:
        return _classes(labels.argmax(axis=-1), classes) if _is_one_hot(labels) else labels.astype(np.float32)
    if labels.shape[1:] != shape[:-1]:
        return _plain(labels)  # for a metric of the user's own
    if classes > 1 and not reconstructs(graph):  # an autoencoder's labels say which samples are anomalous
        return _classes(labels, classes)
    last = head(graph)
    if classes == 1 and last is not None and last.kind == "LOGISTIC" and _may_be_binary(labels):
        return _classes(labels, 2)
    return _plain(labels)


def _may_be_binary(labels: NDArray[Any]) -> bool:
    """Integers, or floats that are all 0 or 1; other floats are the targets of a regression into 0..1."""
    return labels.dtype.kind in "bui" or bool(np.isin(labels, (0, 1)).all())


def _is_one_hot(labels: NDArray[Any]) -> bool:
    return bool(np.all((labels == 0) | (labels == 1)) and np.all(labels.sum(axis=-1) == 1))


def _plain(labels: NDArray[Any]) -> NDArray[Any]:
    return labels.astype(np.float32 if labels.dtype.kind == "f" else np.int64)


def _classes(labels: NDArray[Any], classes: int) -> NDArray[np.int64]:
    flat = labels.reshape(len(labels), -1)
    if labels.dtype.kind == "f" and not np.all(flat == np.rint(flat)):
        bad = int(np.argmin((flat == np.rint(flat)).all(axis=1)))
        raise BadInputError(
            f"Label {bad} is {flat[bad][0]:g}, but the model's {classes} outputs call for classes.",
            "Give whole numbers from 0, or one target for each output.",
        )
    outside = (flat < 0) | (flat >= classes)
    if outside.any():
        bad = int(np.argmax(outside.any(axis=1)))
        value = int(flat[bad][np.argmax(outside[bad])])
        from_one = flat.min() >= 1 and flat.max() == classes
        raise BadInputError(
            f"Label {bad} is {value}, outside the model's classes 0..{classes - 1}.",
            "The labels seem to count from 1; subtract 1."
            if from_one
            else "Check that data and model belong together.",
        )
    return labels.astype(np.int64)
