"""Are kernels chosen by the right costs? Estimated cycles of every layer beside those that are modelled from its run.

Needs the MLPerf Tiny reference models (``TINYQ_MLPERF_TINY``), a compiler and QEMU. Prints a Markdown table for each
core and model; what matters is that the ratio is alike for all kernels of an operator.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measurement import BOARDS, random_codes
from benchmarks.reference_models import MODELS, folder
from tinyq.codegen import generate
from tinyq.codegen.choose import choose
from tinyq.codegen.kernel import Node, Target
from tinyq.emulation.cost import CostModel
from tinyq.emulation.trace import trace_layers
from tinyq.firmware.build import build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.firmware.toolchain import find_toolchain
from tinyq.folding import fold
from tinyq.graph import read_graph
from tinyq.hardware.boards import load_board

CORES_SHOWN = ("cortex-m4", "cortex-m55")


def lines(tflite: bytes, core: str, optimize: str) -> Iterator[str]:
    """A line of the table for each layer."""
    graph, board = fold(read_graph(tflite)).graph, load_board(BOARDS[core])
    code = generate(graph, core=core, optimize=optimize)
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        emit_project(project, graph=graph, code=code, deployed=deployed_model(graph), board=board)
        elf = build_project(project, board=board, observe=True).elf
        traced = trace_layers(elf, board, [random_codes(graph, 1).tobytes()], timeout=300.0)
        model = CostModel(elf, core, find_toolchain(None).objdump)
        costs = [model.of(blocks) for blocks in traced]
    target = Target.of(core, optimize)
    for layer, cost in zip(code.layers, costs, strict=True):
        node = Node(graph, layer.ops[0])
        estimate, cycles = choose(node, target).kernel.cost(node, target), cost.cycles or 0.0
        yield (
            f"| {layer.name} | {layer.kernel} | {layer.macs:,} | {cost.instructions:,} | {estimate:,.0f} "
            f"| {cycles:,.0f} | {estimate / cycles:.2f} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", nargs="*", default=[m.key for m in MODELS], choices=[m.key for m in MODELS])
    parser.add_argument("--cores", nargs="*", default=CORES_SHOWN, choices=list(BOARDS))
    parser.add_argument("--optimize", default="balanced")
    arguments = parser.parse_args()
    for core in arguments.cores:
        for model in (m for m in MODELS if m.key in arguments.models):
            print(f"\n{model.name} on {core}, {arguments.optimize}\n")
            print("| layer | kernel | MACs | instructions | estimated cycles | modelled cycles | ratio |")
            print("|---|---|--:|--:|--:|--:|--:|")
            for text in lines((folder() / model.int8).read_bytes(), core, arguments.optimize):
                print(text, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
