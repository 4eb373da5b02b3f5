"""One model on one emulated core: instructions, modelled cycles, sizes, and whether outputs are TFLM's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.kept import kept
from benchmarks.reference_models import ReferenceModel, folder
from tinyq.codegen import generate
from tinyq.emulation.cost import CostModel
from tinyq.emulation.run import run_samples
from tinyq.emulation.trace import trace_inference
from tinyq.errors import MissingToolError
from tinyq.evaluation import run_tflm
from tinyq.firmware.build import Firmware, build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.firmware.toolchain import find_toolchain
from tinyq.folding import fold
from tinyq.graph import Graph, read_graph
from tinyq.hardware.boards import load_board

BOARDS = {
    "cortex-m0": "mps2-an385-m0",
    "cortex-m3": "mps2-an385",
    "cortex-m4": "mps2-an386",
    "cortex-m7": "mps2-an500",
    "cortex-m33": "mps2-an505",
    "cortex-m55": "mps3-an547",
}


@dataclass(frozen=True)
class Measurement:
    """What was measured; None where it was not.

    Attributes:
        instructions: Executed in one inference.
        cycles: As modelled for the core.
        code: Bytes of engine and generated calls, or of the interpreter: text, rodata and data.
        weights: Bytes of the model's constants, or its file.
        arena: Bytes of activations and scratch.
        stack: Most bytes of stack in use, those of the harness included.
        equal, total: Outputs that equal TFLM's on the host, of all that were compared.
    """

    instructions: int | None = None
    cycles: int | None = None
    code: int | None = None
    weights: int | None = None
    arena: int | None = None
    stack: int | None = None
    equal: int = 0
    total: int = 0


def random_codes(graph: Graph, count: int, seed: int = 0) -> NDArray[Any]:
    """Seeded random inputs of a model with one input, ``[count, ...]``."""
    tensor = graph.tensors[graph.inputs[0]]
    info = np.iinfo(tensor.dtype.numpy)
    rng = np.random.default_rng(seed)
    return rng.integers(info.min, info.max, (count, *tensor.shape[1:]), tensor.dtype.numpy, endpoint=True)


def with_real(codes: NDArray[Any], model: ReferenceModel, count: int) -> NDArray[Any]:
    """Inputs, and behind them up to ``count`` real ones where a model has any."""
    if not model.samples or not count:
        return codes
    with np.load(folder() / model.samples) as arrays:
        return np.concatenate([codes, arrays["x"].reshape(-1, *codes.shape[1:])[:count]])


def measure_engine(tflite: bytes, core: str, optimize: str, codes: NDArray[Any]) -> Measurement:
    """Generate, build and run the code of a model.

    Args:
        tflite: A quantized model.
        core: A key of BOARDS.
        optimize: What the code is best at.
        codes: Inputs ``[N, ...]``; the first one is traced, all are compared with the host.
    """
    with tempfile.TemporaryDirectory() as name:
        emit_engine(Path(name), tflite, core, optimize)
        return _measure(Path(name), core, tflite, codes, runtime="aot")


def compare_engine(tflite: bytes, core: str, optimize: str, codes: NDArray[Any]) -> tuple[int, int]:
    """The same without a trace: how many outputs equal those of TFLM on the host, and of how many."""
    with tempfile.TemporaryDirectory() as name:
        emit_engine(Path(name), tflite, core, optimize)
        firmware = build_project(Path(name), board=load_board(BOARDS[core]), runtime="aot")

        def compare() -> dict[str, Any]:
            samples = [(x.tobytes(),) for x in codes]
            result = run_samples(firmware.elf, load_board(BOARDS[core]), samples, timeout=300.0)
            outputs = [b"".join(inference.outputs) for inference in result.inferences]
            return {"equal": _equal(outputs, run_tflm(tflite, [codes]))}

        depends_on = (b"outputs", firmware.elf.read_bytes(), core.encode(), tflite, codes.tobytes())
        return int(kept(depends_on, compare)["equal"]), len(codes)


def emit_engine(project: Path, tflite: bytes, core: str, optimize: str) -> None:
    """The firmware project of a model."""
    graph = fold(read_graph(tflite)).graph
    code = generate(graph, core=core, optimize=optimize)
    emit_project(project, graph=graph, code=code, deployed=deployed_model(graph), board=load_board(BOARDS[core]))


def measure_tflm(tflite: bytes, core: str, codes: NDArray[Any]) -> Measurement | None:
    """The same of TFLM with the model file as it is, CMSIS-NN kernels where they were built; None without a build."""
    if not os.environ.get("TFLM_ROOT"):
        return None
    graph, board = read_graph(tflite), load_board(BOARDS[core])
    code = generate(graph, core=core)
    with tempfile.TemporaryDirectory() as name:
        emit_project(Path(name), graph=graph, code=code, deployed=tflite, board=board)
        try:
            return _measure(Path(name), core, tflite, codes, runtime="tflm")
        except MissingToolError:
            return None


def _measure(project: Path, core: str, tflite: bytes, codes: NDArray[Any], runtime: str) -> Measurement:
    firmware = build_project(project, board=load_board(BOARDS[core]), runtime=runtime)
    depends_on = (firmware.elf.read_bytes(), core.encode(), tflite, codes.tobytes())
    return Measurement(**kept(depends_on, lambda: asdict(_run(firmware, core, tflite, codes))))


def _run(firmware: Firmware, core: str, tflite: bytes, codes: NDArray[Any]) -> Measurement:
    board = load_board(BOARDS[core])
    samples = [(x.tobytes(),) for x in codes]
    result = run_samples(firmware.elf, board, samples, timeout=300.0)
    blocks = trace_inference(firmware.elf, board, list(samples[0]), timeout=300.0)
    cost = CostModel(firmware.elf, core, find_toolchain(None).objdump).of(blocks)
    expected = run_tflm(tflite, [codes])
    found = Measurement(
        instructions=int(np.median([i.instructions for i in result.inferences])),
        cycles=round(cost.cycles) if cost.cycles is not None else None,
        code=firmware.sizes.engine_code,
        weights=firmware.sizes.model,
        arena=result.hello.arena_bytes,
        stack=result.stack_bytes,
    )
    outputs = [b"".join(inference.outputs) for inference in result.inferences]
    return replace(found, equal=_equal(outputs, expected), total=len(outputs))


def _equal(outputs: Sequence[bytes], expected: Sequence[NDArray[Any]]) -> int:
    wanted = [b"".join(np.ascontiguousarray(y[n]).tobytes() for y in expected) for n in range(len(outputs))]
    return sum(a == b for a, b in zip(outputs, wanted, strict=True))
