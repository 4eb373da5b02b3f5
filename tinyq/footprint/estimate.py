"""Flash and RAM of a model on a board, before anything is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tinyq.footprint.arena import activation_buffers, arena_model
from tinyq.footprint.code_size import aot_code, aot_compiler, harness, tflm_code
from tinyq.footprint.planner import MemoryPlan, plan_memory
from tinyq.footprint.tflm_kernels import Kernels
from tinyq.graph import DType, Graph, layer_name, read_graph, write_graph
from tinyq.hardware.boards import Board, Role
from tinyq.hardware.cores import Core, core

Runtime = Literal["aot", "tflm"]
Verdict = Literal["FITS", "TIGHT", "TOO BIG"]

_HARNESS = "startup, protocol and C library"
_BUILT = "measured on built firmware of the AOT engine"
_TIGHT = 0.05  # less than this share of a memory left over


class Program(Protocol):
    """What of :class:`tinyq.codegen.GeneratedCode` an estimate needs."""

    @property
    def files(self) -> Mapping[str, str]: ...
    @property
    def plan(self) -> MemoryPlan: ...
    @property
    def layers(self) -> Sequence[object]: ...
    @property
    def constant_bytes(self) -> int: ...
    @property
    def arena_bytes(self) -> int: ...


@dataclass(frozen=True)
class Part:
    """One part of a footprint: its bytes, how they were obtained, and how far off they can be."""

    name: str
    bytes: int
    method: str
    error: str
    role: Role


@dataclass(frozen=True)
class Shortage:
    """A memory region that is too small."""

    region: str
    needed: int
    limit: int

    def __str__(self) -> str:
        lack = self.needed - self.limit
        return f"{lack:,} bytes more in {self.region} ({self.needed:,} needed, {self.limit:,} there)"


@dataclass(frozen=True)
class Footprint:
    """What a model takes on a board.

    Attributes:
        board: Id of the board.
        runtime: "aot" or "tflm".
        flash, ram: The parts.
        flash_limit, ram_limit: Bytes of the board.
        verdict: TIGHT means that less than 5 % of some memory is left.
        shortages: The memory regions that are too small.
        peak_layers: Layers whose tensors are live together where the activations need most, the largest first.
        unknown: Operators or kernels whose size is in no table and is not counted.
    """

    board: str
    runtime: Runtime
    flash: tuple[Part, ...]
    ram: tuple[Part, ...]
    flash_limit: int
    ram_limit: int
    verdict: Verdict
    shortages: tuple[Shortage, ...]
    peak_layers: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def flash_bytes(self) -> int:
        return sum(p.bytes for p in self.flash)

    @property
    def ram_bytes(self) -> int:
        return sum(p.bytes for p in self.ram)

    @property
    def missing(self) -> str:
        """What is missing by how many bytes, in words; empty if nothing is."""
        return "; ".join(map(str, self.shortages))


def estimate(
    graph: Graph, board: Board, runtime: Runtime, code: Program | None = None, deployed: bytes | None = None
) -> Footprint:
    """Flash and RAM of a quantized model on a board.

    Args:
        graph: The quantized model.
        board: The board.
        runtime: The AOT engine or TFLM.
        code: The generated program for the board's core; needed for "aot".
        deployed: The file that goes into the firmware (:func:`tinyq.firmware.deployed.deployed_model`), for "tflm";
            without it the estimate is for the model as it is.

    Raises:
        ValueError: ``code`` is missing.
    """
    target = core(board.core)
    if runtime == "aot":
        if code is None:
            raise ValueError("an estimate for the AOT engine needs the generated code")
        flash, ram, unknown = _aot(code, board)
        peak = _peak_layers(graph, code.plan)
    else:
        flash, ram, unknown, peak = _tflm(graph, board, target, deployed)
    verdict, shortages = _verdict(board, (*flash, *ram))
    limits = board.flash_bytes, board.ram_bytes
    return Footprint(board.id, runtime, flash, ram, *limits, verdict, shortages, peak, unknown)


def _aot(code: Program, board: Board) -> tuple[tuple[Part, ...], tuple[Part, ...], tuple[str, ...]]:
    sizes = aot_code(code.files["model.c"], board.core, len(code.layers))
    constants = Part(
        "model constants", code.constant_bytes, "weights, biases and tables as generated", "exact", "model"
    )
    arena = Part("arena", code.arena_bytes, "the memory plan of the generated code", "exact", "arena")
    if sizes is None:
        return (constants,), (arena, _stack(board)), (f"code for {board.core}",)
    measured = f"measured per function with {aot_compiler()}"
    flash: tuple[Part, ...] = (
        Part("engine kernels", sizes.engine, measured, "all of the flash within 0.1 % with that compiler", "code"),
        constants,
        Part("layer parameters", sizes.parameters, "sizeof of the kernels' parameter structures", "exact", "model"),
        Part("generated functions", sizes.program, "a line fitted to generated programs", "4 bytes a layer", "code"),
    )
    rest = harness(board.id, board.core)
    if rest is None:
        return flash, (arena, _stack(board)), (*sizes.unknown, _HARNESS)
    flash = (*flash, Part(_HARNESS, rest.flash, _BUILT, "some 100 bytes on a board of your own", "code"))
    variables = Part("static variables", rest.ram, _BUILT, "a few bytes", "data")
    return flash, (arena, _stack(board), variables), sizes.unknown


def _stack(board: Board) -> Part:
    return Part("stack", board.stack_bytes, "what the board's linker script reserves", "exact", "data")


def _tflm(
    graph: Graph, board: Board, target: Core, deployed: bytes | None
) -> tuple[tuple[Part, ...], tuple[Part, ...], tuple[str, ...], tuple[str, ...]]:
    content = deployed if deployed is not None else write_graph(graph)
    kernels = tflm_kernels_of(target)
    arena = arena_model(read_graph(content) if deployed is not None else graph, kernels)
    operators = {(op.kind, _works_on_int8(graph, op.inputs)) for op in graph.ops}
    sizes = tflm_code(operators, kernels.library)
    measured = target.name == "cortex-m4"
    where = "measured on Cortex-M4 with GCC 12.2"
    error = "about 2 %" if measured else "not measured on this core; the code differs by up to a fifth between cores"
    flash: tuple[Part, ...] = (
        Part("TFLM interpreter", sizes.interpreter, where, error, "code"),
        Part("TFLM operators", sizes.operators, f"{where}, one by one, less what they share", error, "code"),
        Part("model", len(content), "size of the file", "exact", "model"),
    )
    rest = harness(board.id, board.core)
    if rest is not None:
        flash = (*flash, Part(_HARNESS, rest.flash, _BUILT, "about 2,000 bytes: TFLM brings its own library", "code"))
    ram = (
        Part(
            "arena",
            arena.required_bytes,
            "TFLM's allocations one after another",
            "0 bytes in 127 of 127 measured cases",
            "arena",
        ),
        _stack(board),
        Part("static variables", sizes.static_ram, where, "about 300 bytes", "data"),
    )
    unknown = tuple(sorted({*sizes.unknown, *arena.unknown_ops, *(() if rest else (_HARNESS,))}))
    return flash, ram, unknown, _peak_of_graph(graph)


def tflm_kernels_of(target: Core) -> Kernels:
    """The kernels that a TFLM build for a core uses: CMSIS-NN, for the core's instruction set."""
    return Kernels("cmsis-nn", "mve" if target.has_mve else "dsp" if target.has_dsp else "scalar")


def _works_on_int8(graph: Graph, inputs: tuple[int, ...]) -> bool:
    tensors = [graph.tensors[i] for i in inputs if i >= 0]
    return bool(tensors) and tensors[0].dtype is DType.INT8 and all(t.dtype is not DType.INT4 for t in tensors)


def _peak_of_graph(graph: Graph) -> tuple[str, ...]:
    buffers = activation_buffers(graph)
    plan = plan_memory(list(buffers.values()))
    live = [i for i, b in buffers.items() if b.first <= plan.peak_step <= b.last]
    return _names(graph, sorted(live, key=lambda i: -graph.tensors[i].nbytes))


def _peak_layers(graph: Graph, plan: MemoryPlan) -> tuple[str, ...]:
    """Layers that write what is live at the fullest step of a plan whose steps are the graph's operators."""
    if not graph.ops:
        return ()
    op = graph.ops[min(plan.peak_step, len(graph.ops) - 1)]
    live = [
        i
        for i, t in enumerate(graph.tensors)
        if not t.is_constant and (i in op.inputs or i in op.outputs or _passes(graph, i, plan.peak_step))
    ]
    return _names(graph, sorted(live, key=lambda i: -graph.tensors[i].nbytes))


def _passes(graph: Graph, tensor: int, step: int) -> bool:
    """Whether a tensor is written before a step and read after it."""
    written = graph.producers.get(tensor, -1 if tensor in graph.inputs else len(graph.ops))
    read = len(graph.ops) if tensor in graph.outputs else max(graph.consumers.get(tensor, (-1,)))
    return written < step < read


def _names(graph: Graph, tensors: Sequence[int]) -> tuple[str, ...]:
    names = []
    for index in tensors:
        producer = graph.producers.get(index)
        names.append(layer_name(graph, graph.ops[producer]) if producer is not None else graph.tensors[index].name)
    return tuple(dict.fromkeys(names))


def _verdict(board: Board, parts: Sequence[Part]) -> tuple[Verdict, tuple[Shortage, ...]]:
    needs: dict[str, int] = {}
    limits: dict[str, int] = {}
    for part in parts:
        region = board.region(part.role)
        if region is not None:
            needs[region.name] = needs.get(region.name, 0) + part.bytes
            limits[region.name] = region.bytes
    shortages = tuple(Shortage(name, needs[name], limits[name]) for name in needs if needs[name] > limits[name])
    if shortages:
        return "TOO BIG", shortages
    tight = any(needs[name] > (1 - _TIGHT) * limits[name] for name in needs)
    return ("TIGHT" if tight else "FITS"), ()
