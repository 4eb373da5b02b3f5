"""Emitted firmware projects: what is in them, and that each part is sound as text."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.int8 import small_network
from tinyq.codegen import generate
from tinyq.errors import FailedError, UnsupportedError
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project, project_files
from tinyq.firmware.self_test import MOST_SAMPLES, classes_of, samples_that_fit
from tinyq.firmware.tflm_ops import INT8_HEADERS, METHODS, registrations
from tinyq.graph import DType, Graph, Op, Tensor
from tinyq.graph.options import NoOptions
from tinyq.hardware.boards import Board, Counter, all_boards, load_board, stand_in

DECLARATIONS = Path(__file__).with_name("tflm_decls")
BOARDS = [board.id for board in all_boards()]


def files_for(board: Board) -> dict[str, str | bytes]:
    graph = small_network()
    code = generate(graph, core=board.core)
    return project_files(graph=graph, code=code, deployed=deployed_model(graph), board=board)


def text_of(files: dict[str, str | bytes], name: str) -> str:
    content = files[name]
    assert isinstance(content, str)
    return content


@pytest.mark.parametrize("board_id", BOARDS)
def test_everything_is_there_and_the_same_every_time(board_id: str) -> None:
    board = load_board(board_id)
    files = files_for(board)
    assert files == files_for(board)
    assert {
        "CMakeLists.txt", "README.md", "linker.ld", "board/board.h", "cmake/arm-none-eabi.cmake", "cmake/tflm.cmake",
        "src/main.c", "src/startup.c", f"src/uart_{board.uart.type}.c", f"src/counter_{board.counter.type}.c",
        "model/model.h", "model/model.c", "model/model_data.h", "model/model_data.cc", "model/model_deployed.tflite",
        "tflm/model_tflm.cc", f"renode/{board_id}.repl", f"renode/{board_id}.resc",
    } <= files.keys()  # fmt: skip
    # the drivers of the board and of what stands in for it, and no template is left as such
    drivers = {name for name in files if name.startswith(("src/uart_", "src/counter_"))}
    boards = {board, stand_in(board)}
    assert drivers == {f"src/{d}.c" for b in boards for d in (f"uart_{b.uart.type}", f"counter_{b.counter.type}")}
    assert {name for name in files if name.startswith("stand_in/")} == (
        {"stand_in/board.h", "stand_in/linker.ld"} if len(boards) == 2 else set()
    )
    for name, content in files.items():
        assert not name.endswith(".jinja")
        if isinstance(content, str):
            assert "{{" not in content or name.endswith((".c", ".h"))  # nested initializers
            assert "{%" not in content
            assert content.endswith("\n")
    assert board.title in text_of(files, "README.md")
    lists = text_of(files, "CMakeLists.txt")
    for source in (name for name in files if name.startswith("engine/") and name.endswith(".c")):
        assert f"    {source}\n" in lists


def test_emit_writes_these_files(tmp_path: Path) -> None:
    board, graph = load_board("mps2-an386"), small_network()
    emit_project(
        tmp_path, graph=graph, code=generate(graph, core=board.core), deployed=deployed_model(graph), board=board
    )
    written = {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    files = files_for(board)
    assert written == {n: c if isinstance(c, bytes) else c.encode() for n, c in files.items()}


def test_model_data_is_the_deployed_model() -> None:
    files = files_for(load_board("mps2-an386"))
    values = re.findall(r"0x([0-9a-f]{2})\b", text_of(files, "model/model_data.cc"))
    assert bytes(int(v, 16) for v in values) == files["model/model_deployed.tflite"]
    assert "alignas(16)" in text_of(files, "model/model_data.cc")


def test_missing_driver_is_named() -> None:
    board = load_board("mps2-an386")
    with pytest.raises(FailedError, match=r"needs templates/project/drivers/counter_sundial\.c"):
        files_for(board.model_copy(update={"counter": Counter(type="sundial", base=0)}))


def _compile(source: Path, includes: list[Path], *definitions: str, system: bool = False) -> None:
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        pytest.skip("no host C++ compiler")
    options = [
        "-std=c++17", "-fno-rtti", "-fno-exceptions", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror",
        "-fsyntax-only", *(f"-D{d}" for d in definitions),
        *(f"-{'isystem' if system else 'I'}{i}" for i in includes),
    ]  # fmt: skip
    ran = subprocess.run([compiler, *options, str(source)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("definitions", [(), ("MODEL_OBSERVE",), ("CMSIS_NN",)])
def test_tflm_runtime_compiles_against_declarations(tmp_path: Path, definitions: tuple[str, ...]) -> None:
    board, graph = load_board("mps2-an386"), small_network()
    emit_project(
        tmp_path, graph=graph, code=generate(graph, core=board.core), deployed=deployed_model(graph), board=board
    )
    for source in ("tflm/model_tflm.cc", "model/model_data.cc"):
        _compile(tmp_path / source, [DECLARATIONS, tmp_path / "model"], *definitions)


def every_operator(dtype: DType) -> Graph:
    """A graph, of no sense, with every operator that TFLM has."""
    tensors = tuple(Tensor(f"t{i}", (1, 4), dtype) for i in range(5))
    return Graph(tensors, tuple(Op(kind, (0, 1, 2), (3,), NoOptions()) for kind in METHODS), (0,), (3,))


def resolver_of(dtype: DType) -> str:
    """C++ that registers and finds all of them as the template does."""
    found = registrations(every_operator(dtype))
    assert [r.kind for r in found] == sorted(METHODS)
    assert {r.kind for r in found if r.register} == (set(INT8_HEADERS) if dtype is DType.INT8 else set())
    lines = [f'#include "{r.header}"' for r in found if r.header]
    lines += ['#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"', "bool add();", "bool add() {"]
    lines += [f"static tflite::MicroMutableOpResolver<{len(found)}> r;", "return true"]
    lines += [f"&& r.{r.method}({r.register + '()' if r.register else ''}) == kTfLiteOk" for r in found]
    lines += [f"&& r.FindOp(tflite::BuiltinOperator_{r.kind}) != nullptr" for r in found]
    return "\n".join([*lines, ";", "}"]) + "\n"


@pytest.mark.parametrize("dtype", [DType.INT8, DType.FLOAT32])
def test_every_operator_has_a_registration(tmp_path: Path, dtype: DType) -> None:
    """All of them in one resolver."""
    source = tmp_path / "all.cc"
    source.write_text(resolver_of(dtype))
    _compile(source, [DECLARATIONS])


def test_every_operator_has_a_registration_upstream(tmp_path: Path) -> None:
    """The same against TFLM's own headers, where a checkout is at hand."""
    root = os.environ.get("TFLM_ROOT")
    if not root:
        pytest.skip("TFLM_ROOT does not name a checkout of tflite-micro")
    downloads = Path(root) / "tensorflow" / "lite" / "micro" / "tools" / "make" / "downloads"
    if not (downloads / "flatbuffers").is_dir():
        pytest.skip("TFLM_ROOT names a checkout in which nothing was built")
    source = tmp_path / "all.cc"
    source.write_text(resolver_of(DType.INT8))
    system = [Path(root), downloads / "flatbuffers" / "include", downloads / "gemmlowp", downloads / "ruy"]
    _compile(source, system, "TF_LITE_STATIC_MEMORY", system=True)


def test_operator_that_tflm_lacks_is_refused() -> None:
    graph = Graph((Tensor("t", (1,), DType.INT8),), (Op("RFFT2D", (0,), (0,), NoOptions()),), (0,), (0,))
    with pytest.raises(UnsupportedError, match="no operator RFFT2D"):
        registrations(graph)


def test_table_of_registrations_matches_upstream() -> None:
    """A contract with TFLM's headers, where a checkout is at hand."""
    root = os.environ.get("TFLM_ROOT")
    if not root:
        pytest.skip("TFLM_ROOT does not name a checkout of tflite-micro")
    micro = Path(root) / "tensorflow" / "lite" / "micro"
    resolver = " ".join((micro / "micro_mutable_op_resolver.h").read_text().split())
    for kind, method in METHODS.items():
        body = re.search(rf"TfLiteStatus {method}\([^{{]*{{(.*?)}}", resolver)
        assert body is not None, kind
        assert f"BuiltinOperator_{kind}," in body.group(1)
    for kind, header in INT8_HEADERS.items():
        assert f"Register_{kind}_INT8()" in (micro / "kernels" / f"{header}.h").read_text()


def test_self_test_takes_what_there_is_room_for() -> None:
    assert samples_that_fit(1_000, 1 << 20) == MOST_SAMPLES
    assert samples_that_fit(27_650, 1 << 20) == 2  # at most 64 KB of samples
    assert samples_that_fit(200_000, 1 << 20) == 1  # but one in any case
    assert samples_that_fit(1_000, 10_000) == 5
    assert samples_that_fit(1_000, 4_500) == 0
    assert samples_that_fit(1_000, -5) == 0


def test_self_test_knows_which_labels_are_classes() -> None:
    scores = np.zeros((4, 3), np.int8)
    assert classes_of(scores, np.array([0, 2, 1, 1])) == 3
    assert classes_of(scores.reshape(4, 1, 1, 3), np.array([0, 2, 1, 1])) == 3
    for labels in (None, np.array([0, 3, 1, 1]), np.array([0.0, 1.0]), np.zeros((4, 2), int), np.array([-1, 1])):
        assert classes_of(scores, labels) == 0
    assert classes_of(np.zeros((4, 1), np.int8), np.array([0, 0, 0, 0])) == 0


def test_project_without_samples_has_no_self_test() -> None:
    board = load_board("mps2-an386")
    files = files_for(board)
    assert not [name for name in files if "self_test" in name or name.endswith(".robot")]
    assert "SELF_TEST" not in text_of(files, "CMakeLists.txt")
