"""Sample what a quantized layer reads, and what the float layer gives, at random places of its output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data.codes import to_codes, to_values
from tinyq.graph import DType, Graph, write_graph
from tinyq.quantization.rounding.layers import Layer, Window, without_activation

_PATCH_BYTES = 64 << 20


@dataclass(frozen=True)
class Gathered:
    """Paired observations of one layer.

    Attributes:
        patches: float32 ``[groups, positions, taps]``, inputs of the quantized layer, dequantized.
        targets: float32 ``[groups, positions, units]``, outputs of the float layer before its activation.
        per_sample: Positions of each sample; they follow each other.
    """

    patches: NDArray[np.float32]
    targets: NDArray[np.float32]
    per_sample: int


def gather(
    float_graph: Graph,
    quantized: Graph,
    layer: Layer,
    inputs: Sequence[NDArray[Any]],
    positions: int,
    rng: np.random.Generator,
) -> Gathered:
    """Run both models up to one layer and keep what its window sees at random positions.

    Both run under LiteRT, in this process: call it in a child. No activation is kept beyond its sample; patches of all
    positions take at most 64 MiB, or one position of each sample.

    Args:
        float_graph, quantized: The model before and after quantization.
        layer: Which layer.
        inputs: For each input of the model real values ``[samples, ...]``.
        positions: How many to sample, over all samples; fewer if there are fewer.
        rng: Chooses positions.
    """
    window, samples = layer.window, len(inputs[0])
    source = quantized.ops[layer.index].inputs[0]
    read = quantized.tensors[source]
    units = quantized.tensors[quantized.ops[layer.index].outputs[0]].shape[-1] // window.groups
    affordable = _PATCH_BYTES // (4 * window.taps * window.groups)
    per_sample = max(1, min(window.positions, -(-min(positions, affordable) // samples)))
    patches = np.empty((window.groups, samples * per_sample, window.taps), np.float32)
    targets = np.empty((window.groups, samples * per_sample, units), np.float32)
    reference = _Runner(_float_part(float_graph, layer))
    integer = None if source in quantized.inputs else _Runner(write_graph(_bytewise(_up_to(quantized, source))))
    for n in range(samples):
        places = rng.permutation(window.positions)[:per_sample]
        chosen = slice(n * per_sample, (n + 1) * per_sample)
        sample = [x[n] for x in inputs]
        codes = [to_codes(x, quantized.tensors[t]) for x, t in zip(sample, quantized.inputs, strict=True)]
        seen = codes[quantized.inputs.index(source)] if integer is None else integer(codes)
        patches[:, chosen] = windows(to_values(seen, read), window, places)
        given = reference(sample).reshape(window.positions, window.groups, units)
        targets[:, chosen] = given[places].transpose(1, 0, 2)
    return Gathered(patches, targets, per_sample)


def _float_part(graph: Graph, layer: Layer) -> bytes:
    op = graph.ops[layer.reference]
    ops = tuple(without_activation(o) if o is op else o for o in graph.ops)
    return write_graph(_up_to(replace(graph, ops=ops), op.outputs[0]))


def _up_to(graph: Graph, tensor: int) -> Graph:
    """The part of a graph that one tensor depends on."""
    wanted, kept = {tensor}, []
    for op in reversed(graph.ops):
        if wanted.intersection(op.outputs):
            kept.append(op)
            wanted.update(op.inputs)
    return replace(graph, ops=tuple(reversed(kept)), outputs=(tensor,), signatures=(), metadata={})


def _bytewise(graph: Graph) -> Graph:
    """The same model with the codes of 4-bit constants in bytes, which every kernel can read."""
    wide = {i: replace(t, dtype=DType.INT8) for i, t in enumerate(graph.tensors) if t.dtype is DType.INT4}
    return graph.replace_tensors(wide)


def windows(values: NDArray[np.float32], window: Window, places: NDArray[np.int64]) -> NDArray[np.float32]:
    """What the window sees of one sample at some places, ``[groups, places, taps]``, with zeros beyond the border."""
    image = values.reshape(window.height, window.width, window.channels)
    rows, row_inside = _coordinates(places // window.out_width, window, 0, window.height)
    columns, column_inside = _coordinates(places % window.out_width, window, 1, window.width)
    seen = image[rows[:, :, None], columns[:, None, :]]
    seen = np.where((row_inside[:, :, None] & column_inside[:, None, :])[..., None], seen, np.float32(0))
    parts = seen.reshape(len(places), -1, window.groups, window.channels // window.groups)
    return np.ascontiguousarray(parts.transpose(2, 0, 1, 3).reshape(window.groups, len(places), window.taps))


def _coordinates(
    starts: NDArray[np.int64], window: Window, axis: int, size: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows or columns under the window, ``[places, kernel]``, kept within the image, and whether they were."""
    taps = np.arange(window.kernel[axis]) * window.dilation[axis]
    found = starts[:, None] * window.stride[axis] - window.pad[axis] + taps
    return np.clip(found, 0, size - 1), (found >= 0) & (found < size)


class _Runner:
    """One model with one output under LiteRT."""

    def __init__(self, tflite: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=tflite, num_threads=1)
        self._interpreter.allocate_tensors()
        self._entries = self._interpreter.get_input_details()
        self._result = self._interpreter.get_output_details()[0]["index"]

    def __call__(self, sample: Sequence[NDArray[Any]]) -> NDArray[Any]:
        for values, entry in zip(sample, self._entries, strict=True):
            self._interpreter.set_tensor(
                entry["index"], values.astype(entry["dtype"], copy=False).reshape(entry["shape"])
            )
        self._interpreter.invoke()
        result: NDArray[Any] = self._interpreter.get_tensor(self._result)
        return result
