"""What a model is trained for: which tensor the loss looks at, and which loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tinyq.data.heads import head, reconstructs
from tinyq.errors import BadInputError
from tinyq.graph import Graph

Kind = Literal["classes", "binary", "values", "distill"]


@dataclass(frozen=True)
class Task:
    """A loss and what it compares.

    Attributes:
        kind: Cross-entropy over "classes", "binary" cross-entropy, squared error of "values"; "distill" for no labels.
        tensor: Index of the tensor that the loss looks at: logits where the model ends in a softmax or a sigmoid.
        logits: Whether that tensor holds logits; a softmax that is missing from the graph counts as one behind it.
    """

    kind: Kind
    tensor: int
    logits: bool


_BEHIND = ("QUANTIZE", "DEQUANTIZE", "RESHAPE", "SQUEEZE")


def task_of(graph: Graph, labels: NDArray[Any] | None, *, distill: bool = False) -> Task:
    """The task that a model's head and the labels speak of.

    Args:
        graph: A float graph.
        labels: As in a :class:`~tinyq.data.Dataset`.
        distill: The float model teaches, so that labels may be missing.

    Raises:
        BadInputError: There are no labels, or they do not suit the model.
    """
    last, output = head(graph), graph.outputs[0]
    squashed = last is not None and last.kind in ("SOFTMAX", "LOGISTIC")
    tensor = last.inputs[0] if squashed and last is not None else output
    shape = graph.tensors[output].shape[1:]
    if reconstructs(graph) and (labels is None or labels.ndim == 1):
        return Task("values", output, logits=False)
    if labels is None:
        if not distill:
            raise BadInputError(
                "The training data hold no labels.",
                "Store them as y, or train towards the float model's outputs with --distill.",
            )
        return Task("distill", tensor, logits=squashed)
    if labels.dtype.kind == "f":
        if labels.shape[1:] != shape:
            raise BadInputError(
                f"A label has the shape {labels.shape[1:]}, the model's output {shape}.",
                "Give one target for each value of the output.",
            )
        return Task("values", output, logits=False)
    if labels.shape[1:] == shape[:-1] and shape and shape[-1] > 1:
        return (
            Task("classes", tensor, logits=True)
            if last is None or last.kind != "LOGISTIC"
            else Task("classes", output, logits=False)
        )
    if shape in ((), (1,)) and labels.ndim == 1 and labels.size and labels.min() >= 0 and labels.max() <= 1:
        return Task("binary", tensor, logits=True)
    raise BadInputError(
        f"Labels of the shape {labels.shape[1:]} do not suit the model's output {shape}.",
        "Give one class for each sample, or targets in the shape of the output.",
    )


def targets(graph: Graph, inputs: tuple[NDArray[Any], ...], labels: NDArray[Any] | None) -> NDArray[Any] | None:
    """What the loss compares with; an autoencoder's are its inputs."""
    if reconstructs(graph) and (labels is None or labels.ndim == 1):
        return np.asarray(inputs[0], np.float32).reshape(len(inputs[0]), *graph.tensors[graph.outputs[0]].shape[1:])
    return labels


def usable(graph: Graph, labels: NDArray[Any] | None) -> NDArray[np.int64] | None:
    """Samples to train with, if not all: an autoencoder learns from normal ones alone (label 0)."""
    if labels is not None and reconstructs(graph) and labels.ndim == 1:
        return np.flatnonzero(labels == 0)
    return None


def loss_of(task: Task, y: Any, teacher: Any, predicted: Any, share: float, temperature: float) -> Any:
    """Loss of one batch, a scalar.

    Distillation as in Hinton et al. 2015 (arXiv 1503.02531), section 2: cross-entropy with the teacher's softened
    outputs, times the square of the temperature, mixed with that of the labels.

    Args:
        task: What is compared.
        y: Labels, or None.
        teacher: The same tensor of the float model, or None.
        predicted: The tensor that the task names.
        share: Of the teacher.
        temperature: That softens both.
    """
    import tensorflow as tf

    hard = soft = 0.0
    if y is not None and task.kind != "distill":
        if task.kind == "classes":
            if task.logits:
                hard = tf.nn.sparse_softmax_cross_entropy_with_logits(y, predicted)
            else:
                clipped = tf.clip_by_value(predicted, 1e-7, 1.0)
                hard = -tf.gather(tf.math.log(clipped), y, axis=-1, batch_dims=len(predicted.shape) - 1)
        elif task.kind == "binary":
            flat = tf.reshape(predicted, [-1])
            hard = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(y, flat.dtype), flat)
        else:
            hard = tf.square(predicted - y)
        hard = tf.reduce_mean(hard)
    if teacher is not None:
        if task.kind in ("classes", "distill") and task.logits and predicted.shape[-1] > 1:
            soft = temperature**2 * tf.reduce_mean(
                tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(teacher / temperature), predicted / temperature)
            )
        elif task.logits:
            soft = tf.reduce_mean(
                tf.nn.sigmoid_cross_entropy_with_logits(tf.sigmoid(teacher / temperature), predicted / temperature)
            ) * (temperature**2)
        else:
            soft = tf.reduce_mean(tf.square(predicted - teacher))
    if teacher is None:
        return hard
    return soft if y is None or task.kind == "distill" else share * soft + (1.0 - share) * hard


def correct(task: Task, y: Any, predicted: Any) -> Any:
    """Share of right answers of a batch, or NaN where there are no classes."""
    import tensorflow as tf

    if task.kind == "classes":
        return tf.reduce_mean(tf.cast(tf.equal(tf.argmax(predicted, -1, tf.int64), tf.cast(y, tf.int64)), tf.float32))
    if task.kind == "binary":
        answers = tf.reshape(predicted, [-1]) > 0.0
        return tf.reduce_mean(tf.cast(tf.equal(answers, tf.cast(y, tf.bool)), tf.float32))
    return tf.constant(float("nan"))
