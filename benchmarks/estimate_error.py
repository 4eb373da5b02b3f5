"""How far the estimates of flash and RAM are off, against firmware that is built.

Builds the four MLPerf Tiny int8 models for every board that is large enough, and prints a Markdown table:

    TINYQ_MLPERF_TINY=<folder with the models> python benchmarks/estimate_error.py [BOARD ...]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tinyq.codegen import generate
from tinyq.firmware.build import build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.footprint.estimate import Footprint, estimate
from tinyq.graph import Graph, read_graph
from tinyq.hardware.boards import Board, all_boards, load_board

MODELS = {
    "KWS": "kws/kws_ref_model.tflite",
    "ResNet-8": "ic/pretrainedResnet_quant.tflite",
    "VWW": "vww/vww_96_int8.tflite",
    "AD": "ad/ad01_int8.tflite",
}


def main(names: list[str]) -> None:
    folder = Path(os.environ["TINYQ_MLPERF_TINY"])
    boards = [load_board(name) for name in names] or list(all_boards())
    print("| model | board | flash, built | estimated | error | RAM, built | estimated | error |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for name, path in MODELS.items():
        graph = read_graph((folder / path).read_bytes())
        for board in boards:
            print(row(name, graph, board), flush=True)


def row(name: str, graph: Graph, board: Board) -> str:
    code = generate(graph, core=board.core)
    expected: Footprint = estimate(graph, board, "aot", code)
    if expected.verdict == "TOO BIG":
        return f"| {name} | {board.id} | {expected.missing} | | | | | |"
    with tempfile.TemporaryDirectory() as project:
        emit_project(Path(project), graph=graph, code=code, deployed=deployed_model(graph), board=board)
        built = build_project(Path(project), board=board)
    cells = []
    for measured, guessed in ((built.flash_bytes, expected.flash_bytes), (built.ram_bytes, expected.ram_bytes)):
        cells += [f"{measured:,}", f"{guessed:,}", f"{(guessed - measured) / measured:+.2%}"]
    return f"| {name} | {board.id} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main(sys.argv[1:])
