"""Measure what the AOT engine takes in flash, function by function and core by core.

Compiles every ``engine/*.c`` for each core with the options of the firmware project, and writes
``tinyq/footprint/tables/aot_code_size.json``: bytes (code and read-only data), stack and callees of every function, the
size of each parameter structure, and what a generated program takes besides. Run it after any change of the engine, the
project templates or the compiler (it needs QEMU too, for the stack of the harness):

    python benchmarks/measure_code_size.py
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tinyq import resources
from tinyq.codegen import generate
from tinyq.emulation.qemu import open_qemu
from tinyq.firmware.build import build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.project import emit_project
from tinyq.footprint.code_size import AOT_TABLE, deepest_stack, engine_digest
from tinyq.graph import DType, Graph, Op, Quantization, Tensor
from tinyq.graph.options import FullyConnectedOptions
from tinyq.hardware.boards import Board, all_boards
from tinyq.hardware.cores import CORES, Core

COMPILER = "arm-none-eabi-gcc"
FLAGS = ["-std=gnu11", "-mthumb", "-ffunction-sections", "-fdata-sections", "-fno-common"]
OPTIMIZATION = "-O2"  # of engine and model, as the project sets it
STUB_LAYERS = (2, 18)
LIBRARY_STACK = (
    32  # of a function of libc or libgcc, of which the compiler tells nothing; most push four to eight words
)


def main() -> None:
    version = subprocess.run([COMPILER, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    cores: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for core in CORES.values():
            cores[core.name] = measure(core, Path(folder))
            total = sum(f["bytes"] for f in cores[core.name]["functions"].values())
            print(f"{core.name}: {len(cores[core.name]['functions'])} functions, {total} bytes")
    boards = {}
    for board in all_boards():
        boards[board.id] = measure_harness(board, cores[board.core])
        print(f"{board.id}: {boards[board.id]}")
    table = {
        "method": "code and read-only data of each function, compiled alone",
        "compiler": version,
        "flags": FLAGS,
        "optimization": OPTIMIZATION,
        "engine": engine_digest(),
        "cores": cores,
        "boards": boards,
    }
    AOT_TABLE.write_text(dense(table))


def measure(core: Core, folder: Path) -> dict[str, Any]:
    functions: dict[str, dict[str, Any]] = {}
    engine = resources.folder("engine")
    for source in sorted(engine.glob("*.c")):
        try:
            target = compile_c(source, core, folder, OPTIMIZATION, stderr=subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            continue  # a kernel for cores with more instructions
        frames = stack_of(target.with_suffix(".ci"))
        # what a function of the file alone takes is in the figures of those that call it
        functions |= {name: {**f, "stack": frames.get(name, 0)} for name, f in measure_object(target).items()}
    outside = sorted({name for f in functions.values() for name in f["needs"]} - set(functions))
    for name in outside:
        functions[name] = {"bytes": measure_library(name, core, folder), "needs": [], "stack": LIBRARY_STACK}
    texts = [measure_program(layers, core, folder) for layers in STUB_LAYERS]
    per_layer = (texts[1] - texts[0]) / (STUB_LAYERS[1] - STUB_LAYERS[0])
    program = {"base": round(texts[0] - STUB_LAYERS[0] * per_layer), "layer": round(per_layer, 1)}
    return {"functions": dict(sorted(functions.items())), "params": measure_params(core, folder), "program": program}


def compile_c(source: Path, core: Core, folder: Path, optimization: str, stderr: int | None = None) -> Path:
    target = folder / f"{source.stem}.o"
    include = ["-I", str(resources.folder("engine")), "-I", str(folder)]
    command = [COMPILER, *core.flags, *FLAGS, optimization, "-fcallgraph-info=su", *include, "-c", str(source)]
    subprocess.run([*command, "-o", str(target)], check=True, stderr=stderr)
    return target


def stack_of(path: Path) -> dict[str, int]:
    """Stack of each global function and of the functions of its own file below it, from GCC's call graph."""
    text = path.read_text()
    frames = {name: int(size) for name, size in re.findall(r'node: \{ title: "([^"]+)".*?(\d+) bytes \(static\)', text)}
    calls: dict[str, set[str]] = {name: set() for name in frames}
    for source, target in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
        # global functions are counted by who adds up the table
        if target in frames and ":" in target:
            calls[source].add(target)

    def deepest(name: str) -> int:
        return frames[name] + max(map(deepest, calls[name]), default=0)

    return {name: deepest(name) for name in frames if ":" not in name}


def measure_object(path: Path) -> dict[str, dict[str, Any]]:
    """Bytes and callees of an object's functions and tables; those of the file alone have its name before theirs."""
    with path.open("rb") as file:
        return Sections(ELFFile(file), path.stem).measure()


class Sections:
    """The sections of an object (one a function or constant) and what they refer to."""

    def __init__(self, elf: ELFFile, stem: str) -> None:
        self.stem = stem
        symbols = elf.get_section_by_name(".symtab")
        self.kept = {i: s for i, s in enumerate(elf.iter_sections()) if s["sh_flags"] & 2 and s["sh_size"]}
        self.inside: dict[int, set[int]] = {i: set() for i in self.kept}
        self.outside: dict[int, set[str]] = {i: set() for i in self.kept}
        for section in elf.iter_sections():
            if not isinstance(section, RelocationSection) or section["sh_info"] not in self.kept:
                continue
            for relocation in section.iter_relocations():
                symbol = symbols.get_symbol(relocation["r_info_sym"])
                if symbol["st_shndx"] == "SHN_UNDEF":
                    self.outside[section["sh_info"]].add(symbol.name)
                elif symbol["st_shndx"] in self.kept:
                    self.inside[section["sh_info"]].add(symbol["st_shndx"])
        self.roots = {
            s.name: s["st_shndx"]
            for s in symbols.iter_symbols()
            if s["st_info"]["type"] == "STT_FUNC" and s["st_info"]["bind"] == "STB_GLOBAL"
            if s["st_shndx"] in self.kept
        }

    def measure(self) -> dict[str, dict[str, Any]]:
        home = {section: function for function, section in self.roots.items()}

        def name_of(section: int) -> str:
            return home.get(section) or f"{self.stem}:{self.kept[section].name}"

        found: dict[str, dict[str, Any]] = {}
        waiting = list(self.roots.values())
        while waiting:
            section = waiting.pop()
            if name_of(section) in found or ".ARM." in self.kept[section].name:
                continue
            inside = {i for i in self.inside[section] - {section} if ".ARM." not in self.kept[i].name}
            needs = (self.outside[section] - {""}) | {name_of(i) for i in inside}
            size = -(-self.kept[section]["sh_size"] // 4) * 4
            found[name_of(section)] = {"bytes": size, "needs": sorted(needs)}
            waiting += inside
        return found


def measure_library(name: str, core: Core, folder: Path) -> int:
    """What one function of libc or libgcc adds to an empty program."""
    sizes = []
    for body in ("", f"extern char {name}; const void *volatile use; use = &{name};"):
        source, target = folder / "probe.c", folder / "probe.elf"
        source.write_text(f"void entry(void);\nvoid entry(void) {{ {body} }}\n")
        command = [COMPILER, *core.flags, *FLAGS, "-Os", "-fno-builtin", "-w", "-nostartfiles", "--specs=nano.specs"]
        command += ["-Wl,--gc-sections,-e,entry", str(source), "-o", str(target)]
        subprocess.run(command, check=True)
        sizes.append(flash(target))
    return sizes[1] - sizes[0]


def flash(elf: Path) -> int:
    with elf.open("rb") as file:
        sections = [s for s in ELFFile(file).iter_sections() if s["sh_flags"] & 2 and s["sh_type"] == "SHT_PROGBITS"]
        return sum(s["sh_size"] for s in sections)


def measure_params(core: Core, folder: Path) -> dict[str, int]:
    """``sizeof`` of every parameter structure of the engine."""
    engine = resources.folder("engine")
    names = {h.name: re.findall(r"^}\s*(tq_\w+_params);", h.read_text(), re.M) for h in sorted(engine.glob("*.h"))}
    source = folder / "params.c"
    lines = [f'#include "{header}"' for header, found in names.items() if found]
    lines += [f"const char size_of_{n}[sizeof({n})] = {{1}};" for found in names.values() for n in found]
    source.write_text("\n".join(lines) + "\n")
    with compile_c(source, core, folder, "-Os").open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab").iter_symbols()
        return {s.name.removeprefix("size_of_"): s["st_size"] for s in symbols if s.name.startswith("size_of_")}


def measure_program(layers: int, core: Core, folder: Path) -> int:
    """Code of a generated model.c with so many layers."""
    files = generate(chain(layers), core=core.name).files
    for name, text in files.items():
        (folder / name).write_text(text)
    with compile_c(folder / "model.c", core, folder, OPTIMIZATION).open("rb") as file:
        return sum(s["sh_size"] for s in ELFFile(file).iter_sections() if s["sh_flags"] & 4)


def measure_harness(board: Board, table: dict[str, Any]) -> dict[str, Any]:
    """Flash of startup, protocol and drivers, their variables and their stack, from a firmware built for a board."""
    graph = chain(STUB_LAYERS[0])
    code = generate(graph, core=board.core)
    with tempfile.TemporaryDirectory() as folder:
        emit_project(Path(folder), graph=graph, code=code, deployed=deployed_model(graph), board=board)
        firmware = build_project(Path(folder), board=board)
        sizes = firmware.sizes
        stack = measure_stack(firmware.elf, board, graph) if board.qemu is not None and board.qemu.machine else 0
    called = set(re.findall(r"\b(tq_\w+)\b", code.files["model.c"])) & table["functions"].keys()
    kernels = max(deepest_stack(name, table["functions"]) for name in called)
    return {"core": board.core, "flash": sizes.harness, "ram": sizes.static_ram, "stack": max(0, stack - kernels)}


def measure_stack(elf: Path, board: Board, graph: Graph) -> int:
    """Stack that was ever in use after an inference, painted and looked for on the emulated board."""
    with open_qemu(elf, board) as device:
        device.infer([bytes(graph.tensors[i].nbytes) for i in graph.inputs])
        return device.stack_bytes()


def dense(table: dict[str, Any]) -> str:
    """JSON with one line for each innermost list or object."""
    innermost = r"\[[\s\d,]+\]|\{[^{}\[\]]*(?:\[[^\]]*\])?[^{}\[\]]*\}"
    return re.sub(innermost, lambda m: " ".join(m.group().split()), json.dumps(table, indent=1)) + "\n"


def chain(layers: int) -> Graph:
    """Fully connected layers, each with weights and sizes of its own, so that the compiler can merge none."""
    rng = np.random.default_rng(0)
    widths = [40 + 7 * (i % 5) + i for i in range(layers + 1)]
    tensors = [Tensor("input", (1, widths[0]), DType.INT8, Quantization.per_tensor(0.05, 0))]
    ops = []
    for i in range(layers):
        data = rng.integers(-127, 128, (widths[i + 1], widths[i]), np.int8)
        tensors.append(Tensor(f"weights{i}", data.shape, DType.INT8, Quantization.per_tensor(0.01, 0), data))
        tensors.append(Tensor(f"output{i}", (1, widths[i + 1]), DType.INT8, Quantization.per_tensor(0.05 + i, 0)))
        source = 2 * i
        ops.append(Op("FULLY_CONNECTED", (source, len(tensors) - 2, -1), (len(tensors) - 1,), FullyConnectedOptions()))
    return Graph(tuple(tensors), tuple(ops), (0,), (len(tensors) - 1,))


if __name__ == "__main__":
    main()
