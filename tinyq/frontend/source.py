"""What every TensorFlow format becomes before it is converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinyq.errors import BadInputError


@dataclass(frozen=True)
class Source:
    """A model as one TensorFlow function with static shapes.

    Attributes:
        function: A ``ConcreteFunction``, batch of one, that returns a flat list of tensors.
        inputs, outputs: Names that users know, in the function's order.
        scopes: Name scope in the function's graph -> path of the layer that it stands for ("" for the model itself).
        notes: What the user may want to know, one sentence each.
        keep: Owner of the variables, which the function holds by weak reference only.
    """

    function: Any
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    keep: Any
    scopes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def input_specs(names: Sequence[str], tensors: Sequence[Any]) -> list[Any]:
    """TensorFlow's descriptions of a model's inputs, batch of one.

    Args:
        names: One for each input.
        tensors: Things with ``shape`` (batch first) and ``dtype``.

    Raises:
        BadInputError: A dimension other than the batch has no fixed size, or an input has no shape at all.
    """
    import tensorflow as tf

    specs = []
    for name, tensor in zip(names, tensors, strict=True):
        if tensor.shape is None or getattr(tensor.shape, "rank", 0) is None:
            raise BadInputError(
                f"Input {name!r} of the model has no known shape.", "Build it with a fixed input shape."
            )
        shape = [None if d is None else int(d) for d in tensor.shape]
        for position, size in enumerate(shape[1:], 1):
            if size is None:
                raise BadInputError(
                    f"Dimension {position} of the model's input {name!r} has no fixed size ({_shown(shape)}).",
                    "Microcontrollers need static shapes; build the model with the size that it will be used with.",
                )
        if shape and shape[0] not in (None, 1):
            raise BadInputError(
                f"The model's input {name!r} is fixed to batches of {shape[0]}.", "Build it with a batch of one."
            )
        specs.append(tf.TensorSpec([1, *shape[1:]] if shape else [], tensor.dtype, name=name))
    return specs


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names, with ``_1``, ``_2`` ... added to those that were there before."""
    seen: set[str] = set()
    result = []
    for name in names:
        candidate, count = name, 0
        while candidate in seen:
            count += 1
            candidate = f"{name}_{count}"
        seen.add(candidate)
        result.append(candidate)
    return tuple(result)


def _shown(shape: Sequence[int | None]) -> str:
    return "x".join("?" if size is None else str(size) for size in shape)
