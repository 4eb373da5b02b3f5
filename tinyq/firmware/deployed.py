"""The form of a model that goes into the firmware: only what TFLM reads, and a memory plan that it obeys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from tinyq.footprint.arena import activation_buffers, arena_model, scratch_buffers, with_offline_plan
from tinyq.footprint.planner import plan_memory
from tinyq.footprint.tflm_kernels import Kernels
from tinyq.graph import Graph
from tinyq.graph.writer import pack_model, schema_model

_BUILDS = (
    Kernels("reference"), Kernels("cmsis-nn", "scalar"), Kernels("cmsis-nn", "dsp"), Kernels("cmsis-nn", "mve")
)  # fmt: skip


def deployed_model(graph: Graph) -> bytes:
    """The smallest ``.tflite`` of which TFLM computes the same outputs, with all constants 16-byte aligned.

    Left out: names, description, signatures, metadata, tensors that no operator touches, repeated constants and zero
    points, and the scales of convolution biases, which TFLM derives from input and weights. Added, where TFLM's greedy
    planner would need more: an offline memory plan, which TFLM takes for the activations while it plans scratch buffers
    around them.

    Not meant for other readers: LiteRT and Vela want some of what is left out. Strip last.
    """
    model = schema_model(deployed_graph(graph))
    _strip(model)
    return pack_model(model, _SharingBuilder(1 << 16))


def deployed_graph(graph: Graph) -> Graph:
    """The graph that :func:`deployed_model` writes."""
    graph = _without_unused(replace(graph, signatures=(), metadata={}, description=""))
    return _with_plan(_without_bias_scales(graph))


def _without_unused(graph: Graph) -> Graph:
    def touched() -> Iterator[int]:
        yield from (*graph.inputs, *graph.outputs)
        for op in graph.ops:
            yield from (*op.inputs, *op.outputs, *op.intermediates)

    new = {old: i for i, old in enumerate(sorted({t for t in touched() if t >= 0}))}
    new[-1] = -1

    def renumber(indices: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(new[i] for i in indices)

    return replace(
        graph,
        tensors=tuple(graph.tensors[i] for i in new if i >= 0),
        ops=tuple(
            replace(
                op,
                inputs=renumber(op.inputs),
                outputs=renumber(op.outputs),
                intermediates=renumber(op.intermediates),
            )
            for op in graph.ops
        ),
        inputs=renumber(graph.inputs),
        outputs=renumber(graph.outputs),
    )


def _without_bias_scales(graph: Graph) -> Graph:
    """TFLM's convolutions read a bias' codes only; its fully connected operator checks the scale."""
    biases = {}
    for op in graph.ops:
        index = op.input(2)
        if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D") and index >= 0 and graph.tensors[index].is_constant:
            readers = [graph.ops[i] for i in graph.consumers[index]]
            if all(r.kind in ("CONV_2D", "DEPTHWISE_CONV_2D") and r.inputs[:2].count(index) == 0 for r in readers):
                biases[index] = replace(graph.tensors[index], quantization=None)
    return graph.replace_tensors(biases)


def _with_plan(graph: Graph) -> Graph:
    """The graph with the offline plan that needs least over all builds of the kernels, if one beats TFLM's planner.

    TFLM places scratch buffers, whose sizes depend on the build, around the activations. A plan of the activations
    alone may leave no room for them, so plans with each build's scratch buffers are tried too.
    """
    activations = activation_buffers(graph)
    best, least = graph, _needed(graph)
    for scratch in ([], *(scratch_buffers(graph, build) for build in _BUILDS)):
        plan = plan_memory([*activations.values(), *scratch])
        planned = with_offline_plan(graph, dict(zip(activations, plan.offsets, strict=False)))
        needed = _needed(planned)
        if needed < least:
            best, least = planned, needed
    return best


def _needed(graph: Graph) -> int:
    return sum(arena_model(graph, build).required_bytes for build in _BUILDS)


def _strip(model: Any) -> None:
    """Drop from a ``ModelT`` what TFLM does not read, and let equal things be one."""
    model.description = None
    model.metadata = model.metadata or None
    model.buffers, indices = _shared_buffers(model.buffers)
    for entry in model.metadata or ():
        entry.buffer = indices[entry.buffer]
    for subgraph in model.subgraphs:
        _strip_subgraph(subgraph, indices)


def _strip_subgraph(subgraph: Any, indices: list[int]) -> None:
    subgraph.name = None
    for tensor in subgraph.tensors:
        tensor.name, tensor.hasRank = None, False
        tensor.buffer = indices[tensor.buffer]
        tensor.shape = np.array(tensor.shape, np.int32)
        if tensor.quantization is not None:
            zero_point = tensor.quantization.zeroPoint
            if np.all(zero_point == zero_point[0]):
                tensor.quantization.zeroPoint = zero_point[:1]  # TFLM takes one zero point for all channels
    for op in subgraph.operators:
        op.inputs, op.outputs = np.array(op.inputs, np.int32), np.array(op.outputs, np.int32)
        if op.builtinOptions is not None:
            op.builtinOptions = _PackedOnce(op.builtinOptions)


def _shared_buffers(buffers: list[Any]) -> tuple[list[Any], list[int]]:
    """The buffers without repetitions, and where each one went."""
    kept: list[Any] = []
    places: dict[bytes | None, int] = {}
    indices = []
    for buffer in buffers:
        content = None if buffer.data is None else buffer.data.tobytes()
        if content not in places:
            places[content] = len(kept)
            kept.append(buffer)
        indices.append(places[content])
    return kept, indices


class _SharingBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """Writes equal vectors of numbers, and equal tables without references, once."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.written: dict[object, int] = {}

    def CreateNumpyVector(self, x: NDArray[Any]) -> int:  # noqa: N802 - the base class calls it so
        key = (x.dtype.str, x.tobytes())
        if key not in self.written:
            self.written[key] = super().CreateNumpyVector(x)
        return self.written[key]


class _PackedOnce:
    """An options table that shares its place with an equal one."""

    def __init__(self, table: Any) -> None:
        self.table = table
        self.key = (type(table).__name__, repr(sorted(vars(table).items())))

    def Pack(self, builder: _SharingBuilder) -> int:  # noqa: N802 - the generated code calls it so
        if self.key not in builder.written:
            builder.written[self.key] = self.table.Pack(builder)
        return builder.written[self.key]
