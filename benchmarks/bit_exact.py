"""Every reference model, from Keras and from int8 files, on every board: are all outputs bit-exact?

Needs the MLPerf Tiny reference models (``TINYQ_MLPERF_TINY`` names their folder). Each cell converts a model, builds
its firmware and runs seeded random inputs on the emulated board; prints a Markdown table and exits 1 if an output
differs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyq.api.conversion import ConvertSettings, convert
from tinyq.api.target import TestSettings, test
from tinyq.errors import ShortfallError, TinyqError
from tinyq.frontend import load_model
from tinyq.graph import write_graph

BOARDS = ("mps2-an385-m0", "mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547")
SAMPLES = 50


@dataclass(frozen=True)
class Model:
    """A reference model: its Keras form and its int8 form, below the models' folder."""

    name: str
    keras: str
    int8: str


MODELS = (
    Model("KWS", "kws/kws_ref_model", "kws/kws_ref_model.tflite"),
    Model("ResNet-8", "ic/pretrainedResnet.h5", "ic/pretrainedResnet_quant.tflite"),
    Model("VWW", "vww/vww_96.h5", "vww/vww_96_int8.tflite"),
    Model("AD", "ad/ad01.h5", "ad/ad01_int8.tflite"),
)


def cell(model: Path, data: Path | None, board: str, folder: Path, samples: int) -> str:
    """One conversion and run, as a cell of the table: equal outputs and instructions."""
    out = folder / "out"
    convert(
        ConvertSettings(model=model, data=str(data) if data else None, board=board, out=out, evaluate=False, force=True)
    )
    # a folder without data is tested with random inputs
    manifest = out / "tinyq.json"
    text = manifest.read_text()
    if data is not None:
        import json

        manifest.write_text(json.dumps({**json.loads(text), "data": None}))
    report = test(TestSettings(out=out, samples=samples))
    exact = report.bit_exact
    return f"{exact.equal}/{exact.total}, {report.instructions.median:,}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="random inputs for each cell")
    parser.add_argument("--boards", nargs="*", default=BOARDS)
    arguments = parser.parse_args()
    root = os.environ.get("TINYQ_MLPERF_TINY")
    if not root:
        print("Set TINYQ_MLPERF_TINY to the folder of the MLPerf Tiny reference models.", file=sys.stderr)
        return 2
    print(f"| model | from | {' | '.join(arguments.boards)} |")
    print(f"|---|---|{'---|' * len(arguments.boards)}")
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for model in MODELS:
            # a Keras model is loaded once; what follows sees the same float model from every board
            loaded = load_model(Path(root) / model.keras)
            floats = folder / "float.tflite"
            floats.write_bytes(write_graph(loaded.graph))
            shapes = [loaded.graph.tensors[i].shape[1:] for i in loaded.graph.inputs]
            data = folder / "random.npz"
            rng = np.random.default_rng(0)
            np.savez(data, x=rng.normal(size=(100, *shapes[0])).astype(np.float32))
            for kind, path, samples in (("Keras", floats, data), ("int8", Path(root) / model.int8, None)):
                cells = []
                for board in arguments.boards:
                    try:
                        text = cell(path, samples, board, folder, arguments.samples)
                    except ShortfallError as error:
                        text = error.message
                    except TinyqError as error:
                        text = f"failed: {error.message}"
                    equal = text.split(",")[0].split("/")
                    failed |= len(equal) != 2 or equal[0] != equal[1]
                    cells.append(text)
                print(f"| {model.name} | {kind} | {' | '.join(cells)} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
