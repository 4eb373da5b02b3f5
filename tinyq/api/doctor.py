"""Which external tools and optional packages are there, which versions, and how to get what is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from tinyq.firmware.toolchain import find_program
from tinyq.reporting.models import DoctorEntry, DoctorReport

_SECONDS = 20.0

# program, what it is for, how to get it
_PROGRAMS = (
    ("arm-none-eabi-gcc", "builds the firmware", "apt install gcc-arm-none-eabi libnewlib-arm-none-eabi"),
    ("arm-none-eabi-g++", "builds the TFLM runtime", "apt install libstdc++-arm-none-eabi-newlib"),
    ("cmake", "builds the firmware", "pip install cmake"),
    ("ninja", "builds the firmware", "pip install ninja"),
    ("qemu-system-arm", "runs the firmware", "apt install qemu-system-arm"),
    ("renode", "runs the firmware", "a portable package from Renode's releases page"),
)

# distribution, what it is for, how to get it
_PACKAGES = (
    ("ai-edge-litert", "runs float models", "pip install ai-edge-litert"),
    (
        "tflite-micro",
        "host reference for bit-exactness",
        "wheels for Linux x86-64 only; elsewhere the portable C engine stands in",
    ),
    ("tensorflow", "reads Keras models and SavedModels", "pip install 'tinyq[keras]'"),
    ("tf-keras", "reads legacy .h5 models", "pip install 'tinyq[keras]'"),
    ("tensorflow-model-optimization", "quantization-aware training", "pip install 'tinyq[keras]'"),
    ("ziglang", "builds the firmware without a system compiler", "pip install 'tinyq[embedded]'"),
    ("capstone", "checks the instructions of zig's builds", "pip install 'tinyq[embedded]'"),
    ("unicorn", "runs the firmware without QEMU", "pip install 'tinyq[embedded]'"),
    ("ethos-u-vela", "checks models for Ethos-U", "pip install 'tinyq[vela]'"),
)


def examine() -> DoctorReport:
    """Look for everything; runs each program once for its version."""
    entries = [_entry(name, purpose, hint, _program_version) for name, purpose, hint in _PROGRAMS]
    entries += [_entry(name, purpose, hint, _package_version) for name, purpose, hint in _PACKAGES]
    entries.append(_tflm_root())
    return DoctorReport(python=sys.version.split()[0], entries=tuple(entries))


def _entry(name: str, purpose: str, hint: str, version_of: Callable[[str], str | None]) -> DoctorEntry:
    version = version_of(name)
    return DoctorEntry(name=name, purpose=purpose, found=version is not None, version=version or "", how_to_get=hint)


def _program_version(name: str) -> str | None:
    path = find_program(name)
    if path is None:
        return None
    try:
        result = subprocess.run(
            [str(path), "--version"],
            check=False,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\d+\.\d+(\.\d+)?", result.stdout + result.stderr)
    return match.group() if match else "unknown"


def _package_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _tflm_root() -> DoctorEntry:
    root = os.environ.get("TFLM_ROOT", "")
    return DoctorEntry(
        name="TFLM_ROOT",
        purpose="TFLM checkout for the tflm runtime",
        found=bool(root) and Path(root).is_dir(),
        version=root,
        how_to_get="set it to a tflite-micro checkout whose microlite target was built",
    )
