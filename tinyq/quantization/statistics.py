"""What the activations of a float model look like on representative data: streamed, never kept.

Two passes over the data: extremes and moments first, then a histogram between the extremes. Memory is one histogram per
tensor, whatever the number of samples; of logits alone some values are kept too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq import isolation
from tinyq.errors import BadInputError
from tinyq.graph import DType, Graph, layer_name
from tinyq.quantization.lstm_cells import LstmCells, cells_of

BINS = 2048
_LONG_ROW = 1024
_LOGITS = 1024  # elements of a sample; a segmentation's are too many to keep
_LOGIT_SAMPLES = 1000


@dataclass(frozen=True)
class TensorStatistics:
    """One float activation over all samples.

    Attributes:
        minimum, maximum: Extremes.
        mean, std: Moments over all elements of all samples.
        count: Number of elements seen.
        sample_minima, sample_maxima: float32 ``[samples]``, extremes of each sample in order.
        histogram: int64 ``[bins]``, counts of equal bins between the extremes.
        channel_minima, channel_maxima: float32 ``[channels]``, extremes of each channel (along the last axis).
        channel_means, channel_stds: float64 ``[channels]``, moments of each channel.
        logits: float32 ``[rows, classes]``, values of at most 1,000 samples, spread evenly; kept only of small tensors
            that a softmax reads or that a model without one ends in, otherwise ``[0, 0]``.

    The arrays of channels are empty in statistics that were not taken channel by channel.
    """

    minimum: float
    maximum: float
    mean: float
    std: float
    count: int
    sample_minima: NDArray[np.float32]
    sample_maxima: NDArray[np.float32]
    histogram: NDArray[np.int64]
    channel_minima: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    channel_maxima: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    channel_means: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    channel_stds: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    logits: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @property
    def centers(self) -> NDArray[np.float64]:
        """Middle of each bin, ``[bins]``."""
        bins = self.histogram.size
        width = (self.maximum - self.minimum) / bins
        return np.asarray(self.minimum + width * (np.arange(bins) + 0.5), np.float64)

    @property
    def edges(self) -> NDArray[np.float64]:
        """Borders of the bins, ``[bins + 1]``."""
        return np.linspace(self.minimum, self.maximum, self.histogram.size + 1)


Statistics = Mapping[int, TensorStatistics]
"""Tensor index -> statistics, for every float activation of a graph."""


def observe(tflite: bytes, graph: Graph, inputs: tuple[NDArray[Any], ...]) -> Statistics:
    """Run a float model on representative data and describe every activation.

    A model that keeps something between inferences starts anew with each sample; a sample may be a sequence then.

    Args:
        tflite: The float model's bytes, batch 1.
        graph: The same model.
        inputs: One array per model input, ``[samples, ...]`` with the input's shape behind the first axis, or
            ``[samples, steps, ...]``.

    Raises:
        BadInputError: No samples, or an activation is NaN or infinite (the layer is named).
    """
    if not inputs or len(inputs[0]) == 0:
        raise BadInputError("There are no samples to calibrate with.", "Give data with at least one sample.")
    read = {*graph.consumers, *graph.outputs}  # what nobody reads has no memory in the interpreter
    wanted = tuple(
        i
        for i, t in enumerate(graph.tensors)
        if t.dtype is DType.FLOAT32
        and not t.is_constant
        and (i in graph.inputs or (i in graph.producers and i in read) or t.is_variable)
    )
    first = graph.tensors[graph.inputs[0]]
    steps = inputs[0].shape[1] if inputs[0].ndim == len(first.shape) + 1 else 1
    if steps > 1:
        inputs = tuple(x.reshape(-1, *x.shape[2:]) for x in inputs)
    found, broken = isolation.call(_observe, tflite, graph, wanted, _logits(graph), inputs, steps)
    if broken is not None:
        tensor, sample = broken
        producer = graph.producers.get(tensor)
        where = f"layer {layer_name(graph, graph.ops[producer])!r}" if producer is not None else "the input"
        raise BadInputError(
            f"The float model gives NaN or infinity in {where} on calibration sample {sample // steps}.",
            "Check the data's scaling and the model's weights; quantization cannot mend this.",
        )
    return found


def _logits(graph: Graph) -> tuple[int, ...]:
    """Tensors of which the classes' order matters more than the values."""
    read = {op.inputs[0] for op in graph.ops if op.kind in ("SOFTMAX", "LOG_SOFTMAX")}
    last = {
        op.outputs[0]
        for op in graph.ops
        if op.kind == "FULLY_CONNECTED"
        and op.outputs[0] in graph.outputs
        and getattr(op.options, "activation", "NONE") == "NONE"
    }
    found = (t for t in read | last if graph.tensors[t].shape[-1] >= 2 and graph.tensors[t].elements <= _LOGITS)
    return tuple(sorted(found))


def _observe(
    tflite: bytes,
    graph: Graph,
    wanted: tuple[int, ...],
    logits: tuple[int, ...],
    inputs: tuple[NDArray[Any], ...],
    steps: int,
) -> tuple[dict[int, TensorStatistics], tuple[int, int] | None]:
    """The child's part: statistics, or the (tensor, sample) that is not finite. Each of some steps counts as one."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=tflite, experimental_preserve_all_tensors=True, num_threads=1)
    interpreter.allocate_tensors()

    samples, cells = len(inputs[0]), cells_of(graph)
    run = _Run(interpreter, graph, cells, steps)
    minima = np.zeros((len(wanted), samples), np.float32)
    maxima = np.zeros((len(wanted), samples), np.float32)
    channels = [_Channels(interpreter.tensor(tensor)().shape) for tensor in wanted]
    for n in run(inputs):
        for k, tensor in enumerate(wanted):
            values = run.values(tensor)
            minima[k, n], maxima[k, n] = channels[k].add(values)
        del values  # a view into the interpreter, which refuses to run while one is held
    finite = np.isfinite(minima) & np.isfinite(maxima)
    if not finite.all():
        first_sample = int(np.argmax(~finite.all(axis=0)))
        return {}, (wanted[int(np.argmax(~finite[:, first_sample]))], first_sample)

    lows, highs = minima.min(axis=1).astype(np.float64), maxima.max(axis=1).astype(np.float64)
    widths = highs - lows
    factors = np.divide(BINS, widths, out=np.zeros_like(widths), where=widths > 0)
    histograms = np.zeros((len(wanted), BINS), np.int64)
    kept: dict[int, list[NDArray[np.float32]]] = {t: [] for t in logits}
    keep = set(np.linspace(0, samples - 1, min(samples, _LOGIT_SAMPLES)).astype(int).tolist())
    for n in run(inputs):
        if n in keep:
            for tensor, rows in kept.items():
                rows.append(interpreter.get_tensor(tensor))
        for k, tensor in enumerate(wanted):
            values = run.values(tensor).reshape(-1)
            bins = ((values - np.float32(lows[k])) * np.float32(factors[k])).astype(np.int32)
            histograms[k] += np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)
        del values
    result = {}
    for k, tensor in enumerate(wanted):
        each = channels[k]
        count = int(histograms[k].sum())
        mean, std = _moments(each.sums.sum(axis=1) / count)
        means, stds = _moments(each.sums * (each.size / count))
        result[tensor] = TensorStatistics(
            lows[k], highs[k], float(mean), float(std), count, minima[k], maxima[k], histograms[k],
            each.low, each.high, means, stds,
        )  # fmt: skip
    for tensor, rows in kept.items():
        together = np.concatenate(rows).reshape(-1, rows[0].shape[-1])
        result[tensor] = replace(result[tensor], logits=together)
    return result, None


class _Channels:
    """Extremes and sums of each channel of one activation.

    Numpy is slow on short rows, so as many of them as fill a long one are put side by side first.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.size = shape[-1] if shape else 1
        rows = int(np.prod(shape)) // max(1, self.size)
        fits = [n for n in range(1, min(rows, _LONG_ROW // max(1, self.size)) + 1) if rows % n == 0]
        self._row = max(fits, default=1) * self.size
        self.low = np.full(self.size, np.inf, np.float32)
        self.high = np.full(self.size, -np.inf, np.float32)
        self.sums = np.zeros((2, self.size))

    def add(self, values: NDArray[np.float32]) -> tuple[float, float]:
        """Take one sample's values; returns its extremes."""
        rows = values.reshape(-1, self._row)
        low = rows.min(axis=0).reshape(-1, self.size).min(axis=0)
        high = rows.max(axis=0).reshape(-1, self.size).max(axis=0)
        self.low, self.high = np.minimum(self.low, low), np.maximum(self.high, high)
        self.sums[0] += rows.sum(axis=0, dtype=np.float64).reshape(-1, self.size).sum(axis=0)
        self.sums[1] += np.square(rows, dtype=np.float64).sum(axis=0).reshape(-1, self.size).sum(axis=0)
        return float(low.min()), float(high.max())


def _moments(averages: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation from the averages of values and squares, ``[2, ...]``."""
    mean, square = averages
    return np.asarray(mean), np.sqrt(np.maximum(0.0, square - mean**2))


class _Run:
    """A float model that runs on one sample after the other.

    LSTM cells move within an inference, and the interpreter shows only where they end; they are computed again.
    """

    def __init__(self, interpreter: Any, graph: Graph, cells: Mapping[int, LstmCells], steps: int) -> None:
        self._interpreter = interpreter
        self._graph = graph
        self._cells = cells
        self._steps = steps
        self._seen: dict[int, NDArray[np.float32]] = {}

    def __call__(self, inputs: tuple[NDArray[Any], ...]) -> Iterator[int]:
        """Positions of the samples, each after its inference."""
        interpreter = self._interpreter
        for n in range(len(inputs[0])):
            if self._graph.keeps_state and n % self._steps == 0:
                interpreter.reset_all_variables()
            for index, array in zip(self._graph.inputs, inputs, strict=True):
                interpreter.set_tensor(index, np.asarray(array[n], self._graph.tensors[index].dtype.numpy)[None])
            before = {
                cell: (interpreter.get_tensor(each.hidden), interpreter.get_tensor(cell))
                for cell, each in self._cells.items()
            }
            interpreter.invoke()
            self._seen = {
                cell: each.states(interpreter.get_tensor(each.source), *before[cell])
                for cell, each in self._cells.items()
            }
            yield n

    def values(self, tensor: int) -> NDArray[np.float32]:
        """What a tensor held in this inference, perhaps a view into the interpreter."""
        if tensor in self._seen:
            return self._seen[tensor]
        found: NDArray[np.float32] = self._interpreter.tensor(tensor)()
        return found
