"""Write a firmware project: the model's code, the engine's kernels and the harness, for one board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tinyq import resources
from tinyq.codegen import engine
from tinyq.codegen.code import GeneratedCode
from tinyq.codegen.render import render
from tinyq.errors import FailedError
from tinyq.firmware import layer_map
from tinyq.firmware.self_test import SelfTest, self_test_files, self_test_values
from tinyq.firmware.tflm_ops import registrations
from tinyq.footprint.arena import arena_model
from tinyq.footprint.tflm_kernels import Kernels
from tinyq.graph import Graph, read_graph
from tinyq.graph.options import VarHandleOptions
from tinyq.hardware.boards import Board, stand_in
from tinyq.hardware.cores import Core, core

_TEMPLATE_SUFFIX = ".jinja"
_OF_A_BOARD = ("board/board.h.jinja", "linker.ld.jinja")
_BYTES_PER_LINE = 20
_UNKNOWN_OP_BYTES = 1024
_VARIABLE_BYTES = 64


def emit_project(
    folder: Path,
    *,
    graph: Graph,
    code: GeneratedCode,
    deployed: bytes,
    board: Board,
    self_test: SelfTest | None = None,
) -> None:
    """Write the project into an existing empty folder. The same arguments give the same bytes.

    Args:
        folder: Where to; must exist.
        graph: The quantized model.
        code: What code generation made of it for the board's core.
        deployed: The ``.tflite`` for TFLM, see :func:`tinyq.firmware.deployed.deployed_model`.
        board: The board.
        self_test: Samples for a program that tests itself, and for Renode's test of it; None for none.

    Raises:
        FailedError: A driver that the board names, or an engine file, is missing.
    """
    files = project_files(graph=graph, code=code, deployed=deployed, board=board, self_test=self_test)
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            target.write_bytes(text)
        else:
            target.write_text(text, encoding="utf-8", newline="\n")


def project_files(
    *, graph: Graph, code: GeneratedCode, deployed: bytes, board: Board, self_test: SelfTest | None = None
) -> dict[str, str | bytes]:
    """The project's files by path, as :func:`emit_project` writes them."""
    other = stand_in(board)
    values: dict[str, Any] = {
        "board": board,
        "stand_in": other if other is not board else None,
        "core": core(board.core),
        "self_test": self_test is not None,
        "engine_sources": [f for f in code.engine_files if f.endswith((".c", ".S"))],
    }
    if self_test is not None:
        values |= self_test_values(self_test)
    files: dict[str, str | bytes] = dict(_skeleton(board, values))
    available = engine.sources()
    for name in code.engine_files:
        files[f"engine/{name}"] = available[name].read_text("utf-8")
    files |= {f"model/{name}": text for name, text in code.files.items()}
    files[layer_map.FILE] = layer_map.layer_map_text(code.layers)
    files |= _tflm(graph, code, deployed, core(board.core))
    if self_test is not None:
        files |= self_test_files(self_test)
    if board.renode is not None:
        for suffix in ("repl", "resc", *(["robot"] if self_test is not None else [])):
            files[f"renode/{board.id}.{suffix}"] = render(
                f"renode/board.{suffix}.jinja", {**values, "renode": board.renode}
            )
    return dict(sorted(files.items()))


def _skeleton(board: Board, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The files of ``templates/project``, of its drivers only those that the board and its stand-in name."""
    templates = _templates()
    other = values["stand_in"]
    boards = [board] if other is None else [board, other]
    drivers = {f"drivers/{kind}.c" for b in boards for kind in (f"uart_{b.uart.type}", f"counter_{b.counter.type}")}
    for driver in sorted(drivers - templates.keys()):
        raise FailedError(
            f"The board {board.id} needs templates/project/{driver}, which does not exist.",
            "Correct the board's file, or add that driver in a folder of TINYQ_PATH.",
        )
    for name, path in templates.items():
        if name.startswith("drivers/"):
            if name in drivers:
                yield f"src/{name.removeprefix('drivers/')}", path.read_text("utf-8")
        elif name.endswith(_TEMPLATE_SUFFIX):
            if other is not None and name in _OF_A_BOARD:
                path_there = f"stand_in/{name.removeprefix('board/').removesuffix(_TEMPLATE_SUFFIX)}"
                yield path_there, render(f"project/{name}", {**values, "board": other})
            yield name.removesuffix(_TEMPLATE_SUFFIX), render(f"project/{name}", values)
        else:
            yield name, path.read_text("utf-8")


def _templates() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in resources.roots():
        folder = root / "templates" / "project"
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            found.setdefault(path.relative_to(folder).as_posix(), path)
    return found


def _tflm(graph: Graph, code: GeneratedCode, deployed: bytes, target: Core) -> dict[str, str | bytes]:
    """The model for TFLM: flatbuffer, C array, and the interface on the interpreter."""
    ops = registrations(graph)
    headers = {op.header for op in ops if op.header}
    layer_of_op = {layer.ops[-1]: layer.index for layer in code.layers if layer.ops}
    arenas = {library: _arena_bytes(deployed, library, target) for library in ("reference", "cmsis-nn")}
    values = {
        "ops": ops,
        "resource_variables": len(_resource_variables(graph)),
        "headers": sorted({*headers, "tensorflow/lite/micro/kernels/kernel_util.h"}),
        "arena_bytes_reference": arenas["reference"][0],
        "arena_bytes_cmsis_nn": arenas["cmsis-nn"][0],
        "arena_note": "guessed for some operators" if any(guess for _, guess in arenas.values()) else "exact",
        "layer_of_op": [layer_of_op.get(i, -1) for i in range(len(graph.ops))],
        "layer_bytes": [layer.output_bytes for layer in code.layers],
        "size": len(deployed),
        "body": _array_body(deployed),
    }
    return {
        "tflm/model_tflm.cc": render("runtimes/tflm/model_tflm.cc.jinja", values),
        "model/model_data.h": render("runtimes/tflm/model_data.h.jinja", values),
        "model/model_data.cc": render("runtimes/tflm/model_data.cc.jinja", values),
        "model/model_deployed.tflite": deployed,
    }


def _arena_bytes(deployed: bytes, library: str, target: Core) -> tuple[int, bool]:
    """Bytes of arena that ``AllocateTensors`` needs, and whether an operator's part is a guess."""
    if library == "reference":
        kernels = Kernels("reference")
    else:
        kernels = Kernels("cmsis-nn", "mve" if target.has_mve else "dsp" if target.has_dsp else "scalar")
    graph = read_graph(deployed)
    model = arena_model(graph, kernels)
    guess = _UNKNOWN_OP_BYTES * len(model.unknown_ops) + _subgraph_bytes(graph)
    return model.required_bytes + guess, bool(model.unknown_ops)


def _resource_variables(graph: Graph) -> dict[tuple[str, str], int]:
    """Bytes of each variable that handles name."""
    handles = {
        op.outputs[0]: (op.options.container, op.options.shared_name)
        for op in graph.ops
        if isinstance(op.options, VarHandleOptions)
    }
    found = dict.fromkeys(handles.values(), 0)
    for op in graph.ops:
        if op.kind == "ASSIGN_VARIABLE" and op.input(0) in handles:
            found[handles[op.input(0)]] = graph.tensors[op.input(1)].nbytes
    return found


def _subgraph_bytes(graph: Graph) -> int:
    """A generous guess of what variables and the subgraphs that initialize them take."""
    variables = sum(size + _VARIABLE_BYTES for size in _resource_variables(graph).values())
    return variables + sum(_VARIABLE_BYTES * (len(g.tensors) + len(g.ops) + 1) for g in graph.initializers)


def _array_body(content: bytes) -> str:
    rows = (content[i : i + _BYTES_PER_LINE] for i in range(0, len(content), _BYTES_PER_LINE))
    return "\n".join("    " + "".join(f"0x{byte:02x}, " for byte in row).rstrip() for row in rows)
