"""Run generated code for a core on an emulated board: many models in one program, which talks by semihosting."""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.engine.harness import Case, Run, compile_all, engine_folder, request_of, runs_in, write_programs
from tinyq.emulation.qemu_transport import PROGRAM
from tinyq.hardware.boards import Board, load_board
from tinyq.hardware.cores import core

COMPILER = "arm-none-eabi-gcc"
_START = Path(__file__).with_name("semihosting.c")
_TIMEOUT = 120  # seconds


def run_on_core(cases: Sequence[Case], board_id: str, optimize: str = "balanced") -> list[list[Run]]:
    """Generate for a board's core, compile (strict warnings) and run each case there."""
    if shutil.which(COMPILER) is None or shutil.which(PROGRAM) is None:
        pytest.skip(f"no {COMPILER} or no {PROGRAM}")
    board = load_board(board_id)
    assert board.qemu is not None
    with tempfile.TemporaryDirectory(prefix="tinyq-engine-") as name:
        folder = Path(name)
        sources = write_programs([case.graph for case in cases], folder, core=board.core, optimize=optimize)
        objects = compile_all([*_command(board.core), "-O1"], [*sources, _START], folder)
        script = folder / "program.ld"
        script.write_text(_linker_script(board))
        program = folder / "program.elf"
        libraries = [_engine_library(board.core), "-T", script, "-nostartfiles", "--specs=nano.specs"]
        done = subprocess.run(
            [*_command(board.core), *objects, *libraries, "-Wl,--gc-sections", "-o", program],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
        (folder / "request").write_bytes(request_of(cases))
        command = [PROGRAM, "-M", board.qemu.machine, "-nodefaults", "-no-user-config", "-display", "none"]
        ran = subprocess.run(
            [*command, "-semihosting-config", "enable=on,target=native", "-kernel", program],
            cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr.decode()[-4000:]
        return runs_in(cases, (folder / "answer").read_bytes())


def _command(core_name: str) -> list[str]:
    return [COMPILER, "-mthumb", *core(core_name).flags, "-ffunction-sections", "-fdata-sections"]


@functools.cache
def _engine_library(core_name: str) -> Path:
    """All engine sources as one archive, built once for a test session, with the product's optimization."""
    folder = Path(tempfile.mkdtemp(prefix="tinyq-engine-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    objects = compile_all([*_command(core_name), "-O2"], sorted(engine_folder().glob("*.c")), folder)
    library = folder / "libengine.a"
    subprocess.run(["arm-none-eabi-ar", "rcs", library, *objects], check=True)
    return library


def _linker_script(board: Board) -> str:
    code, model, data, arena = (board.region(role) for role in ("code", "model", "data", "arena"))
    assert code is not None
    assert model is not None
    assert data is not None
    assert arena is not None
    regions = {r.name: f"{r.name} : ORIGIN = {r.origin:#x}, LENGTH = {r.bytes:#x}" for r in (code, model, data, arena)}
    lines = "\n    ".join(regions.values())
    return f"""MEMORY
{{
    {lines}
}}
SECTIONS
{{
    .text : {{ KEEP(*(.vectors)) *(.text .text.*) }} > {code.name}
    .rodata : ALIGN(16) {{ *(.rodata .rodata.*) *(.ARM.*) }} > {model.name}
    .data : ALIGN(16) {{ data_start = .; *(.data .data.*) . = ALIGN(4); data_end = .; }} > {data.name} AT > {model.name}
    data_load = LOADADDR(.data);
    .bss : ALIGN(16) {{ bss_start = .; *(.bss .bss.* COMMON) . = ALIGN(16); bss_end = .; }} > {arena.name}
    heap_start = .;
    heap_end = ORIGIN({arena.name}) + LENGTH({arena.name}) - 0x10000;
    stack_top = ORIGIN({data.name}) + LENGTH({data.name});
    /DISCARD/ : {{ *(.init .fini .init_array .fini_array .eh_frame*) }}
}}
"""
