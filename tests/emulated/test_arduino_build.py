"""The Arduino library, built by Arduino's own builder for a platform in small, and run under QEMU."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.graphs.floats import classifier
from tinyq.api import convert
from tinyq.api.exporting import export
from tinyq.evaluation import run_tflm
from tinyq.graph import load_graph, write_graph

BUILDER, COMPILER = shutil.which("arduino-builder"), shutil.which("arm-none-eabi-g++")
QEMU = shutil.which("qemu-system-arm")
pytestmark = [
    pytest.mark.skipif(BUILDER is None, reason="arduino-builder (Debian's package) is not installed"),
    pytest.mark.skipif(COMPILER is None, reason="arm-none-eabi-gcc is not installed"),
    pytest.mark.skipif(QEMU is None, reason="qemu-system-arm is not installed"),
]

PLATFORM = """
name=In small
version=1.0.0
compiler.path={tools}/
cc={{compiler.path}}arm-none-eabi
flags=-mcpu={{build.mcpu}} -mthumb -Os -Wall -Wextra -Werror -ffunction-sections -fdata-sections -c {{includes}}
to_object="{{source_file}}" -o "{{object_file}}"
linking=-mcpu={{build.mcpu}} -mthumb --specs=rdimon.specs -Wl,--gc-sections -T "{{build.core.path}}/ram.ld"
elf={{build.path}}/{{build.project_name}}.elf
recipe.c.o.pattern="{{cc}}-gcc" -std=gnu11 {{flags}} {{to_object}}
recipe.S.o.pattern="{{cc}}-gcc" {{flags}} {{to_object}}
recipe.cpp.o.pattern="{{cc}}-g++" {{flags}} -fno-exceptions -fno-rtti {{to_object}}
recipe.preproc.macros="{{cc}}-g++" {{flags}} -w -x c++ -E -CC "{{source_file}}" -o "{{preprocessed_file_path}}"
recipe.ar.pattern="{{cc}}-ar" rcs "{{archive_file_path}}" "{{object_file}}"
libraries="{{build.path}}/{{archive_file}}" -lm
recipe.c.combine.pattern="{{cc}}-g++" {{linking}} -o "{{elf}}" {{object_files}} {{libraries}}
"""
BOARDS = """
small.name=Cortex-M4 in small
small.build.mcpu=cortex-m4
small.build.board=SMALL
small.build.core=small
small.build.f_cpu=25000000L
"""
ARDUINO_H = """
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
struct Port {
  void begin(long) {}
  void print(int value);
  void print(char value);
  void println(const char *text);
  void println();
};
extern Port Serial;
inline void delay(long) { exit(0); }
void setup();
void loop();
"""
MAIN_CPP = """
#include "Arduino.h"
#include <stdio.h>
Port Serial;
void Port::print(int value) { printf("%d", value); }
void Port::print(char value) { putchar(value); }
void Port::println(const char *text) { puts(text); }
void Port::println() { putchar('\\n'); }
extern "C" void _start();
__attribute__((section(".vectors"), used)) static const uintptr_t vectors[] = {0x20400000, (uintptr_t)_start};
int main() {
  setup();
  while (true) loop();
}
"""
RAM_LD = """
MEMORY { flash (rx) : ORIGIN = 0, LENGTH = 4M  ram (rwx) : ORIGIN = 0x20000000, LENGTH = 4M }
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) KEEP(*(.init)) KEEP(*(.fini)) *(.ARM.extab*) } > flash
  .ARM.exidx : { __exidx_start = .; *(.ARM.exidx*) __exidx_end = .; } > flash
  .init_array : { __preinit_array_start = .; __preinit_array_end = .; __init_array_start = .; KEEP(*(.init_array*))
    __init_array_end = .; __fini_array_start = .; __fini_array_end = .; } > ram
  .data : { *(.data*) } > ram
  .bss : { __bss_start__ = .; *(.bss*) *(COMMON) __bss_end__ = .; } > ram
  end = .;
  __end__ = .;
  __stack = 0x20400000;
}
"""


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "small.tflite").write_bytes(write_graph(classifier()))
    np.savez(folder / "data.npz", x=np.random.default_rng(0).normal(0, 1, (40, 8, 8, 1)).astype(np.float32))
    convert(folder / "small.tflite", board="mps2-an386", out=folder / "out", data=str(folder / "data.npz"))
    return folder / "out"


def test_the_builder_makes_a_program_of_the_sketch_that_computes_what_tflm_does(
    run_folder: Path, tmp_path: Path
) -> None:
    export(run_folder, "arduino", library := tmp_path / "libraries" / "small")
    platform = tmp_path / "hardware" / "tests" / "arm"
    core = platform / "cores" / "small"
    core.mkdir(parents=True)
    (platform / "platform.txt").write_text(PLATFORM.format(tools=Path(str(COMPILER)).parent))
    (platform / "boards.txt").write_text(BOARDS)
    (core / "Arduino.h").write_text(ARDUINO_H)
    (core / "main.cpp").write_text(MAIN_CPP)
    (core / "ram.ld").write_text(RAM_LD)
    (tmp_path / "build").mkdir()
    tools = Path(str(BUILDER)).parent
    command = [
        str(BUILDER), "-compile", "-hardware", str(tools.parent / "share" / "arduino-builder"),
        "-hardware", str(tmp_path / "hardware"), "-tools", str(tools), "-libraries", str(tmp_path / "libraries"),
        "-fqbn", "tests:arm:small", "-build-path", str(tmp_path / "build"), "-prefs", f"tools.ctags.path={tools}",
        str(library / "examples" / "Inference" / "Inference.ino"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr
    elf = tmp_path / "build" / "Inference.ino.elf"
    qemu = [str(QEMU), "-M", "mps2-an386", "-nographic", "-semihosting", "-kernel", str(elf)]
    said = subprocess.run(qemu, capture_output=True, text=True, timeout=60, check=True, stdin=subprocess.DEVNULL).stdout
    tflite = (run_folder / "model.tflite").read_bytes()
    graph = load_graph(tflite)
    expected = run_tflm(tflite, (np.zeros((1, *graph.tensors[graph.inputs[0]].shape[1:]), np.int8),))[0]
    assert [int(v) for v in said.split()] == expected.ravel().tolist()
