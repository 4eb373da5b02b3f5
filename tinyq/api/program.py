"""What goes into a firmware project: the folded model, its C, the file for TFLM, and what they need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tinyq.api.estimation import ways_to_fit
from tinyq.api.manifest import sha256
from tinyq.codegen import GeneratedCode
from tinyq.codegen import generate as generate_code
from tinyq.errors import ShortfallError
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.firmware.self_test import SelfTest
from tinyq.folding import fold
from tinyq.footprint.advice import Advice
from tinyq.footprint.estimate import Footprint, estimate
from tinyq.graph import Graph
from tinyq.hardware.boards import Board
from tinyq.reporting.models import LayerReport

_OFFERS = 3  # ways that are named to a user whose model is too big


@dataclass(frozen=True)
class Program:
    """What goes into the firmware, for both runtimes.

    Attributes:
        graph: The deployed graph: the model without the channels that do not matter.
        code: The generated C.
        deployed: The file for TFLM.
        footprint: On the board.
    """

    graph: Graph
    code: GeneratedCode
    deployed: bytes
    footprint: Footprint


def program_of(graph: Graph, tflite: bytes, board: Board, optimize: str) -> Program:
    """Fold, generate, and refuse what does not fit.

    Raises:
        ShortfallError: It does not: what is missing by how much, what sets the peak, and what would fit.
    """
    folding = fold(graph)
    code = generate_code(folding.graph, core=board.core, optimize=optimize, model_hash=sha256(tflite)[:16])
    deployed = deployed_model(folding.graph)
    footprint = estimate(folding.graph, board, "aot", code, deployed)
    if footprint.shortages:
        raise _too_big(folding.graph, board, footprint, deployed)
    layers = tuple(
        replace(layer, channels=folding.channels[layer.tensor].kept) if layer.tensor in folding.channels else layer
        for layer in code.layers
    )
    return Program(folding.graph, replace(code, layers=layers), deployed, footprint)


def emit(folder: Path, program: Program, board: Board, self_test: SelfTest | None) -> None:
    """Write the project into an existing folder."""
    emit_project(
        folder,
        graph=program.graph,
        code=program.code,
        deployed=program.deployed,
        board=board,
        self_test=self_test,
    )


def layer_reports(program: Program) -> tuple[LayerReport, ...]:
    """The layers of the generated C."""
    return tuple(
        LayerReport(
            index=layer.index,
            name=layer.name,
            op=layer.kind,
            kernel=layer.kernel,
            output_shape=program.graph.tensors[layer.tensor].shape,
            macs=layer.macs,
            constant_bytes=layer.constant_bytes,
            output_bytes=layer.output_bytes,
        )
        for layer in program.code.layers
    )


def _too_big(graph: Graph, board: Board, footprint: Footprint, deployed: bytes) -> ShortfallError:
    """What is missing by how much, what sets the peak, what would make the model smaller, and where it fits."""
    peak = f" RAM peaks at {', '.join(footprint.peak_layers[:2])}." if footprint.peak_layers else ""
    ways, boards = ways_to_fit(graph, board, footprint, deployed)
    flash, ram = footprint.flash_bytes > footprint.flash_limit, footprint.ram_bytes > footprint.ram_limit
    ways = tuple(w for w in ways if (flash and w.flash_bytes > 0) or (ram and w.ram_bytes > 0))
    enough = [way for way in ways if way.fits]
    offered = "; ".join(_offer(way) for way in (enough or ways)[:_OFFERS])
    alone = "Enough" if enough else "Not enough alone"
    smaller = f"{alone}: {offered}." if offered else "Make the model smaller."
    where = f" Boards that it fits: {', '.join(boards)}." if boards else " No board that tinyq knows is large enough."
    return ShortfallError(f"The model does not fit on {board.id}: it needs {footprint.missing}.{peak}", smaller + where)


def _offer(way: Advice) -> str:
    saved = ((way.flash_bytes, "flash"), (way.ram_bytes, "RAM"))
    figures = " and ".join(f"{count:,} bytes less {what}" for count, what in saved if count > 0)
    return f"{way.text} ({figures})"
