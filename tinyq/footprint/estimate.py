"""Flash and RAM of a model on a board, before anything is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tinyq.footprint.arena import activation_buffers, arena_model
from tinyq.footprint.code_size import aot_code, aot_compiler, harness, is_current
from tinyq.footprint.planner import MemoryPlan, plan_memory
from tinyq.footprint.tflm_kernels import Kernels
from tinyq.footprint.tflm_size import TflmCode, tflm_code, tflm_compiler, tflm_revision
from tinyq.graph import DType, Graph, layer_name, read_graph, write_graph
from tinyq.hardware.boards import Board, Role
from tinyq.hardware.cores import Core, core

Runtime = Literal["aot", "tflm"]
Verdict = Literal["FITS", "TIGHT", "TOO BIG"]
Library = Literal["cmsis-nn", "reference"]

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
class Built:
    """Sizes of a firmware of the model that was built with the AOT engine, in bytes.

    Attributes:
        code: Kernels and generated functions.
        model: Constants and parameters.
        compiler: What built it.
    """

    code: int
    model: int
    compiler: str


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
        stack: Stack that is used, of what RAM holds for it; None where it was not measured.
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
    stack: Part | None
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
    graph: Graph,
    board: Board,
    runtime: Runtime,
    code: Program | None = None,
    deployed: bytes | None = None,
    *,
    library: Library = "cmsis-nn",
    built: Built | None = None,
) -> Footprint:
    """Flash and RAM of a quantized model on a board.

    Args:
        graph: The quantized model.
        board: The board.
        runtime: The AOT engine or TFLM.
        code: The generated program for the board's core; needed for "aot".
        deployed: The file that goes into the firmware (:func:`tinyq.firmware.deployed.deployed_model`), for "tflm";
            without it the estimate is for the model as it is.
        library: TFLM's kernels, for "tflm".
        built: What a build of the program for this core took, where there was one; otherwise tables are used.

    Raises:
        ValueError: ``code`` is missing.
    """
    target = core(board.core)
    if runtime == "aot":
        if code is None:
            raise ValueError("an estimate for the AOT engine needs the generated code")
        found = _aot(code, board, built)
        peak = _peak_layers(graph, code.plan)
    else:
        found = _tflm(graph, board, target, deployed, library)
        peak = _peak_of_graph(graph)
    verdict, shortages = _verdict(board, (*found.flash, *found.ram))
    limits = board.flash_bytes, board.ram_bytes
    return Footprint(
        board.id, runtime, found.flash, found.ram, *limits, verdict, shortages, found.stack, peak, found.unknown
    )


@dataclass(frozen=True)
class _Parts:
    flash: tuple[Part, ...]
    ram: tuple[Part, ...]
    stack: Part | None
    unknown: tuple[str, ...]


def _aot(code: Program, board: Board, built: Built | None) -> _Parts:
    sizes = aot_code(code.files["model.c"], board.core, len(code.layers))
    constants = Part(
        "model constants", code.constant_bytes, "weights, biases and tables as generated", "exact", "model"
    )
    arena = Part("arena", code.arena_bytes, "the memory plan of the generated code", "exact", "arena")
    ram = (arena, _reserved(board))
    flash: tuple[Part, ...]
    unknown: tuple[str, ...]
    if built is not None:
        where = f"built with {built.compiler}"
        flash = (
            Part("engine kernels and generated functions", built.code, where, "exact with that compiler", "code"),
            constants,
            Part("layer parameters", built.model - code.constant_bytes, where, "exact with that compiler", "model"),
        )
        unknown = ()
    elif sizes is not None:
        measured = f"measured per function with {aot_compiler()}"
        error = "all of the flash within 0.5 % with that compiler" if is_current() else "not measured: another engine"
        flash = (
            Part("engine kernels", sizes.engine, measured, error, "code"),
            constants,
            Part("layer parameters", sizes.parameters, "sizeof of the kernels' parameter structures", "exact", "model"),
            Part(
                "generated functions", sizes.program, "a line fitted to generated programs", "4 bytes a layer", "code"
            ),
        )
        unknown = sizes.unknown
    else:
        flash, unknown = (constants,), (f"code for {board.core}",)
    rest = harness(board.id, board.core)
    if rest is None:
        return _Parts(flash, ram, None, (*unknown, _HARNESS))
    flash = (*flash, Part(_HARNESS, rest.flash, _BUILT, "some 100 bytes on a board of your own", "code"))
    variables = Part("static variables", rest.ram, _BUILT, "a few bytes", "data")
    stack = None
    if sizes is not None and not sizes.unknown:
        deepest = "the compiler's figures for the deepest chain of kernels, on what the harness was measured to use"
        stack = Part("stack in use", rest.stack + sizes.stack, deepest, "12 % either way", "data")
    return _Parts(flash, (*ram, variables), stack, unknown)


def _reserved(board: Board) -> Part:
    return Part("stack", board.stack_bytes, "what the board's linker script reserves", "exact", "data")


def _tflm(graph: Graph, board: Board, target: Core, deployed: bytes | None, library: Library) -> _Parts:
    content = deployed if deployed is not None else write_graph(graph)
    arena = arena_model(read_graph(content) if deployed is not None else graph, tflm_kernels_of(target, library))
    sizes = tflm_code({(op.kind, _works_on_int8(graph, op.inputs)) for op in graph.ops}, board.core, library)
    where = f"measured by operator on {sizes.measured_on}, TFLM of {tflm_revision()}, {tflm_compiler()}"
    error = _tflm_error(sizes)
    flash: tuple[Part, ...] = (
        Part("TFLM interpreter", sizes.interpreter, where, error, "code"),
        Part("TFLM operators", sizes.operators, where, error, "code"),
        Part("model", len(content), "size of the file", "exact", "model"),
    )
    rest = harness(board.id, board.core)
    if rest is not None:
        flash = (*flash, Part(_HARNESS, rest.flash, _BUILT, "some 100 bytes on a board of your own", "code"))
    method = f"TFLM's allocations one after another, with {library} kernels; the smallest that works"
    exact = "guessed for some operators" if arena.unknown_ops else "0 bytes, as far as measured"
    ram = (
        Part("arena", arena.required_bytes, method, exact, "arena"),
        _reserved(board),
        Part("static variables", sizes.static_ram, where, "some 10 bytes" if sizes.is_same else error, "data"),
    )
    doubt = f"not measured with {', '.join(sizes.stack_unknown)}" if sizes.stack_unknown else "15 %, mostly too much"
    stack = Part("stack in use", sizes.stack, f"seen on {sizes.measured_on} with these operators", doubt, "data")
    unknown = tuple(sorted({*sizes.unknown, *arena.unknown_ops, *(() if rest else (_HARNESS,))}))
    return _Parts(flash, ram, stack, unknown)


def _tflm_error(sizes: TflmCode) -> str:
    if not sizes.is_same:
        return "not measured on this core; code differs by up to a fifth between cores"
    if sizes.elsewhere:
        return f"{', '.join(sizes.elsewhere)} not measured on this core but on a Cortex-M4"
    return "all of the flash within 0.5 % with that TFLM and compiler"


def tflm_kernels_of(target: Core, library: Library = "cmsis-nn") -> Kernels:
    """The kernels of a TFLM build for a core; CMSIS-NN takes the forms of the core's instruction set."""
    if library == "reference":
        return Kernels("reference")
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
