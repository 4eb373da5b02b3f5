"""Measure what TensorFlow Lite Micro takes in flash, by operator, core and kernels.

Needs a checkout of tflite-micro (``TFLM_ROOT``) in which upstream's ``microlite`` target was built, for as many
``TARGET_ARCH`` and with as many kernels as are there to be measured. For each of them a firmware is linked with one
operator's registration after the other; the linker's map says which functions and tables each one brings. What several
operators share is kept once, with the set of operators that need it, so that the sum for any set of them is exact.
Writes ``tinyq/footprint/tables/tflm_code_size.json``; builds that are not there keep the entries that the table has:

    TFLM_ROOT=<checkout> python benchmarks/measure_tflm_size.py [CORE ...]
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure_code_size import COMPILER, chain, dense, measure_stack
from tests.graphs.int8 import bottleneck_network, small_network
from tinyq.codegen import generate
from tinyq.errors import TinyqError
from tinyq.firmware.build import build_project
from tinyq.firmware.deployed import deployed_model
from tinyq.firmware.elf import memory_of
from tinyq.firmware.project import emit_project
from tinyq.firmware.tflm_ops import INT8_HEADERS, METHODS
from tinyq.footprint.code_size import harness
from tinyq.footprint.tflm_size import TFLM_TABLE
from tinyq.hardware.boards import Board, all_boards

KERNELS = ("reference", "cmsis-nn")
_ADD_OPS = re.compile(r"bool AddOps\(Resolver &resolver\) \{.*?\n\}\n", re.DOTALL)
_HEADERS = "tensorflow/lite/micro/kernels"


@dataclass(frozen=True)
class Section:
    """An input section that the linker kept: its object and name, its bytes, and whether it is in flash and in RAM."""

    key: tuple[str, str]
    bytes: int
    flash: bool
    ram: bool


def main() -> None:
    root = os.environ.get("TFLM_ROOT")
    if not root:
        sys.exit("Set TFLM_ROOT to a checkout of tflite-micro with libraries built by its microlite target.")
    table: dict[str, Any] = json.loads(TFLM_TABLE.read_text()) if TFLM_TABLE.is_file() else {}
    cores = table.get("cores", {})
    version = subprocess.run([COMPILER, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    for board in boards():
        if sys.argv[1:] and board.core not in sys.argv[1:]:
            continue
        for kernels in KERNELS:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    found = measure(board, kernels, Path(folder))
                except TinyqError as error:
                    print(f"{board.core}, {kernels}: kept as it was; {error.message}", flush=True)
                    continue
            cores.setdefault(board.core, {})[kernels] = found
            table = {
                "method": "sections that the linker keeps for each operator's registration, shared ones counted once",
                "compiler": version,
                "tflm": revision(Path(root)),
                "build": "upstream's microlite target, BUILD_TYPE=release",
                "cores": dict(sorted(cores.items())),
            }
            TFLM_TABLE.write_text(dense(table))
            print(f"{board.core}, {kernels}: base {found['base']['flash']}, {len(found['operators'])} operators, "
                  f"{len(found['groups'])} groups", flush=True)  # fmt: skip


def boards() -> list[Board]:
    """One board for each core that an emulated board has."""
    found: dict[str, Board] = {}
    for board in all_boards():
        if board.qemu is not None and board.qemu.machine and board.flash_bytes >= 1 << 20:
            found.setdefault(board.core, board)
    return list(found.values())


def revision(root: Path) -> str:
    """The day of the checkout's last commit."""
    ran = subprocess.run(
        ["git", "-C", str(root), "log", "-1", "--format=%cs"], capture_output=True, text=True, check=False
    )
    return ran.stdout.strip() or "unknown"


def measure(board: Board, kernels: str, folder: Path) -> dict[str, Any]:
    """The table's entry for a core and its kernels."""
    graph = chain(2)
    code, model = generate(graph, core=board.core), deployed_model(graph)
    emit_project(folder, graph=graph, code=code, deployed=model, board=board)
    source = folder / "tflm" / "model_tflm.cc"
    text, replaced = _ADD_OPS.subn(
        "bool AddOps(Resolver &resolver) { return add_operators(resolver); }\n", source.read_text()
    )
    if replaced != 1:
        sys.exit(f"{source} has no AddOps any more; adapt this script.")
    declaration = 'extern "C" __attribute__((weak)) bool add_operators(tflite::MicroMutableOpResolver<1> &resolver);\n'
    source.write_text(text.replace("namespace {\n", f"{declaration}\nnamespace {{\n", 1))
    firmware = build_project(folder, board=board, runtime="tflm", tflm_kernels=kernels)
    build = firmware.elf.parent
    probe = write_operators(folder / "tflm" / "operators.cc")
    commands = subprocess.run(
        ["ninja", "-C", str(build), "-t", "commands", "firmware.elf"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    compile_ = next(c for c in commands if "model_tflm.cc" in c and " -c " in c)
    compile_ = compile_.replace(str(source), str(probe))
    compile_ = re.sub(r"-MF \S+|-MT \S+|-MD", "", re.sub(r" -o \S+", " -o operators.o", compile_))
    run(compile_, build)
    link = next(part for part in commands[-1].split("&&") if "firmware.elf" in part)
    rest = harness(board.id, board.core)
    if rest is None:
        sys.exit("Run benchmarks/measure_code_size.py first.")

    base, memory = linked(link, "nothing", build)
    names = sorted(operators())
    with ThreadPoolExecutor(2) as pool:
        results = dict(zip(names, pool.map(lambda n: brought(link, n, build, base), names), strict=True))
    sizes = sizes_of(build / "operators.o")
    arena = memory.sizes.arena + memory.sizes.stack
    return {
        "base": {
            "flash": memory.flash_bytes - len(model) - rest.flash,
            "ram": memory.ram_bytes - arena - sizes["size_1"],
        },
        "resolver": {"one": sizes["size_1"], "more": sizes["size_2"] - sizes["size_1"]},
        "operators": [name for name, sections in results.items() if sections is not None],
        "stack": measure_stacks(board, kernels, folder),
        "groups": grouped({n: s for n, s in results.items() if s is not None}),
    }


def measure_stacks(board: Board, kernels: str, folder: Path) -> list[dict[str, Any]]:
    """Stack that was in use, in all of the firmware, for some networks; they stand for all with their operators."""
    found = []
    for position, graph in enumerate((chain(2), small_network(), bottleneck_network())):
        project = folder / f"stack{position}"
        project.mkdir()
        code, model = generate(graph, core=board.core), deployed_model(graph)
        emit_project(project, graph=graph, code=code, deployed=model, board=board)
        elf = build_project(project, board=board, runtime="tflm", tflm_kernels=kernels).elf
        kinds = sorted({op.kind for op in graph.ops})
        found.append({"operators": kinds, "bytes": measure_stack(elf, board, graph)})
    return found


def operators() -> dict[str, tuple[str, str]]:
    """Name in the table -> (call that adds it, header that it needs)."""
    found = {kind: (f"{method}()", "") for kind, method in METHODS.items()}
    for kind, header in INT8_HEADERS.items():
        found[f"{kind}_INT8"] = (f"{METHODS[kind]}(tflite::Register_{kind}_INT8())", f"{_HEADERS}/{header}.h")
    return found


def write_operators(path: Path) -> Path:
    """One function for each operator; the linker keeps the one that it is told."""
    headers = sorted({h for _, h in operators().values() if h} | {"tensorflow/lite/micro/micro_mutable_op_resolver.h"})
    lines = [f'#include "{h}"' for h in headers]
    lines += ["using Resolver = tflite::MicroMutableOpResolver<1>;", 'extern "C" {']
    lines += ["bool add_nothing(Resolver &);", "bool add_nothing(Resolver &) { return true; }"]
    for name, (call, _) in operators().items():
        lines += [f"bool add_{name}(Resolver &);"]
        lines += [f"bool add_{name}(Resolver &resolver) {{ return resolver.{call} == kTfLiteOk; }}"]
    lines += [f"char size_{n}[sizeof(tflite::MicroMutableOpResolver<{n}>)];" for n in (1, 2)]
    path.write_text("\n".join([*lines, "}", ""]))
    return path


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(shlex.split(command), cwd=folder, capture_output=True, text=True, check=True)


def linked(link: str, name: str, build: Path) -> tuple[dict[tuple[str, str], Section], Any]:
    """Link with one operator; the sections that stay, and the firmware's memory."""
    elf, map_ = build / f"{name}.elf", build / f"{name}.map"
    command = re.sub(r" -o \S+", f" operators.o -Wl,--defsym=add_operators=add_{name} -o {elf}", link)
    run(command.replace("-Wl,-Map=firmware.map", f"-Wl,-Map={map_}"), build)
    sections = parse_map(map_.read_text())
    memory = memory_of(elf)
    elf.unlink()
    map_.unlink()
    return sections, memory


def brought(link: str, name: str, build: Path, base: dict[tuple[str, str], Section]) -> list[Section] | None:
    """What an operator brings beyond the base; None where the library lacks it."""
    try:
        sections, _ = linked(link, name, build)
    except subprocess.CalledProcessError:
        return None
    return [s for key, s in sections.items() if key not in base]


_PLACE = re.compile(r"^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$")
_OUTPUT = re.compile(r"^(\.\S+)")


def parse_map(text: str) -> dict[tuple[str, str], Section]:
    """Kept input sections of a GNU linker map, those with equal names in one object as one."""
    body = text.split("Linker script and memory map", 1)[1]
    body = re.sub(r"^( \S+)\n\s+(?=0x)", r"\1 ", body, flags=re.MULTILINE)  # long names have a line of their own
    output = ""
    found: dict[tuple[str, str], Section] = {}
    for line in body.splitlines():
        start = _OUTPUT.match(line)
        if start:
            output = start.group(1)
        place = _PLACE.match(line)
        if not place or output in ("", ".stack", ".arena", "/DISCARD/") or output.startswith((".debug", ".ARM.attr")):
            continue
        name, address, size, source = place.group(1), int(place.group(2), 16), int(place.group(3), 16), place.group(4)
        if not address or not size or name == "*fill*":
            continue
        key = (Path(source).name, name)
        before = found[key].bytes if key in found else 0
        rounded = before + -(-size // 4) * 4
        found[key] = Section(key, rounded, flash=output != ".bss", ram=output in (".data", ".bss"))
    return found


def grouped(results: dict[str, list[Section]]) -> list[dict[str, Any]]:
    """Bytes by the set of operators that bring them."""
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    sections: dict[tuple[str, str], Section] = {}
    for name, found in results.items():
        for section in found:
            owners[section.key].add(name)
            sections[section.key] = section
    index = {name: i for i, name in enumerate(results)}
    groups: dict[tuple[int, ...], list[int]] = defaultdict(lambda: [0, 0])
    for key, names in owners.items():
        entry = groups[tuple(sorted(index[n] for n in names))]
        entry[0] += sections[key].bytes if sections[key].flash else 0
        entry[1] += sections[key].bytes if sections[key].ram else 0
    return [{"needed_by": list(key), "flash": f, "ram": r} for key, (f, r) in sorted(groups.items())]


def sizes_of(path: Path) -> dict[str, int]:
    """Bytes of the probes' resolvers."""
    from elftools.elf.elffile import ELFFile

    with path.open("rb") as file:
        symbols: Iterable[Any] = ELFFile(file).get_section_by_name(".symtab").iter_symbols()
        return {s.name: int(s["st_size"]) for s in symbols if s.name.startswith("size_")}


if __name__ == "__main__":
    main()
