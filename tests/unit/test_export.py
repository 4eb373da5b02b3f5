"""Exports: each form is complete, and its code computes what TFLM computes."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.graphs.floats import classifier
from tinyq.api import convert
from tinyq.api.exporting import export
from tinyq.errors import BadInputError
from tinyq.evaluation import run_tflm
from tinyq.firmware.export import Code, export_files, formats, identifier
from tinyq.graph import load_graph, write_graph

COMPILER = shutil.which("gcc") or shutil.which("cc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no host C compiler is installed")
FLAGS = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
PRINT = """
#include <stdio.h>
#include <string.h>
#include "model.h"
int main(void) {
    if (model_init() != 0) return 1;
    memset(model_input(0), 0, model_input_bytes(0));
    if (model_invoke() != 0) return 1;
    for (size_t i = 0; i < model_output_bytes(0); i++) printf("%d ", ((const signed char *)model_output(0))[i]);
    return 0;
}
"""


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run for a Cortex-M0, whose portable code runs on the host as well."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "My model-1.tflite").write_bytes(write_graph(classifier()))
    x = np.random.default_rng(0).normal(0, 1, (40, 8, 8, 1)).astype(np.float32)
    np.savez(folder / "data.npz", x=x)
    convert(folder / "My model-1.tflite", board="microbit", out=folder / "out", data=str(folder / "data.npz"))
    return folder / "out"


@pytest.fixture
def expected(converted: Path) -> list[int]:
    """What TFLM gives for an input of zeros."""
    tflite = (converted / "model.tflite").read_bytes()
    graph = load_graph(tflite)
    codes = np.zeros((1, *graph.tensors[graph.inputs[0]].shape[1:]), np.int8)
    return [int(v) for v in run_tflm(tflite, (codes,))[0].ravel()]


def compile_and_run(folder: Path, sources: Sequence[Path], include: Path, tmp_path: Path) -> list[int]:
    (tmp_path / "print.c").write_text(PRINT)
    binary = tmp_path / "binary"
    files = [str(tmp_path / "print.c"), *map(str, sources)]
    subprocess.run([str(COMPILER), *FLAGS, f"-I{include}", *files, "-lm", "-o", str(binary)], check=True, cwd=folder)
    return [int(v) for v in subprocess.run([str(binary)], check=True, capture_output=True, text=True).stdout.split()]


@needs_compiler
@pytest.mark.parametrize(
    ("form", "sources"),
    [
        ("bare", "."), ("cmake", "src"), ("arduino", "src"), ("platformio", "lib/my_model_1/src"), ("zephyr", "src"),
        ("cmsis-pack", "src"),
    ],
)  # fmt: skip
def test_every_form_holds_the_whole_model(
    converted: Path, expected: list[int], tmp_path: Path, form: str, sources: str
) -> None:
    export(converted, form, out := tmp_path / "export")
    folder = out / sources
    assert compile_and_run(out, sorted(folder.glob("*.c")), folder, tmp_path) == expected
    assert json.loads((out / "tinyq.json").read_text())["format"] == form


def test_no_form_is_untested() -> None:
    assert {f.name for f in formats()} == {"bare", "cmake", "arduino", "platformio", "zephyr", "cmsis-pack"}


@needs_compiler
def test_cmake_builds_installs_and_is_found(converted: Path, expected: list[int], tmp_path: Path) -> None:
    cmake = shutil.which("cmake")
    if cmake is None:
        pytest.skip("cmake is not on the path")
    export(converted, "cmake", tmp_path / "package")
    build, prefix, user = tmp_path / "build", tmp_path / "prefix", tmp_path / "user"
    subprocess.run([cmake, "-S", tmp_path / "package", "-B", build, f"-DCMAKE_INSTALL_PREFIX={prefix}"], check=True)
    subprocess.run([cmake, "--build", build, "--target", "install"], check=True)
    user.mkdir()
    (user / "print.c").write_text(PRINT)
    (user / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(user C)\nfind_package(my_model_1 REQUIRED)\n"
        "add_executable(user print.c)\ntarget_link_libraries(user PRIVATE my_model_1::my_model_1 m)\n"
    )
    subprocess.run([cmake, "-S", user, "-B", user / "build", f"-DCMAKE_PREFIX_PATH={prefix}"], check=True)
    subprocess.run([cmake, "--build", user / "build"], check=True)
    said = subprocess.run([user / "build" / "user"], check=True, capture_output=True, text=True).stdout
    assert [int(v) for v in said.split()] == expected


@pytest.mark.skipif(shutil.which("g++") is None, reason="no host C++ compiler is installed")
def test_the_sketch_compiles_against_the_arduino_interface(converted: Path, tmp_path: Path) -> None:
    export(converted, "arduino", out := tmp_path / "export")
    (tmp_path / "Arduino.h").write_text(
        "#pragma once\n#include <stddef.h>\n#include <stdint.h>\nstruct Port { void begin(long); void print(int);\n"
        "void print(char); void println(const char *); void println(); };\nextern Port Serial;\nvoid delay(long);\n"
    )
    sketch = out / "examples" / "Inference" / "Inference.ino"
    command = [
        "g++",
        "-x",
        "c++",
        "-include",
        str(tmp_path / "Arduino.h"),
        f"-I{out / 'src'}",
        "-Wall",
        "-Werror",
        "-c",
    ]
    subprocess.run([*command, str(sketch), "-o", str(tmp_path / "sketch.o")], check=True)
    properties = dict(line.split("=", 1) for line in (out / "library.properties").read_text().splitlines())
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,62}", properties["name"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", properties["version"])
    required = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
    assert required <= set(properties)
    assert (out / "src" / properties["includes"]).is_file()
    assert all(re.fullmatch(r"\w+\tKEYWORD[12]", line) for line in (out / "keywords.txt").read_text().splitlines())


def test_platformio_files_are_what_they_should_be(converted: Path, tmp_path: Path) -> None:
    export(converted, "platformio", out := tmp_path / "export")
    settings = configparser.ConfigParser()
    settings.read_string((out / "platformio.ini").read_text())
    assert settings["platformio"]["default_envs"] == "target"
    assert settings.has_section("env:target")
    library = json.loads((out / "lib" / "my_model_1" / "library.json").read_text())
    assert library["name"] == "my_model_1"
    assert (out / "lib" / "my_model_1" / "src" / library["headers"]).is_file()
    assert (out / "src" / "main.c").is_file()


def test_zephyr_finds_every_source_of_the_module(converted: Path, tmp_path: Path) -> None:
    cmake = shutil.which("cmake")
    if cmake is None:
        pytest.skip("cmake is not on the path")
    export(converted, "zephyr", out := tmp_path / "export")
    module = yaml.safe_load((out / "zephyr" / "module.yml").read_text())
    assert module["build"] == {"cmake": ".", "kconfig": "Kconfig"}
    assert (out / "Kconfig").read_text().startswith("config MY_MODEL_1\n\tbool ")
    sample = out / "samples" / "inference"
    assert "CONFIG_MY_MODEL_1=y" in (sample / "prj.conf").read_text()
    assert "sample.my_model_1.inference" in yaml.safe_load((sample / "sample.yaml").read_text())["tests"]
    # Zephyr's functions in short: they must get files and folders that exist
    script = tmp_path / "zephyr.cmake"
    script.write_text(f"""
function(zephyr_library_named name)
  message(STATUS "library ${{name}}")
endfunction()
function(zephyr_include_directories folder)
  if(NOT IS_DIRECTORY "{out}/${{folder}}")
    message(FATAL_ERROR "no ${{folder}}")
  endif()
endfunction()
function(zephyr_library_sources)
  foreach(file ${{ARGN}})
    if(NOT EXISTS "{out}/${{file}}")
      message(FATAL_ERROR "no ${{file}}")
    endif()
    message(STATUS "source ${{file}}")
  endforeach()
endfunction()
function(zephyr_library_compile_options)
endfunction()
set(CONFIG_MY_MODEL_1 y)
include("{out}/CMakeLists.txt")
""")
    said = subprocess.run([cmake, "-P", script], check=True, capture_output=True, text=True).stdout
    listed = set(re.findall(r"source src/(\S+)", said))
    assert listed == {p.name for p in (out / "src").glob("*.c")}


def test_the_pack_lists_every_file(converted: Path, tmp_path: Path) -> None:
    export(converted, "cmsis-pack", out := tmp_path / "export")
    package = ET.fromstring((out / "tinyq.my_model_1.pdsc").read_text())  # noqa: S314 - our own file
    assert package.findtext("name") == "my_model_1"
    listed = {f.get("name") for f in package.iter("file") if f.get("category") == "sourceC"}
    assert listed == {f"src/{p.name}" for p in (out / "src").glob("*.c")}
    condition = package.find("components/component").get("condition")  # type: ignore[union-attr]
    assert condition in {c.get("id") for c in package.iter("condition")}
    layer = yaml.safe_load((out / "my_model_1.clayer.yml").read_text())["layer"]
    files = {f["file"] for f in layer["groups"][0]["files"]}
    assert files == listed | {"src/model.h"}


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("Digits", "digits"), ("My model-1", "my_model_1"), ("7seg", "model_7seg"), ("", "model"), ("../../etc", "etc"),
        ("*/ int x; /*", "int_x"), ("日本", "model"), ("a" * 99, "a" * 40),
    ],
)  # fmt: skip
def test_any_name_becomes_one_that_every_build_system_takes(given: str, made: str) -> None:
    assert identifier(given) == made
    for form in formats():
        files = export_files(form.name, Code(given, "cortex-m4", {"model.h": "", "model.c": "", "tq_a.S": ""}, 16))
        assert all(".." not in path and not path.startswith("/") for path in files)
        assert not any("NAME" in path for path in files)


def test_what_is_no_form_or_no_run_is_refused(converted: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="arduino"):
        try:
            export(converted, "ardiuno", tmp_path / "export")
        except BadInputError as error:
            raise BadInputError(f"{error.message} {error.hint}", "") from error
    assert not (tmp_path / "export").exists()
    with pytest.raises(BadInputError):
        export(tmp_path, "bare", tmp_path / "export")
    export(converted, "bare", tmp_path / "export")
    with pytest.raises(BadInputError, match="exists"):
        export(converted, "bare", tmp_path / "export")
    export(converted, "cmake", tmp_path / "export", force=True)
    assert (tmp_path / "export" / "CMakeLists.txt").is_file()
