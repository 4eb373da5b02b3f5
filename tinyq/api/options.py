"""Keyword arguments of the Python API. What each means, and its default, stands at the settings of the same name."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

from tinyq.analysis.choice import Budget


class CommonOptions(TypedDict, total=False):
    """What all that quantizes has; see :class:`tinyq.api.quantization.QuantizeSettings`."""

    calibrator: str | None
    calibration_samples: int | None
    recipe: str | Path | None
    scheme: str | None
    transforms: tuple[str, ...] | None
    refinements: tuple[str, ...] | None
    metric: str | None
    image_scale: str | None
    seed: int
    trust: bool
    force: bool


class QuantizeOptions(CommonOptions, total=False):
    """See :class:`tinyq.api.quantization.QuantizeSettings`; ``force`` replaces the output."""

    accelerator: str | None
    data: str | None
    quantizer: str
    judge: str


class ConvertOptions(QuantizeOptions, total=False):
    """See :class:`tinyq.api.conversion.ConvertSettings`."""

    evaluate: bool
    compiled: bool
    optimize: str


class AnalyzeOptions(CommonOptions, total=False):
    """See :class:`tinyq.api.analysis.AnalyzeSettings`."""

    samples: int
    matrix: bool
    mixed: bool
    budget: Budget
    write_recipe: str | Path | None


class TestOptions(TypedDict, total=False):
    """See :class:`tinyq.api.target.TestSettings`."""

    data: str | None
    samples: int | None
    jobs: int
    emulator: str
    runtime: str
    tflm_root: str | Path | None
    tflm_kernels: str
    timeout: float
    save_outputs: str | Path | None


class CompareOptions(TypedDict, total=False):
    """See :class:`tinyq.api.comparison.CompareSettings`."""

    data: str | None
    samples: int
    emulator: str
    runtime: str
    tflm_root: str | Path | None
    tflm_kernels: str
    float_model: str | Path | None
    timeout: float


def with_paths(options: Any) -> dict[str, Any]:
    """Options with what names a file as a path."""
    files = ("recipe", "write_recipe", "tflm_root", "save_outputs", "float_model")
    return {k: Path(v) if k in files and v is not None else v for k, v in dict(options).items()}
