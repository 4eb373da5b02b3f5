"""How far estimates of flash, RAM and stack are off, against firmware that is built and run.

Builds the four MLPerf Tiny int8 models for an emulated board of every core, with the AOT engine and with TFLM
(reference and CMSIS-NN kernels, where ``TFLM_ROOT`` holds a library for the core), runs random inputs, and holds what
the linker and the target say against what tables say. For TFLM an arena of 16 bytes less must not be enough. Prints a
Markdown table, says what was skipped and why, and exits 1 if an estimate is off by more than it may be or an output is
not bit-exact:

    TINYQ_MLPERF_TINY=<models> TFLM_ROOT=<checkout> python -m benchmarks.estimate_error [--boards ...] [--builds ...]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tinyq.codegen import generate
from tinyq.emulation.qemu import open_qemu
from tinyq.errors import FailedError, MissingToolError, ShortfallError
from tinyq.evaluation import run_tflm
from tinyq.firmware.build import Firmware, build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.folding import fold
from tinyq.footprint.estimate import Footprint, estimate
from tinyq.graph import Graph, read_graph, write_graph
from tinyq.hardware.boards import Board, load_board

MODELS = {
    "KWS": "kws/kws_ref_model.tflite",
    "ResNet-8": "ic/pretrainedResnet_quant.tflite",
    "VWW": "vww/vww_96_int8.tflite",
    "AD": "ad/ad01_int8.tflite",
}
BOARDS = ("mps2-an385-m0", "mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547")
BUILDS = {"aot": ("aot", ""), "tflm-reference": ("tflm", "reference"), "tflm-cmsis-nn": ("tflm", "cmsis-nn")}
SAMPLES = 2
FLASH_LIMIT = {"aot": 0.02, "tflm": 0.05}
RAM_LIMIT = {"aot": 0.0, "tflm": 0.005}
HEADER = (
    "| model | core | build | flash built | estimated | error | RAM built | estimated | error | smallest arena | "
    "stack seen | estimated | bit-exact |\n|---|---|---|---:|---:|---:|---:|---:|---:|---|---:|---:|---|"
)


@dataclass(frozen=True)
class Cell:
    """One model on one board with one build.

    Attributes:
        built: Flash and RAM as linked.
        expected: The estimate.
        stack: Bytes that were in use.
        arena: Whether the arena is the smallest that works; "" for the AOT engine, whose plan is the arena.
        exact: Samples with equal outputs, of how many.
    """

    built: Firmware
    expected: Footprint
    stack: int
    arena: str
    exact: tuple[int, int]

    @property
    def flash_error(self) -> float:
        return self.expected.flash_bytes / self.built.flash_bytes - 1

    @property
    def ram_error(self) -> float:
        return self.expected.ram_bytes / self.built.ram_bytes - 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--boards", nargs="*", default=BOARDS)
    parser.add_argument("--builds", nargs="*", default=list(BUILDS), choices=list(BUILDS))
    parser.add_argument("--samples", type=int, default=SAMPLES, help="random inputs for each cell")
    arguments = parser.parse_args()
    folder = os.environ.get("TINYQ_MLPERF_TINY")
    if not folder:
        print("Set TINYQ_MLPERF_TINY to the folder of the MLPerf Tiny reference models.", file=sys.stderr)
        return 2
    print(HEADER)
    cells: dict[str, list[Cell]] = {}
    skipped: dict[str, str] = {}
    bad = []
    for name in arguments.models:
        whole = read_graph((Path(folder) / MODELS[name]).read_bytes())
        inputs = random_inputs(whole, arguments.samples)
        outputs = run_tflm(write_graph(whole), inputs)
        graph = fold(whole).graph  # as it goes into the firmware
        for board in map(load_board, arguments.boards):
            with tempfile.TemporaryDirectory() as project:
                emit(graph, board, Path(project))
                for build in arguments.builds:
                    try:
                        cell = measure(graph, board, build, Path(project), inputs, outputs)
                    except (MissingToolError, ShortfallError) as error:
                        skipped[f"{board.core}, {build}" + (f", {name}" * isinstance(error, ShortfallError))] = str(
                            error.message
                        )
                        continue
                    print(row(name, board, build, cell), flush=True)
                    cells.setdefault(build, []).append(cell)
                    bad += [f"{name}, {board.core}, {build}"] * (not sound(cell, BUILDS[build][0]))
    print()
    for build, found in cells.items():
        flash, ram = (max(abs(getattr(c, f"{kind}_error")) for c in found) for kind in ("flash", "ram"))
        stacks = [c.expected.stack.bytes / c.stack - 1 for c in found if c.expected.stack is not None and c.stack]
        print(f"{build}: {len(found)} builds; flash within {flash:.2%}, RAM within {ram:.2%}, "
              f"stack {min(stacks):+.0%} to {max(stacks):+.0%}.\n")  # fmt: skip
    for what, why in skipped.items():
        print(f"Skipped: {what}: {why}")
    for what in bad:
        print(f"Off by more than it may be, or not bit-exact: {what}", file=sys.stderr)
    return 1 if bad or not cells else 0


def random_inputs(graph: Graph, count: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    shapes = [graph.tensors[i].shape[1:] for i in graph.inputs]
    return tuple(rng.integers(-128, 128, (count, *shape), np.int8) for shape in shapes)


def emit(graph: Graph, board: Board, project: Path) -> None:
    code = generate(graph, core=board.core)
    emit_project(project, graph=graph, code=code, deployed=deployed_model(graph), board=board)


def measure(
    graph: Graph,
    board: Board,
    build: str,
    project: Path,
    inputs: tuple[np.ndarray, ...],
    outputs: list[np.ndarray],
) -> Cell:
    """Build, run, and hold against the estimate."""
    runtime, kernels = BUILDS[build]
    expected = estimate(
        graph,
        board,
        runtime,  # type: ignore[arg-type]
        generate(graph, core=board.core) if runtime == "aot" else None,
        deployed_model(graph),
        library=kernels or "cmsis-nn",  # type: ignore[arg-type]
    )
    built = build_project(project, board=board, runtime=runtime, tflm_kernels=kernels, definitions=arena(0))
    equal = 0
    with open_qemu(built.elf, board, 120) as device:
        for n in range(len(inputs[0])):
            found = device.infer([x[n].tobytes() for x in inputs]).outputs
            equal += list(found) == [y[n].tobytes() for y in outputs]
        stack = device.stack_bytes()
    smallest = is_smallest(project, board, kernels, built) if runtime == "tflm" else ""
    return Cell(replace(built), expected, stack, smallest, (equal, len(inputs[0])))


def arena(size: int) -> dict[str, str]:
    return {"TFLM_ARENA_BYTES": str(size) if size else ""}


def is_smallest(project: Path, board: Board, kernels: str, built: Firmware) -> str:
    """The arena in words, after the attempt to take 16 bytes less."""
    size = built.sizes.arena
    less = build_project(project, board=board, runtime="tflm", tflm_kernels=kernels, definitions=arena(size - 16))
    try:
        with open_qemu(less.elf, board, 120) as device:
            device.hello()
    except FailedError:
        return f"{size:,}"
    return f"less than {size:,}"


def row(name: str, board: Board, build: str, cell: Cell) -> str:
    stack = cell.expected.stack
    parts = [
        name, board.core, build,
        f"{cell.built.flash_bytes:,}", f"{cell.expected.flash_bytes:,}", f"{cell.flash_error:+.2%}",
        f"{cell.built.ram_bytes:,}", f"{cell.expected.ram_bytes:,}",
        f"{cell.expected.ram_bytes - cell.built.ram_bytes:+,} B ({cell.ram_error:+.2%})",
        cell.arena or f"{cell.built.sizes.arena:,}",
        f"{cell.stack:,}", f"{stack.bytes:,}" if stack else "not measured", f"{cell.exact[0]}/{cell.exact[1]}",
    ]  # fmt: skip
    return f"| {' | '.join(parts)} |"


def sound(cell: Cell, runtime: str) -> bool:
    """Whether nothing is off by more than it may be."""
    return (
        abs(cell.flash_error) <= FLASH_LIMIT[runtime]
        and abs(cell.ram_error) <= RAM_LIMIT[runtime]
        and cell.exact[0] == cell.exact[1]
        and "less" not in cell.arena
    )


if __name__ == "__main__":
    sys.exit(main())
