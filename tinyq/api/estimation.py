"""Flash, RAM and stack of a quantized model, on one board or on all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from tinyq.codegen import GeneratedCode, generate
from tinyq.errors import BadInputError, UnsupportedError
from tinyq.firmware.built_size import built_size
from tinyq.firmware.deployed import deployed_model
from tinyq.folding import fold
from tinyq.footprint.advice import Advice, advice
from tinyq.footprint.code_size import table_knows
from tinyq.footprint.estimate import Built, Footprint, Library, Part, Runtime
from tinyq.footprint.estimate import estimate as estimate_footprint
from tinyq.frontend import load_model
from tinyq.graph import Graph
from tinyq.hardware.boards import Board, all_boards, load_board
from tinyq.reporting.models import EstimateAdvice, EstimatePart, EstimateReport

_RUNTIMES = ("aot", "tflm")
_LIBRARIES: tuple[Library, ...] = ("cmsis-nn", "reference")
_BALANCED = "balanced"
_AIMED = {"ram": "RAM", "size": "flash"}


def estimate(
    model: Path,
    board: str | None = None,
    runtime: str = "aot",
    *,
    tflm_kernels: str = "",
    build: bool | None = None,
) -> tuple[EstimateReport, ...]:
    """Estimates for one board, or for all of them.

    Args:
        model: A quantized model.
        board: Id of a board; None for all.
        runtime: "aot" or "tflm".
        tflm_kernels: "cmsis-nn" (also if empty) or "reference".
        build: Whether to build the program and take its sizes in place of tables; None to do so where the tables are
            not of the engine that is there, and a compiler is.

    Raises:
        BadInputError: The model is float, or the board, the runtime or the kernels are not known.
        UnsupportedError: The runtime lacks an operator.
    """
    library = cast(Library, tflm_kernels or _LIBRARIES[0])
    if runtime not in _RUNTIMES:
        raise BadInputError(f"There is no runtime {runtime!r}.", f"Choose one of {', '.join(_RUNTIMES)}.")
    if library not in _LIBRARIES:
        raise BadInputError(f"There are no kernels {library!r} of TFLM.", f"Choose {' or '.join(_LIBRARIES)}.")
    boards = (load_board(board),) if board is not None else all_boards()
    loaded = load_model(model)
    if loaded.kind != "quantized":
        raise BadInputError(f"{model} is a float model.", "Quantize it first with 'tinyq quantize'.")
    graph = fold(loaded.graph).graph  # as it goes into the firmware
    subject = _Subject(graph, deployed_model(graph), build)
    reports = []
    for each in boards:
        footprint = subject.footprint(each, cast(Runtime, runtime), library)
        others = dict(subject.others(each, runtime, library)) if board is not None or footprint.shortages else {}
        reports.append(report_of(footprint, advice(graph, each, footprint, others)))
    return tuple(reports)


def ways_to_fit(
    graph: Graph, board: Board, footprint: Footprint, deployed: bytes
) -> tuple[tuple[Advice, ...], tuple[str, ...]]:
    """What to do about a model that is too big for a board.

    Args:
        graph: The deployed graph.
        board: The board.
        footprint: What the generated code takes there.
        deployed: The file for TFLM.

    Returns:
        What makes it smaller, the most useful first, and the boards that it fits, the smallest first.
    """
    subject = _Subject(graph, deployed, False)
    library: Library = _LIBRARIES[0]
    others = dict(subject.others(board, footprint.runtime, library))
    larger = sorted(all_boards(), key=lambda b: (b.ram_bytes, b.flash_bytes))
    fitting = tuple(b.id for b in larger if not subject.footprint(b, footprint.runtime, library).shortages)
    return advice(graph, board, footprint, others), fitting


@dataclass
class _Subject:
    """A model, and what was already generated and built of it, by core."""

    graph: Graph
    deployed: bytes
    build: bool | None
    programs: dict[tuple[str, str], GeneratedCode] = field(default_factory=dict)
    sizes: dict[tuple[str, str], Built | None] = field(default_factory=dict)

    def footprint(self, board: Board, runtime: Runtime, library: Library, optimize: str = _BALANCED) -> Footprint:
        if runtime == "tflm":
            return estimate_footprint(self.graph, board, runtime, None, self.deployed, library=library)
        key = board.core, optimize
        if key not in self.programs:
            code = generate(self.graph, core=board.core, optimize=optimize)
            self.programs[key] = code
            known = table_knows(code.files, board.core)
            wanted = not known if self.build is None else self.build
            self.sizes[key] = built_size(self.graph, code, self.deployed, board.core) if wanted else None
        return estimate_footprint(self.graph, board, runtime, self.programs[key], self.deployed, built=self.sizes[key])

    def others(self, board: Board, runtime: str, library: Library) -> Iterator[tuple[str, Footprint]]:
        """How else the same model could be built."""
        if runtime == "tflm":
            if library == "cmsis-nn":
                text = "take TFLM's reference kernels, which are several times slower: --tflm-kernels reference"
                yield text, self.footprint(board, "tflm", "reference")
            try:
                yield "compile the model instead: --runtime aot", self.footprint(board, "aot", "cmsis-nn")
            except UnsupportedError:
                return
            return
        for aim in ("ram", "size"):
            yield f"generate it for less {_AIMED[aim]}: --optimize {aim}", self.footprint(board, "aot", library, aim)
        yield "take the official interpreter: --runtime tflm", self.footprint(board, "tflm", library)


def report_of(footprint: Footprint, found: tuple[Advice, ...] = ()) -> EstimateReport:
    """A footprint as it is reported."""

    def part(p: Part) -> EstimatePart:
        return EstimatePart(name=p.name, bytes=p.bytes, method=p.method, error=p.error)

    return EstimateReport(
        board=footprint.board,
        runtime=footprint.runtime,
        verdict=footprint.verdict,
        flash=tuple(map(part, footprint.flash)),
        ram=tuple(map(part, footprint.ram)),
        flash_bytes=footprint.flash_bytes,
        flash_limit=footprint.flash_limit,
        ram_bytes=footprint.ram_bytes,
        ram_limit=footprint.ram_limit,
        stack=part(footprint.stack) if footprint.stack is not None else None,
        peak_layers=footprint.peak_layers,
        missing=footprint.missing,
        unknown=footprint.unknown,
        advice=tuple(
            EstimateAdvice(text=a.text, flash_bytes=a.flash_bytes, ram_bytes=a.ram_bytes, fits=a.fits) for a in found
        ),
    )
