"""Remove whole channels, so that the network really shrinks.

Each channel that goes is expressed by those that stay, as well as that can be done linearly, and the layers that read
it take that over: the closed form of Hassibi and Stork 1993, "Optimal Brain Surgeon", on the covariance of a layer's
input, which does what the reconstruction of He et al. 2017 (arXiv 1707.06168) asks for. Channels go one by one, always
the one without which the outputs of its readers change least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq import isolation
from tinyq.errors import BadInputError
from tinyq.graph import Graph, Op, Tensor, write_graph
from tinyq.graph.options import ReshapeOptions
from tinyq.quantization.transforms.chains import WEIGHTED, has_constant_weights, input_channels, output_axis

Array = NDArray[np.float64]

_SAMPLES = 200
_MOST = 0.75  # of the channels of a layer may go, whatever they cost
_RIDGE = 1e-4  # of the mean variance
_ELEMENTWISE = ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")
_CHANNELWISE = (
    "RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH", "LOGISTIC", "TANH", "MAX_POOL_2D", "AVERAGE_POOL_2D", "QUANTIZE",
    "DEQUANTIZE",
)  # fmt: skip


@dataclass
class _Space:
    """Channels that can only go together: those of all tensors that are tied element by element.

    Attributes:
        size: Channels.
        tensors: Activations that have them; a flattened one has them repeated, channel ``i % size`` at ``i``.
        constants: Constants with a value per channel.
        writers: Layers whose outputs they are, depthwise ones between them included.
        readers: Layers that sum over them, with the tensor that they read.
        frozen: Something needs all of them.
    """

    size: int
    tensors: set[int] = field(default_factory=set)
    constants: set[int] = field(default_factory=set)
    writers: set[int] = field(default_factory=set)
    readers: set[int] = field(default_factory=set)
    frozen: bool = False


def remove_channels(graph: Graph, share: float, inputs: Sequence[NDArray[Any]]) -> Graph:
    """The graph with fewer channels between its layers; inputs and outputs stay as they are.

    Args:
        graph: A float graph.
        share: Of all channels between layers, 0 to 1. Layers lose more of them where that costs less, relative to the
            variance of what reads them.
        inputs: For each input of the model real values ``[samples, ...]``; at most 200 samples are looked at.

    Raises:
        BadInputError: No layer can lose channels.
    """
    spaces = [s for s in _spaces(graph) if not s.frozen and s.readers and int(s.size * share) > 0]
    if not spaces:
        raise BadInputError(
            "No layer of the model can lose channels.", "Leave out --prune-channels, or ask for a larger share."
        )
    read = sorted({graph.ops[r].inputs[0] for s in spaces for r in s.readers})
    sizes = {graph.ops[r].inputs[0]: s.size for s in spaces for r in s.readers}
    few = tuple(np.asarray(x[:_SAMPLES], np.float32) for x in inputs)
    moments = isolation.call(_moments, write_graph(graph), graph.inputs, tuple(read), sizes, few)
    orders = [_order(graph, space, moments) for space in spaces]
    counts = _counts(spaces, orders, int(sum(s.size for s in spaces) * share))
    for space, order, count in zip(spaces, orders, counts, strict=True):
        if count:
            graph = _shrink(graph, space, [gone for gone, _ in order[:count]], moments)
    return _reshaped(graph)


def _counts(spaces: Sequence[_Space], orders: Sequence[Sequence[tuple[int, float]]], total: int) -> list[int]:
    """How many channels each space loses: those that cost least, but not more than most of any one."""
    counts = [0] * len(spaces)
    limits = [min(s.size - 1, max(1, int(s.size * _MOST))) for s in spaces]
    for _ in range(min(total, sum(limits))):
        open_ = [i for i, count in enumerate(counts) if count < limits[i]]
        chosen = min(open_, key=lambda i: orders[i][counts[i]][1])
        counts[chosen] += 1
    return counts


def _spaces(graph: Graph) -> list[_Space]:
    """All channels of a graph, by what ties them."""
    of: dict[int, _Space] = {}

    def space(t: int) -> _Space:
        if t not in of:
            of[t] = _Space(graph.tensors[t].shape[-1] if graph.tensors[t].shape else 1, {t})
        return of[t]

    def tie(a: int, b: int) -> None:
        first, second = space(a), space(b)
        if first is second:
            return
        keep, gone = (first, second) if first.size <= second.size else (second, first)
        if gone.size % keep.size or (gone.size != keep.size and (gone.writers or gone.constants)):
            keep.frozen = gone.frozen = True
            return
        for name in ("tensors", "constants", "writers", "readers"):
            getattr(keep, name).update(getattr(gone, name))
        keep.frozen |= gone.frozen
        for t in gone.tensors:
            of[t] = keep

    for t in graph.inputs:
        space(t).frozen = True
    for index, op in enumerate(graph.ops):
        _place(graph, index, op, space, tie)
    for t in graph.outputs:
        space(t).frozen = True
    unique = {id(s): s for s in of.values()}
    return list(unique.values())


def _place(graph: Graph, index: int, op: Op, space: Any, tie: Any) -> None:
    """Enter one operator into the spaces of its tensors."""
    source, target = op.inputs[0], op.outputs[0]
    data = [t for t in op.inputs if t >= 0 and not graph.tensors[t].is_constant]
    if op.kind in WEIGHTED and has_constant_weights(graph, op):
        weights, width = graph.tensors[op.inputs[1]].shape, graph.tensors[source].shape[-1]
        if op.kind == "DEPTHWISE_CONV_2D" and weights[-1] == width:
            tie(source, target)
            space(target).writers.add(index)
            return
        if op.kind != "DEPTHWISE_CONV_2D" and input_channels(graph, op) == weights[-1] and weights[-1] == width:
            space(source).readers.add(index)
            space(target).writers.add(index)
            return
    elif op.kind in _CHANNELWISE or (op.kind in ("MEAN", "PAD", "RESHAPE") and _keeps(graph, op)):
        tie(source, target)
        return
    elif op.kind in _ELEMENTWISE:
        shape = graph.tensors[target].shape
        constants = [t for t in op.inputs if graph.tensors[t].is_constant]
        whole = all(graph.tensors[t].shape == shape for t in data)
        if whole and all(graph.tensors[t].elements in (1, shape[-1]) for t in constants):
            for t in data:
                tie(t, target)
            space(target).constants.update(t for t in constants if graph.tensors[t].elements > 1)
            return
    for t in (*data, *op.outputs):
        space(t).frozen = True


def _keeps(graph: Graph, op: Op) -> bool:
    """Whether channel ``i`` of the output comes from channel ``i % channels`` of the input alone."""
    source, target = graph.tensors[op.inputs[0]].shape, graph.tensors[op.outputs[0]].shape
    if not source or not target:
        return False
    if op.kind == "RESHAPE":
        return target[-1] % source[-1] == 0
    parameter = graph.tensors[op.inputs[1]].data
    if parameter is None:
        return False
    if op.kind == "MEAN":
        return all(int(a) % len(source) != len(source) - 1 for a in parameter.reshape(-1))
    return not np.any(parameter[-1])


def _moments(
    tflite: bytes, model_inputs: tuple[int, ...], wanted: tuple[int, ...], sizes: Mapping[int, int], inputs: Any
) -> dict[int, tuple[Array, Array]]:
    """Mean ``[channels]`` and covariance ``[channels, channels]`` of activations; runs in a child process."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=tflite, experimental_preserve_all_tensors=True, num_threads=1)
    interpreter.allocate_tensors()
    sums = {t: np.zeros(sizes[t]) for t in wanted}
    products = {t: np.zeros((sizes[t], sizes[t])) for t in wanted}
    counts = dict.fromkeys(wanted, 0)
    for n in range(len(inputs[0])):
        for index, array in zip(model_inputs, inputs, strict=True):
            interpreter.set_tensor(index, array[n][None])
        interpreter.invoke()
        for t in wanted:
            rows = interpreter.get_tensor(t).reshape(-1, sizes[t]).astype(np.float64)
            sums[t] += rows.sum(axis=0)
            products[t] += rows.T @ rows
            counts[t] += len(rows)
    means = {t: sums[t] / counts[t] for t in wanted}
    return {t: (means[t], products[t] / counts[t] - np.outer(means[t], means[t])) for t in wanted}


@dataclass
class _Reader:
    """What reads a tensor: its weights as ``[outputs x taps, channels]``, and the inverse of the covariance."""

    op: Op
    weights: Array
    inverse: Array
    total: float


def _readers(graph: Graph, space: _Space, moments: Mapping[int, tuple[Array, Array]]) -> list[_Reader]:
    readers = []
    for index in sorted(space.readers):
        op = graph.ops[index]
        values = graph.tensors[op.inputs[1]].data
        assert values is not None  # noqa: S101 - _place asked for constants
        covariance = moments[op.inputs[0]][1]
        weights = values.reshape(-1, space.size).astype(np.float64)
        ridge = _RIDGE * max(float(np.trace(covariance)) / space.size, 1e-12)
        total = float(np.einsum("oi,ij,oj->", weights, covariance, weights))
        inverse = np.asarray(np.linalg.inv(covariance + ridge * np.eye(space.size)), np.float64)
        readers.append(_Reader(op, weights, inverse, max(total, 1e-12)))
    return readers


def _order(graph: Graph, space: _Space, moments: Mapping[int, tuple[Array, Array]]) -> list[tuple[int, float]]:
    """Channels in the order in which they go, and what all that went until then cost."""
    readers = _readers(graph, space, moments)
    kept, found, cost = np.ones(space.size, bool), [], 0.0
    for _ in range(space.size - 1):
        # the variance that the others cannot explain, times the weights that read it
        scores = sum(np.square(r.weights).sum(axis=0) / np.diag(r.inverse) / r.total for r in readers)
        gone = int(np.argmin(np.where(kept, scores, np.inf)))
        cost += float(np.asarray(scores)[gone])
        kept[gone] = False
        _take_over(readers, gone, kept)
        found.append((gone, cost))
    return found


def _take_over(readers: Sequence[_Reader], gone: int, kept: NDArray[np.bool_]) -> None:
    """Let the channels that stay do what they can of one that goes."""
    for r in readers:
        share = -r.inverse[gone] / r.inverse[gone, gone]
        share[~kept] = 0.0
        r.weights += np.outer(r.weights[:, gone], share)
        r.weights[:, gone] = 0.0
        column = r.inverse[:, gone].copy()
        r.inverse -= np.outer(column, column) / column[gone]
        r.inverse[gone, gone] = 1.0  # never asked for again


def _shrink(graph: Graph, space: _Space, leaving: Sequence[int], moments: Mapping[int, tuple[Array, Array]]) -> Graph:
    """Remove channels of one space."""
    readers, kept = _readers(graph, space, moments), np.ones(space.size, bool)
    for gone in leaving:
        kept[gone] = False
        _take_over(readers, gone, kept)
    return _without(graph, space, kept, readers, moments)


def _without(
    graph: Graph,
    space: _Space,
    kept: NDArray[np.bool_],
    readers: Sequence[_Reader],
    moments: Mapping[int, tuple[Array, Array]],
) -> Graph:
    """The graph with the kept channels only, and readers that make up for the others."""
    tensors = list(graph.tensors)

    def cut(t: int, axis: int) -> None:
        held = tensors[t]
        chosen = np.flatnonzero(np.tile(kept, held.shape[axis] // space.size))
        shape = tuple(len(chosen) if d == axis % len(held.shape) else s for d, s in enumerate(held.shape))
        data = None if held.data is None else np.take(held.data, chosen, axis=axis)
        tensors[t] = replace(held, shape=shape, data=data)

    ops = list(graph.ops)
    for r in readers:
        held = tensors[r.op.inputs[1]]
        old = np.asarray(held.data, np.float64).reshape(-1, space.size)
        tensors[r.op.inputs[1]] = replace(held, data=r.weights.reshape(held.shape).astype(np.float32))
        # the part of the mean that the kept channels do not bring along
        lost = ((old - r.weights) @ moments[r.op.inputs[0]][0]).reshape(held.shape[0], -1).sum(axis=1)
        _add_to_bias(tensors, ops, r.op, lost)
        cut(r.op.inputs[1], -1)
    for t in space.tensors:
        cut(t, -1)
    for index in space.writers:
        op = ops[index]
        cut(op.inputs[1], output_axis(op))
        if op.input(2) >= 0:
            cut(op.inputs[2], -1)
    for t in space.constants:
        cut(t, -1)
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops))


def _add_to_bias(tensors: list[Tensor], ops: list[Op], reader: Op, amounts: Array) -> None:
    index = next(i for i, op in enumerate(ops) if op.outputs == reader.outputs)
    op = ops[index]
    if op.input(2) >= 0:
        held = tensors[op.inputs[2]]
        data = np.asarray(held.data, np.float64) + amounts.reshape(held.shape)
        tensors[op.inputs[2]] = replace(held, data=data.astype(np.float32))
        return
    name = f"{tensors[op.outputs[0]].name}/bias"
    tensors.append(Tensor(name, amounts.shape, tensors[op.outputs[0]].dtype, data=amounts.astype(np.float32)))
    ops[index] = replace(op, inputs=(*op.inputs[:2], len(tensors) - 1, *op.inputs[3:]))


def _reshaped(graph: Graph) -> Graph:
    """RESHAPE operators that know the shapes that their outputs have now."""
    tensors, ops = list(graph.tensors), list(graph.ops)
    for index, op in enumerate(ops):
        if op.kind != "RESHAPE":
            continue
        shape = tensors[op.outputs[0]].shape
        if op.input(1) >= 0 and (held := tensors[op.inputs[1]]).data is not None:
            tensors[op.inputs[1]] = replace(held, data=np.array(shape, held.dtype.numpy).reshape(held.shape))
        if isinstance(op.options, ReshapeOptions) and op.options.new_shape:
            ops[index] = replace(op, options=replace(op.options, new_shape=shape))
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops))
