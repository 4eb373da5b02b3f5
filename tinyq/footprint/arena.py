"""TFLM's arena on a 32-bit target, computed by going through ``AllocateTensors`` allocation by allocation.

The arena grows from both ends: persistent structures from the top, and from the bottom first what planning needs for a
while, then the planned activations and scratch buffers. ``arena_used_bytes()`` reports the state at the end; while a
model is prepared more may be needed, so the smallest arena that works can be larger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyq.footprint.planner import Buffer
from tinyq.footprint.tflm_kernels import KernelMemory, Kernels, Site, rule_for
from tinyq.graph import Graph

OFFLINE_PLAN = "OfflineMemoryAllocation"
"""Name of the metadata in which TFLM looks for a memory plan."""

_ALIGNMENT = 16
# sizeof, 32-bit Arm, TF_LITE_STATIC_MEMORY
_SINGLE_ARENA, _PLANNER, _ALLOCATOR, _OPTIONS_ALLOCATOR = 36, 44, 36, 8
_SUBGRAPH, _EVAL_TENSOR, _NODE, _TENSOR, _QUANTIZATION, _HANDLE, _POINTER = 8, 12, 32, 32, 12, 4, 4
# only while planning: per scratch request (12 are always kept free), per tensor or request, per planned buffer
_REQUEST, _FREE_REQUESTS, _ALLOCATION_INFO, _PLANNED = 12, 12, 24, 40
_UNKNOWN = KernelMemory(params=(8, 4), op_data=64)


@dataclass(frozen=True)
class ArenaModel:
    """TFLM's arena for one model and one build of the kernels.

    Attributes:
        used_bytes: What ``arena_used_bytes()`` returns.
        required_bytes: The smallest arena, a multiple of 16, with which ``AllocateTensors`` succeeds.
        planned_bytes: Activations and scratch buffers, as TFLM places them.
        persistent_bytes: Structures and buffers that stay.
        unknown_ops: Operators of which the kernel's memory is not known and was guessed.
    """

    used_bytes: int
    required_bytes: int
    planned_bytes: int
    persistent_bytes: int
    unknown_ops: tuple[str, ...]


def arena_model(graph: Graph, kernels: Kernels) -> ArenaModel:
    """The arena that TFLM needs for a model.

    An ``OfflineMemoryAllocation`` in the graph's metadata is obeyed, as TFLM does.
    """
    memories = [_memory(Site(graph, op, kernels)) for op in graph.ops]
    arena = _Arena()
    for size in (_SINGLE_ARENA, _PLANNER, _ALLOCATOR, _OPTIONS_ALLOCATOR):
        arena.persistent(size)
    arena.set_head(_REQUEST * _FREE_REQUESTS)
    arena.persistent(_SUBGRAPH)
    arena.persistent(_EVAL_TENSOR * len(graph.tensors))
    arena.persistent(_NODE * len(graph.ops))
    for memory in memories:
        if memory.params[0]:
            arena.persistent(*memory.params)
    for memory in memories:
        if memory.op_data:
            arena.persistent(memory.op_data, _ALIGNMENT)
    requests = _prepare(graph, memories, arena)
    planned = _plan(graph, requests, arena)
    arena.set_head(planned)
    for tensors in (graph.inputs, graph.outputs):
        arena.persistent(_POINTER * len(tensors), _ALIGNMENT)
        for index in tensors:
            for size in _tensor_structures(graph, index):
                arena.persistent(size)
    unknown = {op.kind for op in graph.ops if rule_for(op.kind) is None}
    return ArenaModel(planned + arena.tail, _up(arena.high), planned, arena.tail, tuple(sorted(unknown)))


class _Arena:
    """Bytes taken from both ends, and the most that was ever taken."""

    def __init__(self) -> None:
        self.tail = self.head = self.high = 0

    def persistent(self, size: int, alignment: int = 4) -> None:
        self.tail = -(-(self.tail + size) // alignment) * alignment
        self.need(self.head)

    def set_head(self, size: int) -> None:
        self.head = size
        self.need(size)

    def need(self, low: int) -> None:
        self.high = max(self.high, low + self.tail)


def _memory(site: Site) -> KernelMemory:
    rule = rule_for(site.op.kind)
    return rule(site) if rule else _UNKNOWN


def _prepare(graph: Graph, memories: Sequence[KernelMemory], arena: _Arena) -> list[tuple[int, int]]:
    """Run every kernel's Prepare; (operator, bytes) of the scratch buffers."""
    requests: list[tuple[int, int]] = []
    for position, memory in enumerate(memories):
        for size in memory.persistent:
            arena.persistent(size, _ALIGNMENT)
        arena.need(arena.head + sum(sum(_tensor_structures(graph, i)) for i in memory.temporaries))
        requests += [(position, size) for size in memory.scratch]
        arena.set_head(_REQUEST * (len(requests) + _FREE_REQUESTS))
    return requests


def _plan(graph: Graph, requests: Sequence[tuple[int, int]], arena: _Arena) -> int:
    """Run the memory planner; bytes of activations and scratch buffers."""
    arena.persistent(_HANDLE * len(requests))
    temporary = arena.head + _POINTER + _ALLOCATION_INFO * (len(graph.tensors) + len(requests))
    arena.need(temporary)
    offline = _offline_offsets(graph)
    for index, tensor in enumerate(graph.tensors):
        if tensor.is_variable and index not in offline:
            arena.persistent(tensor.nbytes, _ALIGNMENT)
    activations = activation_buffers(graph)
    scratch = [Buffer(f"scratch {op}", size, op + 1, op + 1) for op, size in requests]
    count = len(activations) + len(scratch)
    arena.high = max(arena.high, _up(temporary) + _up(arena.tail) + _PLANNED * count)
    pinned = [(b, offline[i]) for i, b in activations.items() if i in offline]
    return _greedy(pinned, [*(b for i, b in activations.items() if i not in offline), *scratch])


def _greedy(pinned: Sequence[tuple[Buffer, int]], free: Sequence[Buffer]) -> int:
    """``GreedyMemoryPlanner``: pinned buffers first, then by size, of equals the last one first; bytes in all."""
    placed = [(offset, offset + _up(b.size), b) for b, offset in pinned]
    for i in sorted(range(len(free)), key=lambda i: (-_up(free[i].size), -i)):
        buffer, need, at = free[i], _up(free[i].size), 0
        for start, end, other in sorted(placed, key=lambda p: p[:2]):
            if not buffer.overlaps(other):
                continue
            if start - at >= need:
                break
            at = max(at, end)
        placed.append((at, at + need, buffer))
    return max((end for _, end, _ in placed), default=0)


def activation_buffers(graph: Graph) -> dict[int, Buffer]:
    """The tensors that TFLM plans, by index. Step 0 is before the first operator, step ``i + 1`` operator ``i``."""
    last = len(graph.ops)
    buffers = {}
    for index, tensor in enumerate(graph.tensors):
        if tensor.is_constant or tensor.is_variable or not tensor.nbytes:
            continue
        if index in graph.inputs:
            first = 0
        elif index in graph.producers:
            first = graph.producers[index] + 1
        else:
            continue
        reads = [i + 1 for i in graph.consumers.get(index, ())]
        end = last if index in graph.outputs else max(reads, default=first)
        buffers[index] = Buffer(tensor.name, tensor.nbytes, first, end)
    return buffers


def scratch_buffers(graph: Graph, kernels: Kernels) -> list[Buffer]:
    """The scratch buffers that a build of the kernels asks for, in the steps of :func:`activation_buffers`."""
    memories = enumerate(_memory(Site(graph, op, kernels)) for op in graph.ops)
    return [Buffer(f"scratch {op}", size, op + 1, op + 1) for op, memory in memories for size in memory.scratch]


def with_offline_plan(graph: Graph, offsets: Mapping[int, int]) -> Graph:
    """The graph with an ``OfflineMemoryAllocation``.

    Its content, as little-endian int32: version, subgraph, tensor count, and an offset for each tensor or -1 for "the
    planner decides".
    """
    entries = [1, 0, len(graph.tensors), *(offsets.get(i, -1) for i in range(len(graph.tensors)))]
    return replace(graph, metadata={**graph.metadata, OFFLINE_PLAN: np.array(entries, "<i4").tobytes()})


def _offline_offsets(graph: Graph) -> Mapping[int, int]:
    plan = graph.metadata.get(OFFLINE_PLAN)
    if not plan:
        return {}
    offsets = np.frombuffer(plan, "<i4")[3:]
    return {i: int(offset) for i, offset in enumerate(offsets) if offset >= 0}


def _tensor_structures(graph: Graph, index: int) -> tuple[int, ...]:
    """What a ``TfLiteTensor`` takes: itself, its quantization and a zero point for each scale."""
    quantization = graph.tensors[index].quantization
    if quantization is None:
        return (_TENSOR,)
    return (_TENSOR, _QUANTIZATION, 4 + 4 * quantization.scale.size)


def _up(value: int) -> int:
    return -(-value // _ALIGNMENT) * _ALIGNMENT
