"""Building: by hand, twice the same, and what is said when it fails."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.emulated.conftest import Build, write_project, write_stub_project
from tests.graphs.int8 import small_network
from tinyq.errors import BadInputError, FailedError, MissingToolError, ShortfallError
from tinyq.firmware.build import build_project
from tinyq.firmware.toolchain import find_toolchain
from tinyq.hardware.boards import load_board

M4 = "mps2-an386"


def test_project_builds_without_tinyq_the_same_anywhere(network: Build, tmp_path: Path) -> None:
    tools = find_toolchain()
    images = [network(M4).elf.read_bytes()]
    for name in ("one", "another-folder"):
        project = write_project(tmp_path / name / "firmware", M4)
        environment = {**os.environ, "PATH": f"{tools.ninja.parent}{os.pathsep}{os.environ['PATH']}"}
        for command in (
            [str(tools.cmake), "-G", "Ninja", "-B", "build"],
            [str(tools.cmake), "--build", "build", "--parallel", "2"],
        ):
            subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)
        images.append((project / "build" / "firmware.elf").read_bytes())
    assert images[0] == images[1] == images[2]


def test_harness_uses_no_library(stub: Build) -> None:
    """So that what libgcc and libc bring along can be counted as the model's."""
    for board_id in (M4, "mps2-an385-m0"):
        firmware = stub(board_id)
        archive = (firmware.elf.parent / "firmware.map").read_text().split("Memory Configuration")[0]
        used = [line for line in archive.splitlines() if "libgcc" in line or "libc_nano" in line]
        assert not used
        # all of .engine is the stub itself
        assert 0 < firmware.sizes.engine_code < 400


def test_firmware_that_does_not_fit_says_by_how_much(tmp_path: Path) -> None:
    project = write_project(tmp_path / "firmware", "microbit", small_network(size=32, channels=32))
    with pytest.raises(ShortfallError, match=r"does not fit microbit: [0-9,]+ bytes of RAM are missing"):
        build_project(project, board=load_board("microbit"))


def test_instructions_that_the_core_lacks_are_refused(tmp_path: Path) -> None:
    """A project for an M3 that was built for an M4: QEMU would run it."""
    project = write_stub_project(tmp_path / "firmware", "mps2-an385")
    lists = project / "cmake" / "arm-none-eabi.cmake"
    lists.write_text(lists.read_text().replace("-mcpu=cortex-m3", "-mcpu=cortex-m4"))
    model = project / "model" / "model.c"
    model.write_text(
        model.read_text().replace(
            "int model_init(void) { return 0; }",
            "int model_init(void) {\n"
            "    int sum = 0;\n"
            '    __asm__("smlad %0, %0, %0, %0" : "+r"(sum));\n'
            "    return sum;\n"
            "}",
        )
    )
    with pytest.raises(FailedError, match=r"that a Cortex-M3 lacks, first 'smlad.*DSP extension.* in model_init"):
        build_project(project, board=load_board("mps2-an385"))


@pytest.mark.parametrize(
    ("board_id", "option", "line", "needs"),
    [
        ("mps2-an500", "-mcpu=cortex-m33", "lda %0, [%0]", "Armv8-M"),
        ("mps2-an500", "", "mcr p15, 0, %0, c7, c10, 5", "no Cortex-M has"),  # a barrier of older application cores
        ("mps3-an547-nomve", "-mcpu=cortex-m55", "vadd.i32 q0, q0, q0", "M-profile vector extension"),
        ("mps3-an547", "", ".arch_extension pacbti\\n pacg %0, %0, %0", "pointer authentication"),
        ("mps3-an547", "", "mcr p15, 0, %0, c7, c10, 5", "no Cortex-M has"),
        ("ek-ra8m1", "", "mrc p15, 0, %0, c0, c0, 0", "no Cortex-M has"),
    ],
)
def test_the_larger_cores_lack_something_too(tmp_path: Path, board_id: str, option: str, line: str, needs: str) -> None:
    project = write_stub_project(tmp_path / "firmware", board_id)
    tools = project / "cmake" / "arm-none-eabi.cmake"
    if option:
        tools.write_text(re.sub(r"-mcpu=\S+", option, tools.read_text()))
    model = project / "model" / "model.c"
    body = f'{{\n    int x = 0;\n    __asm__ volatile("{line}" : "+r"(x));\n    return x;\n}}'
    model.write_text(model.read_text().replace("int model_init(void) { return 0; }", f"int model_init(void) {body}"))
    with pytest.raises(FailedError, match=rf"{needs}.* in model_init"):
        build_project(project, board=load_board(board_id))


def test_a_core_runs_what_it_has(tmp_path: Path) -> None:
    """The M85 has what the M55 lacks."""
    project = write_stub_project(tmp_path / "firmware", "ek-ra8m1")
    model = project / "model" / "model.c"
    line = ".arch_extension pacbti\\n pacg %0, %0, %0"
    body = f'{{\n    int x = 0;\n    __asm__ volatile("{line}" : "+r"(x));\n    return x;\n}}'
    model.write_text(model.read_text().replace("int model_init(void) { return 0; }", f"int model_init(void) {body}"))
    assert build_project(project, board=load_board("ek-ra8m1")).elf.is_file()


def test_compile_error_shows_its_first_lines(tmp_path: Path) -> None:
    project = write_stub_project(tmp_path / "firmware", M4)
    (project / "model" / "model.c").write_text("int broken(\n")
    with pytest.raises(FailedError, match=r"does not compile: .*model\.c.*error"):
        build_project(project, board=load_board(M4))


def test_moved_project_is_built_afresh(tmp_path: Path) -> None:
    board = load_board(M4)
    project = write_stub_project(tmp_path / "firmware", M4)
    first = build_project(project, board=board)
    size = first.elf.stat().st_size
    moved = project.rename(tmp_path / "moved")
    assert build_project(moved, board=board).elf.stat().st_size == size


def test_folder_without_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds no firmware project"):
        build_project(tmp_path, board=load_board(M4))


def test_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write_stub_project(tmp_path / "firmware", M4)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr("tinyq.firmware.toolchains.zig.find_zig", lambda: None)
    with pytest.raises(MissingToolError, match=r"arm-none-eabi-gcc is not installed.*apt install gcc-arm-none-eabi"):
        build_project(project, board=load_board(M4))


def test_tflm_needs_a_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TFLM_ROOT", raising=False)
    project = write_project(tmp_path / "firmware", M4)
    with pytest.raises(MissingToolError, match=r"Set TFLM_ROOT .* TARGET_ARCH=cortex-m4\+fp"):
        build_project(project, board=load_board(M4), runtime="tflm")
    with pytest.raises(MissingToolError, match="holds no TensorFlow Lite Micro"):
        build_project(project, board=load_board(M4), runtime="tflm", tflm_root=tmp_path)
    tools = find_toolchain()
    said = subprocess.run(
        [str(tools.cmake), "-G", "Ninja", "-B", "b", f"-DCMAKE_MAKE_PROGRAM={tools.ninja}", "-DTINYQ_RUNTIME=tflm"],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode != 0
    assert "needs TensorFlow Lite Micro" in " ".join(said.stderr.split())
    assert "new_platform_support.md" in said.stderr
