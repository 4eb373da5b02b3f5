"""Every reference model, from Keras and from int8 files, on every core: are all outputs bit-exact?

Needs the MLPerf Tiny reference models (``TINYQ_MLPERF_TINY`` names their folder), the GNU toolchain and QEMU. Each cell
generates, builds and runs the code of a model with seeded random inputs and, where there are any, real ones; prints a
Markdown table and exits 1 if an output differs. Results are kept below ``build/`` (see ``benchmarks/kept.py``).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.measurement import BOARDS, compare_engine, random_codes, with_real
from benchmarks.reference_models import MODELS, ReferenceModel, folder
from tinyq.api.conversion import ConvertSettings, convert
from tinyq.errors import TinyqError
from tinyq.frontend import load_model
from tinyq.graph import read_graph, write_graph

SAMPLES, REAL_SAMPLES = 200, 1000


def cell(tflite: bytes, core: str, optimize: str, model: ReferenceModel, samples: int, real_samples: int) -> str:
    """Equal outputs of all, or why there are none."""
    inputs = with_real(random_codes(read_graph(tflite), samples), model, real_samples)
    try:
        equal, total = compare_engine(tflite, core, optimize, inputs)
    except TinyqError as error:
        return f"failed: {error.message}"
    return f"{equal:,}/{total:,}"


def forms(model: ReferenceModel) -> Iterator[tuple[str, bytes, ReferenceModel]]:
    """A model as its int8 file and, without real inputs, as its Keras file, quantized here."""
    yield "int8", (folder() / model.int8).read_bytes(), model
    if model.keras:
        with tempfile.TemporaryDirectory() as name:
            yield "Keras", quantized(folder() / model.keras, Path(name)), replace(model, samples="")


def quantized(keras: Path, scratch: Path) -> bytes:
    """A Keras model, quantized with 100 random samples."""
    graph = load_model(keras).graph
    floats, data, out = scratch / "float.tflite", scratch / "random.npz", scratch / "out"
    floats.write_bytes(write_graph(graph))
    shape = graph.tensors[graph.inputs[0]].shape[1:]
    np.savez(data, x=np.random.default_rng(0).normal(size=(100, *shape)).astype(np.float32))
    convert(ConvertSettings(model=floats, data=str(data), board="mps2-an386", out=out, evaluate=False))
    return (out / "model.tflite").read_bytes()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", nargs="*", default=[m.key for m in MODELS], choices=[m.key for m in MODELS])
    parser.add_argument("--cores", nargs="*", default=list(BOARDS), choices=list(BOARDS))
    parser.add_argument("--optimize", default="balanced")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="random inputs for each cell")
    parser.add_argument("--real-samples", type=int, default=REAL_SAMPLES, help="real ones besides")
    arguments = parser.parse_args()
    exact = True
    print(row(["model", "from", *arguments.cores]))
    print(row(["---", "---", *("--:" for _ in arguments.cores)]), flush=True)
    for model in (m for m in MODELS if m.key in arguments.models):
        for kind, tflite, known in forms(model):
            cells = [
                cell(tflite, core, arguments.optimize, known, arguments.samples, arguments.real_samples)
                for core in arguments.cores
            ]
            exact &= all(len(set(text.split("/"))) == 1 for text in cells)
            print(row([model.name, kind, *cells]), flush=True)
    return 0 if exact else 1


def row(cells: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
