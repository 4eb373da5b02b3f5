"""Flash and RAM of a quantized model, on one board or on all."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from tinyq.codegen import GeneratedCode, generate
from tinyq.errors import BadInputError
from tinyq.firmware.deployed import deployed_model
from tinyq.folding import fold
from tinyq.footprint.estimate import Footprint, Part, Runtime
from tinyq.footprint.estimate import estimate as estimate_footprint
from tinyq.frontend import load_model
from tinyq.hardware.boards import all_boards, load_board
from tinyq.reporting.models import EstimatePart, EstimateReport

_RUNTIMES = ("aot", "tflm")


def estimate(
    model: Path, board: str | None = None, runtime: str = "aot", optimize: str = "balanced"
) -> tuple[EstimateReport, ...]:
    """Estimates of what is deployed, for one board or for all of them.

    Raises:
        BadInputError: The model is float, or the board or the runtime is not known.
    """
    if runtime not in _RUNTIMES:
        raise BadInputError(f"There is no runtime {runtime!r}.", f"Choose one of {', '.join(_RUNTIMES)}.")
    boards = (load_board(board),) if board is not None else all_boards()
    loaded = load_model(model)
    if loaded.kind != "quantized":
        raise BadInputError(f"{model} is a float model.", "Quantize it first with 'tinyq quantize'.")
    graph = fold(loaded.graph).graph
    deployed = deployed_model(graph)
    programs: dict[str, GeneratedCode] = {}
    reports = []
    for each in boards:
        if runtime == "aot" and each.core not in programs:
            programs[each.core] = generate(graph, core=each.core, optimize=optimize)
        footprint = estimate_footprint(graph, each, cast(Runtime, runtime), programs.get(each.core), deployed)
        reports.append(report_of(footprint))
    return tuple(reports)


def report_of(footprint: Footprint) -> EstimateReport:
    """A footprint as it is reported."""

    def parts(found: tuple[Part, ...]) -> tuple[EstimatePart, ...]:
        return tuple(EstimatePart(name=p.name, bytes=p.bytes, method=p.method, error=p.error) for p in found)

    return EstimateReport(
        board=footprint.board,
        runtime=footprint.runtime,
        verdict=footprint.verdict,
        flash=parts(footprint.flash),
        ram=parts(footprint.ram),
        flash_bytes=footprint.flash_bytes,
        flash_limit=footprint.flash_limit,
        ram_bytes=footprint.ram_bytes,
        ram_limit=footprint.ram_limit,
        peak_layers=footprint.peak_layers,
        missing=footprint.missing,
        unknown=footprint.unknown,
    )
