"""Layer by layer: what a target computed, held against TFLM's host interpreter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.evaluation.runners import run_tflm
from tinyq.graph import Graph, write_graph


@dataclass(frozen=True)
class Difference:
    """Where one layer's output first differs.

    Attributes:
        sample: Position of the sample.
        index: Where in the output, without the batch.
        target, host: The two values there, as they are stored.
    """

    sample: int
    index: tuple[int, ...]
    target: float
    host: float


@dataclass(frozen=True)
class LayerComparison:
    """One layer's output over all samples.

    Attributes:
        elements: Values that were compared.
        differing: How many of them differ.
        largest: Largest absolute difference, in codes where the tensor is quantized; None if it is no finite number.
        first: The first of them; None if all are equal.
        arises: Whether in some sample this layer differs although all that it reads is equal: the fault is here.
    """

    elements: int
    differing: int
    largest: float | None
    first: Difference | None
    arises: bool


def host_activations(
    graph: Graph,
    tensors: Sequence[int],
    codes: Sequence[NDArray[Any]],
    *,
    progress: Callable[[int], None] | None = None,
) -> dict[int, NDArray[Any]]:
    """What TFLM's host interpreter computes for some tensors.

    Args:
        graph: The quantized model.
        tensors: Indices of activations.
        codes: For each input an array ``[N, ...]`` of the input's type.
        progress: Called with the number of samples done so far.

    Returns:
        Tensor index -> ``[N, ...]``, without the batch of one.

    Raises:
        MissingToolError: The package tflite-micro is not installed.
        UnsupportedError: TFLM lacks an operator of the model.
    """
    wanted = tuple(dict.fromkeys(tensors))
    # outputs stay in the arena until the end, so every one of them is whole after the inference
    everything = write_graph(replace(graph, outputs=wanted, signatures=()))
    return dict(zip(wanted, run_tflm(everything, codes, progress=progress), strict=True))


def compare_layers(
    graph: Graph, target: Mapping[int, NDArray[Any]], host: Mapping[int, NDArray[Any]]
) -> dict[int, LayerComparison]:
    """Hold activations against each other.

    Args:
        graph: The quantized model.
        target, host: Tensor index -> ``[N, ...]``, of equal types and shapes; the tensors that layers write.

    Returns:
        Tensor index -> comparison, for every tensor of ``target``.

    Raises:
        ValueError: The two differ in type or shape.
    """
    unequal = {t: _unequal(target[t], host[t]) for t in target}
    wrong = {t: u.reshape(len(u), -1).any(axis=1) for t, u in unequal.items()}
    found = {}
    for tensor, where in unequal.items():
        read = [wrong[t] for t in _read(graph, tensor, target)]
        clean = ~np.logical_or.reduce(read) if read else np.ones(len(where), bool)
        found[tensor] = LayerComparison(
            elements=where.size,
            differing=int(where.sum()),
            largest=_largest(target[tensor], host[tensor], where),
            first=_first(target[tensor], host[tensor], where),
            arises=bool((wrong[tensor] & clean).any()),
        )
    return found


def _unequal(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """Where two arrays differ, bit by bit."""
    if a.dtype != b.dtype or a.shape != b.shape:
        raise ValueError(f"activations of {a.dtype} {a.shape} and {b.dtype} {b.shape} cannot be compared")
    bits = np.dtype(f"u{a.dtype.itemsize}")
    unequal: NDArray[np.bool_] = np.ascontiguousarray(a).view(bits) != np.ascontiguousarray(b).view(bits)
    return unequal


def _largest(a: NDArray[Any], b: NDArray[Any], where: NDArray[np.bool_]) -> float | None:
    if not where.any():
        return 0.0
    difference = np.abs(a[where].astype(np.float64) - b[where].astype(np.float64))
    return float(difference.max()) if np.isfinite(difference).all() else None


def _first(a: NDArray[Any], b: NDArray[Any], where: NDArray[np.bool_]) -> Difference | None:
    found = np.argwhere(where)
    if not len(found):
        return None
    at = tuple(int(i) for i in found[0])
    return Difference(at[0], at[1:], float(a[at]), float(b[at]))


def _read(graph: Graph, tensor: int, known: Mapping[int, object]) -> list[int]:
    """The known tensors that a tensor is computed from, through operators of which nothing is known."""
    found: list[int] = []
    producer = graph.producers.get(tensor)
    waiting = list(graph.ops[producer].inputs) if producer is not None else []
    while waiting:
        index = waiting.pop()
        if index in known:
            found.append(index)
        elif index in graph.producers:
            waiting += graph.ops[graph.producers[index]].inputs
    return found
