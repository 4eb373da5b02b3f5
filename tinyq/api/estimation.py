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
from tinyq.footprint.advice import Advice, advice
from tinyq.footprint.code_size import table_knows
from tinyq.footprint.estimate import Built, Footprint, Library, Part, Runtime
from tinyq.footprint.estimate import estimate as estimate_footprint
from tinyq.frontend import load_model
from tinyq.graph import Graph
from tinyq.hardware.boards import Board, all_boards, load_board
from tinyq.reporting.models import EstimateAdvice, EstimatePart, EstimateReport

_RUNTIMES = ("aot", "tflm")
_LIBRARIES = ("cmsis-nn", "reference")


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
    library = tflm_kernels or _LIBRARIES[0]
    if runtime not in _RUNTIMES:
        raise BadInputError(f"There is no runtime {runtime!r}.", f"Choose one of {', '.join(_RUNTIMES)}.")
    if library not in _LIBRARIES:
        raise BadInputError(f"There are no kernels {library!r} of TFLM.", f"Choose {' or '.join(_LIBRARIES)}.")
    boards = (load_board(board),) if board is not None else all_boards()
    loaded = load_model(model)
    if loaded.kind != "quantized":
        raise BadInputError(f"{model} is a float model.", "Quantize it first with 'tinyq quantize'.")
    subject = _Subject(loaded.graph, deployed_model(loaded.graph), build)
    reports = []
    for each in boards:
        footprint = subject.footprint(each, cast(Runtime, runtime), cast(Library, library))
        others = dict(subject.others(each, runtime, library)) if board is not None or footprint.shortages else {}
        reports.append(report_of(footprint, advice(loaded.graph, each, footprint, others)))
    return tuple(reports)


@dataclass
class _Subject:
    """A model, and what was already generated and built of it, by core."""

    graph: Graph
    deployed: bytes
    build: bool | None
    programs: dict[str, GeneratedCode] = field(default_factory=dict)
    sizes: dict[str, Built | None] = field(default_factory=dict)

    def footprint(self, board: Board, runtime: Runtime, library: Library) -> Footprint:
        if runtime == "tflm":
            return estimate_footprint(self.graph, board, runtime, None, self.deployed, library=library)
        if board.core not in self.programs:
            code = generate(self.graph, core=board.core)
            self.programs[board.core] = code
            known = table_knows(code.files, board.core)
            wanted = not known if self.build is None else self.build
            self.sizes[board.core] = built_size(self.graph, code, self.deployed, board.core) if wanted else None
        built = self.sizes[board.core]
        return estimate_footprint(self.graph, board, runtime, self.programs[board.core], self.deployed, built=built)

    def others(self, board: Board, runtime: str, library: str) -> Iterator[tuple[str, Footprint]]:
        """How else the same model could be built."""
        if runtime == "tflm":
            if library == "cmsis-nn":
                text = "take TFLM's reference kernels, which are several times slower: --tflm-kernels reference"
                yield text, self.footprint(board, "tflm", "reference")
            try:
                yield "compile the model instead: --runtime aot", self.footprint(board, "aot", "cmsis-nn")
            except UnsupportedError:
                return


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
