"""The Cortex-M cores: what each can execute and how a compiler is told."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from tinyq.errors import BadInputError

Architecture = Literal["armv6-m", "armv7-m", "armv7e-m", "armv8-m.main", "armv8.1-m.main"]
FloatingPoint = Literal["none", "single", "double"]


@dataclass(frozen=True)
class Core:
    """One processor core, as the boards of this project configure it.

    Attributes:
        name: Arm's name in lower case, the ``core`` of code generation.
        title: The name for people.
        architecture: Base instruction set.
        flags: GCC options that select the core and its floating-point ABI (clang takes them too).
        fpu: Scalar floating point in hardware.
        has_dsp: The DSP extension (SMLAD, UXTB16, SSAT16 and so on).
        has_mve: The M-profile vector extension (Helium).
        has_pacbti: Pointer authentication and branch targets (PACBTI), beyond what other cores take for no operation.
        unaligned: Words may be loaded from unaligned addresses.
        tflm_architecture: Value of ``TARGET_ARCH`` in the build of TensorFlow Lite Micro.
    """

    name: str
    title: str
    architecture: Architecture
    flags: tuple[str, ...]
    fpu: FloatingPoint = "none"
    has_dsp: bool = False
    has_mve: bool = False
    has_pacbti: bool = False
    unaligned: bool = True
    tflm_architecture: str = ""

    @property
    def has_fpu(self) -> bool:
        """Whether scalar floating point runs in hardware."""
        return self.fpu != "none"

    @property
    def has_divide(self) -> bool:
        """Whether SDIV and UDIV exist."""
        return self.architecture != "armv6-m"

    @property
    def float_abi(self) -> Literal["soft", "hard"]:
        """The calling convention for floating-point values."""
        return "hard" if self.has_fpu else "soft"


_CORES = (
    Core("cortex-m0", "Cortex-M0", "armv6-m", ("-mcpu=cortex-m0", "-mfloat-abi=soft"), unaligned=False,
         tflm_architecture="cortex-m0"),
    Core("cortex-m0plus", "Cortex-M0+", "armv6-m", ("-mcpu=cortex-m0plus", "-mfloat-abi=soft"), unaligned=False,
         tflm_architecture="cortex-m0plus"),
    Core("cortex-m3", "Cortex-M3", "armv7-m", ("-mcpu=cortex-m3", "-mfloat-abi=soft"), tflm_architecture="cortex-m3"),
    Core("cortex-m4", "Cortex-M4F", "armv7e-m", ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
         fpu="single", has_dsp=True, tflm_architecture="cortex-m4+fp"),
    Core("cortex-m7", "Cortex-M7", "armv7e-m", ("-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard"),
         fpu="double", has_dsp=True, tflm_architecture="cortex-m7+fp"),
    Core("cortex-m33", "Cortex-M33", "armv8-m.main", ("-mcpu=cortex-m33", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"),
         fpu="single", has_dsp=True, tflm_architecture="cortex-m33"),
    Core("cortex-m55", "Cortex-M55", "armv8.1-m.main", ("-mcpu=cortex-m55", "-mfloat-abi=hard"),
         fpu="double", has_dsp=True, has_mve=True, tflm_architecture="cortex-m55"),
    # the vector extension is an option of this core; Renode up to 1.16.1 has the core without
    Core("cortex-m55-nomve", "Cortex-M55 without MVE", "armv8.1-m.main", ("-mcpu=cortex-m55+nomve", "-mfloat-abi=hard"),
         fpu="double", has_dsp=True, tflm_architecture="cortex-m33"),
    # GCC knows this core's name from 13 on; for an M55 it makes the same instructions, without the branch protection
    Core("cortex-m85", "Cortex-M85", "armv8.1-m.main", ("-mcpu=cortex-m55", "-mfloat-abi=hard"),
         fpu="double", has_dsp=True, has_mve=True, has_pacbti=True, tflm_architecture="cortex-m85"),
)  # fmt: skip

CORES: Mapping[str, Core] = MappingProxyType({c.name: c for c in _CORES})


def core(name: str) -> Core:
    """Look a core up by name.

    Raises:
        BadInputError: There is no such core.
    """
    if name in CORES:
        return CORES[name]
    near = difflib.get_close_matches(name, CORES, 3, 0.3)
    raise BadInputError(f"There is no core named {name!r}.", f"Choose one of {', '.join(near or sorted(CORES))}.")
