"""The engine and generated programs compile without warnings for every core, and need no library but the compiler's."""

from __future__ import annotations

import functools
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import graphs
from tests.engine.harness import STRICT, engine_folder, host_compiler
from tinyq.codegen import engine, generate
from tinyq.hardware.cores import CORES

ARM = "arm-none-eabi-gcc"
LARGEST_FRAME = 512  # bytes
ALLOWED = ("memcpy", "memset", "memmove", "__aeabi_", "__gnu_")


GRAPHS = (
    graphs.conv_2d,
    graphs.depthwise_conv_2d,
    graphs.softmax,
    graphs.concatenation,
    functools.partial(graphs.conv_2d, types=graphs.W8A16),
    functools.partial(graphs.conv_2d, types=graphs.W4A8),
)


def _compile(command: list[str], source: Path, target: Path) -> None:
    includes = [f"-I{engine_folder()}"]
    done = subprocess.run(
        [*command, *STRICT, *includes, "-c", source, "-o", target], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("core", "level"), [*((core, "-O2") for core in CORES), ("cortex-m0", "-Os"), ("cortex-m7", "-Os")]
)
def test_engine_compiles_for_core(core: str, level: str, tmp_path: Path) -> None:
    if shutil.which(ARM) is None:
        pytest.skip(f"no {ARM}")
    sources = sorted(engine_folder().glob("*.c"))
    command = [ARM, "-mthumb", *CORES[core].flags, level, "-ffreestanding", "-fstack-usage", *STRICT, "-c"]
    command.append(f"-I{engine_folder()}")
    done = subprocess.run([*command, *sources], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    objects = [tmp_path / f"{source.stem}.o" for source in sources]
    listing = subprocess.run(["arm-none-eabi-nm", *objects], capture_output=True, text=True, check=True).stdout
    symbols = [line.split()[-2:] for line in listing.splitlines() if len(line.split()) >= 2]  # kind, name
    defined = {name for kind, name in symbols if kind == "T"}
    outside = {name for kind, name in symbols if kind == "U"} - defined
    assert defined
    assert all(name.startswith(ALLOWED) for name in outside), outside
    # no mutable state: neither data nor zero-initialized data
    assert not [name for kind, name in symbols if kind in "bBdDC"]
    # constant stack: no frame depends on a layer's size
    frames = [line.split("\t") for path in tmp_path.glob("*.su") for line in path.read_text().splitlines()]
    assert len(frames) > len(sources)
    assert not [frame for frame in frames if frame[2] != "static" or int(frame[1]) > LARGEST_FRAME]


def _compiler(name: str) -> list[str]:
    """The command of a compiler; clang may also come as the package ziglang."""
    if shutil.which(name) is not None:
        return [name]
    if name == "clang" and importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc"]
    pytest.skip(f"no {name}")


@pytest.mark.parametrize("compiler", ["gcc", "clang", ARM])
def test_generated_code_compiles_cleanly(compiler: str, tmp_path: Path) -> None:
    command = _compiler(compiler)
    for i, make in enumerate(GRAPHS):
        folder = tmp_path / str(i)
        folder.mkdir()
        code = generate(make(np.random.default_rng(i)), core="cortex-m0")
        for name, text in code.files.items():
            (folder / name).write_text(text)
        for options in ([], ["-DMODEL_OBSERVE"]):
            _compile([*command, "-Os", *options], folder / "model.c", folder / "model.o")


def test_interface_is_usable_from_cpp(tmp_path: Path) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("no g++")
    code = generate(graphs.softmax(np.random.default_rng(0)), core="host")
    (tmp_path / "model.h").write_text(code.files["model.h"])
    (tmp_path / "model.c").write_text(code.files["model.c"])
    (tmp_path / "main.cc").write_text(
        '#include "model.h"\nint main() { return model_init() | model_invoke() | (model_input(0) == nullptr); }\n'
    )
    _compile([host_compiler()], tmp_path / "model.c", tmp_path / "model.o")
    sources = [engine_folder() / f for f in code.engine_files if f.endswith(".c")]
    subprocess.run([host_compiler(), "-c", *sources], check=True, cwd=tmp_path)
    objects = sorted(tmp_path.glob("*.o"))
    program = tmp_path / "a"
    options = ["-Wall", "-Werror", f"-I{tmp_path}"]
    subprocess.run([compiler, *options, tmp_path / "main.cc", *objects, "-o", program], check=True)
    assert subprocess.run([program], check=False).returncode == 0


def test_engine_files_are_found_from_headers() -> None:
    found = engine.needed(["tq_conv_s8.h"])
    shared = {"tq_conv_patches.h", "tq_conv_shape.h", "tq_fixed_point.h", "tq_output_s8.c", "tq_output_s8.h"}
    assert {"tq_conv_s8.c", "tq_conv_s8.h", "tq_linear_s8.c", "tq_linear_s8.h", *shared} == set(found)


def test_scratch_size_twins_agree(tmp_path: Path) -> None:
    """The sizes that the generator plans are the ones that the C macros give."""
    from tinyq.codegen.ops.conv import scratch_bytes

    geometries = [(3, 5, 12, 4), (2, 2, 7, 1)]
    kernels = ["S8", "S8W4", "S16"]
    uses = [
        f"TQ_CONV_{k}_SCRATCH_BYTES({h} + 0, {w} + 0, {c} + 0, {g} + 0)" for k in kernels for h, w, c, g in geometries
    ]
    (tmp_path / "main.c").write_text(
        "#include <stdio.h>\n"
        + "".join(f'#include "tq_conv_{k.lower()}.h"\n' for k in kernels)
        + "int main(void) {\n"
        + "".join(f'    printf("%d ", {use});\n' for use in uses)
        + "}\n"
    )
    subprocess.run([host_compiler(), f"-I{engine_folder()}", tmp_path / "main.c", "-o", tmp_path / "a"], check=True)
    said = subprocess.run([tmp_path / "a"], capture_output=True, text=True, check=True).stdout
    factors = {"S8": 1, "S8W4": 1, "S16": 2}
    assert said.split() == [str(factors[k] * scratch_bytes(*g)) for k in kernels for g in geometries]
