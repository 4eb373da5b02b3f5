"""Run generated code on the host, and TFLM beside it.

Many models are compiled and run at once: ``run_engine`` and ``run_tflm`` take a list of cases, which costs one link and
one process, or one child, for all of them.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tinyq import isolation, resources
from tinyq.codegen import generate
from tinyq.graph import Graph, Tensor, write_graph

STRICT = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
_FUNCTIONS = (
    "model_init", "model_input", "model_input_bytes", "model_output", "model_output_bytes", "model_invoke",
    "model_arena_bytes", "model_invoke_observed", "model_reset",
)  # fmt: skip
MAIN = Path(__file__).with_name("host_main.c")
_JOBS = 2

Codes = Sequence[NDArray[Any]]
"""One array for each input, or output, of a model."""


@dataclass(frozen=True)
class Case:
    """A model and the inputs to run it on."""

    graph: Graph
    samples: Sequence[Codes]


@dataclass(frozen=True)
class Run:
    """What a model gave for one sample: its outputs, and each layer's output bytes as the observer saw them."""

    outputs: Codes
    layers: tuple[bytes, ...]


def run_engine_on_host(graph: Graph, codes: Codes) -> Codes:
    """Outputs of one inference by generated code."""
    return run_engine([Case(graph, [codes])])[0][0].outputs


def run_tflm_on_host(graph: Graph, codes: Codes) -> Codes:
    """Outputs of one inference by TFLM."""
    return run_tflm([Case(graph, [codes])])[0][0]


def run_engine(cases: Sequence[Case], optimize: str = "balanced") -> list[list[Run]]:
    """Generate, compile (strict warnings, address and undefined-behaviour sanitizers) and run each case."""
    with tempfile.TemporaryDirectory(prefix="tinyq-engine-") as folder:
        program = _build([case.graph for case in cases], Path(folder), optimize)
        ran = subprocess.run([program], input=request_of(cases), capture_output=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr.decode()[-4000:]
    return runs_in(cases, ran.stdout)


def request_of(cases: Sequence[Case]) -> bytes:
    """What a program of these cases reads."""
    return b"".join(_request(case) for case in cases)


def runs_in(cases: Sequence[Case], written: bytes) -> list[list[Run]]:
    """What a program of these cases wrote."""
    answer = memoryview(written)
    found = []
    for case in cases:
        runs = []
        for _ in case.samples:
            layers, answer = _take_layers(answer)
            outputs, answer = _take_outputs(case.graph, answer)
            runs.append(Run(outputs, layers))
        found.append(runs)
    assert not answer
    return found


def run_tflm(cases: Sequence[Case]) -> list[list[Codes]]:
    """Run each case by TFLM's host interpreter, in a child process."""
    return isolation.call(_tflm_child, [(write_graph(c.graph), c.samples, _arena(c.graph)) for c in cases])


def assert_bit_exact(cases: Sequence[Case], optimize: str = "balanced") -> None:
    """Every output of every case is the same by generated code and by TFLM."""
    assert_equal_to_tflm(cases, run_engine(cases, optimize))


def assert_equal_to_tflm(cases: Sequence[Case], found: Sequence[Sequence[Run]]) -> None:
    """Every output that was found for every case is TFLM's."""
    for number, (case, ours, theirs) in enumerate(zip(cases, found, run_tflm(cases), strict=True)):
        for sample, (run, expected) in enumerate(zip(ours, theirs, strict=True)):
            for output, (mine, reference) in enumerate(zip(run.outputs, expected, strict=True)):
                where = f"case {number}, sample {sample}, output {output}: {case.graph.ops}"
                assert mine.dtype == reference.dtype, where
                np.testing.assert_array_equal(mine, reference, err_msg=where)


def random_codes(graph: Graph, rng: np.random.Generator) -> Codes:
    """Random inputs over the whole range of each type; floats around the range of int8 at scale 0.1."""
    return [random_array(graph.tensors[t], rng) for t in graph.inputs]


def random_array(tensor: Tensor, rng: np.random.Generator) -> NDArray[Any]:
    dtype = tensor.dtype.numpy
    if dtype.kind == "f":
        return rng.normal(0, 10, tensor.shape).astype(dtype)
    info = np.iinfo(dtype)
    if dtype.itemsize <= 2 and rng.random() < 0.2:  # extremes alone
        return rng.choice(np.array([info.min, info.max], dtype), tensor.shape)
    return rng.integers(info.min, info.max, tensor.shape, dtype, endpoint=True)


def cases_of(graphs: Sequence[Graph], samples: int, seed: int = 0) -> list[Case]:
    """Each graph with some random inputs."""
    rng = np.random.default_rng(seed)
    return [Case(g, [random_codes(g, rng) for _ in range(samples)]) for g in graphs]


def engine_folder() -> Path:
    return resources.folder("engine")


def host_compiler() -> str:
    found = shutil.which("gcc") or shutil.which("cc")
    if found is None:
        pytest.skip("no host C compiler")
    return found


@functools.cache
def _engine_library() -> Path:
    """All portable engine sources as one archive, built once for a test session."""
    folder = Path(tempfile.mkdtemp(prefix="tinyq-engine-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    objects = _compile(sorted(engine_folder().glob("*.c")), folder, "-O1")
    library = folder / "libengine.a"
    subprocess.run(["ar", "rcs", library, *objects], check=True)
    return library


def _build(graphs: Sequence[Graph], folder: Path, optimize: str) -> Path:
    sources = write_programs(graphs, folder, core="host", optimize=optimize)
    objects = _compile(sources, folder, "-O0")  # all work is in the engine
    program = folder / "cases"
    subprocess.run(
        [host_compiler(), *SANITIZERS, *objects, _engine_library(), "-o", program], check=True, capture_output=True
    )
    return program


def write_programs(graphs: Sequence[Graph], folder: Path, *, core: str, optimize: str = "balanced") -> list[Path]:
    """Generate a program of all graphs, which answers ``request_of``; returns its source files but the engine's."""
    sources, declarations, table = [], [], []
    for i, graph in enumerate(graphs):
        case = folder / str(i)
        case.mkdir()
        for name, text in generate(graph, core=core, optimize=optimize).files.items():
            (case / name).write_text(text, "utf-8")
        renames = "\n".join(f"#define {f} case_{i}_{f}" for f in _FUNCTIONS)
        members = ", ".join(f.replace("model_", f"case_{i}_model_", 1) for f in _FUNCTIONS)
        source = folder / f"case_{i}.c"
        source.write_text(
            f'{renames}\n#include "{i}/model.c"\n#include "host_main.h"\n'
            f"const model_functions case_{i} = {{\n"
            f"    MODEL_INPUTS, MODEL_OUTPUTS, MODEL_LAYERS, MODEL_STATES, {members}}};\n"
        )
        sources.append(source)
        declarations.append(f"extern const model_functions case_{i};")
        table.append(f"    &case_{i},")
    listing = folder / "cases.c"
    listing.write_text(
        '#include "host_main.h"\n'
        + "\n".join(declarations)
        + "\nconst model_functions *const cases[] = {\n"
        + "\n".join(table)
        + f"\n}};\nconst size_t case_count = {len(graphs)};\n"
    )
    return [*sources, listing, MAIN]


def _compile(sources: Sequence[Path], folder: Path, level: str) -> list[Path]:
    return compile_all([host_compiler(), *SANITIZERS, level], sources, folder)


def compile_all(command: Sequence[str], sources: Sequence[Path], folder: Path) -> list[Path]:
    """Objects of source files, compiled with strict warnings."""

    def compile_one(source: Path) -> Path:
        target = folder / f"{source.stem}.o"
        includes = [f"-I{engine_folder()}", f"-I{MAIN.parent}", f"-I{folder}"]
        options = [*STRICT, "-DMODEL_OBSERVE", *includes]
        done = subprocess.run(
            [*command, *options, "-c", source, "-o", target], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[:4000]
        return target

    with ThreadPoolExecutor(_JOBS) as pool:
        return list(pool.map(compile_one, sources))


def _request(case: Case) -> bytes:
    samples = b"".join(np.ascontiguousarray(x).tobytes() for sample in case.samples for x in sample)
    return np.uint32(len(case.samples)).tobytes() + samples


def _take_layers(answer: memoryview) -> tuple[tuple[bytes, ...], memoryview]:
    count, answer = int(np.frombuffer(answer[:4], np.uint32)[0]), answer[4:]
    layers = []
    for _ in range(count):
        size, answer = int(np.frombuffer(answer[:4], np.uint32)[0]), answer[4:]
        layers.append(bytes(answer[:size]))
        answer = answer[size:]
    return tuple(layers), answer


def _take_outputs(graph: Graph, answer: memoryview) -> tuple[Codes, memoryview]:
    outputs = []
    for index in graph.outputs:
        tensor = graph.tensors[index]
        outputs.append(np.frombuffer(answer[: tensor.nbytes], tensor.dtype.numpy).reshape(tensor.shape))
        answer = answer[tensor.nbytes :]
    return outputs, answer


def _arena(graph: Graph) -> int:
    return (1 << 16) + 2048 * len(graph.ops) + 4 * sum(t.nbytes for t in graph.tensors)


def _tflm_child(cases: list[tuple[bytes, Sequence[Codes], int]]) -> list[list[Codes]]:
    from tflite_micro.python.tflite_micro import runtime

    found = []
    for model, samples, arena in cases:
        interpreter = runtime.Interpreter.from_bytes(model, arena_size=arena)
        outputs = len(_output_indices(model))
        runs = []
        for sample in samples:
            for i, codes in enumerate(sample):
                interpreter.set_input(codes, i)
            interpreter.invoke()
            runs.append([interpreter.get_output(i).copy() for i in range(outputs)])
        found.append(runs)
    return found


def _output_indices(model: bytes) -> tuple[int, ...]:
    from tinyq.graph import read_graph

    return read_graph(model).outputs
