"""The Python API, which the command line is made of: each function takes paths and settings and returns a report."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from tinyq.api.analysis import AnalyzeSettings
from tinyq.api.analysis import analyze as _analyze
from tinyq.api.comparison import CompareSettings
from tinyq.api.comparison import compare as _compare
from tinyq.api.conversion import ConvertSettings
from tinyq.api.conversion import convert as _convert
from tinyq.api.estimation import estimate as _estimate
from tinyq.api.generation import generate
from tinyq.api.options import AnalyzeOptions, CompareOptions, ConvertOptions, QuantizeOptions, TestOptions, with_paths
from tinyq.api.progress import Progress, silent
from tinyq.api.quantization import QuantizeSettings, quantize_file
from tinyq.api.target import TestSettings, build
from tinyq.api.target import test as _test
from tinyq.reporting.analysis_models import AnalysisReport
from tinyq.reporting.compare_models import CompareReport
from tinyq.reporting.made_models import ProjectReport
from tinyq.reporting.models import BuildReport, ConvertReport, EstimateReport, QuantizeReport, TestReport

__all__ = [
    "AnalysisReport",
    "BuildReport",
    "CompareReport",
    "ConvertReport",
    "EstimateReport",
    "Progress",
    "ProjectReport",
    "QuantizeReport",
    "TestReport",
    "analyze",
    "build",
    "compare",
    "convert",
    "estimate",
    "generate",
    "quantize",
    "test",
]


def convert(
    model: str | Path,
    *,
    board: str,
    out: str | Path,
    progress: Progress = silent,
    **options: Unpack[ConvertOptions],
) -> ConvertReport:
    """Quantize a model, write its firmware project into ``out``, and measure it on the host.

    Args:
        model: A ``.keras``, ``.h5`` or ``.tflite`` file or a SavedModel folder.
        board: Id of a board.
        out: The folder to write.
        progress: Told how far the work is.
        options: See :class:`~tinyq.api.conversion.ConvertSettings`.

    Raises:
        BadInputError: The model, the data or an argument is not usable.
        ShortfallError: The model does not fit on the board.
    """
    settings = ConvertSettings(
        Path(model), board=board, out=Path(out), command=("python", "tinyq.convert"), **with_paths(options)
    )
    return _convert(settings, progress)


def quantize(
    model: str | Path, *, out: str | Path, progress: Progress = silent, **options: Unpack[QuantizeOptions]
) -> QuantizeReport:
    """Quantize a model into one ``.tflite`` file.

    Args:
        model: A ``.keras``, ``.h5`` or ``.tflite`` file or a SavedModel folder.
        out: The file to write.
        progress: Told how far the work is.
        options: See :class:`~tinyq.api.quantization.QuantizeSettings`; ``force`` replaces ``out``.

    Raises:
        BadInputError: The model, the data or an argument is not usable.
    """
    given = with_paths(options)
    force = given.pop("force", False)
    return quantize_file(QuantizeSettings(Path(model), **given), Path(out), force, progress)


def analyze(
    model: str | Path, *, data: str, progress: Progress = silent, **options: Unpack[AnalyzeOptions]
) -> AnalysisReport:
    """Find out where quantization hurts, why, and what mends it.

    Args:
        model: A float model, as for :func:`convert`.
        data: Where samples come from.
        progress: Told how far the work is.
        options: See :class:`~tinyq.api.analysis.AnalyzeSettings`.

    Raises:
        BadInputError: The model, the data or an argument is not usable.
        UnsupportedError: An operator has no integer form.
    """
    return _analyze(AnalyzeSettings(Path(model), data, **with_paths(options)), progress)


def test(out: str | Path, *, progress: Progress = silent, **options: Unpack[TestOptions]) -> TestReport:
    """Build what :func:`convert` wrote, run it on the emulated board, and compare it with the host.

    Args:
        out: The folder that ``convert`` wrote.
        progress: Told how far the work is.
        options: See :class:`~tinyq.api.target.TestSettings`.

    Raises:
        BadInputError: The folder or the data are not usable.
        FailedError: The target faulted or hung.
    """
    return _test(TestSettings(Path(out), **with_paths(options)), progress)


def compare(out: str | Path, *, progress: Progress = silent, **options: Unpack[CompareOptions]) -> CompareReport:
    """Run what :func:`convert` wrote layer by layer on the emulated board, and hold each layer against the host.

    Args:
        out: The folder that ``convert`` wrote.
        progress: Told how far the work is.
        options: See :class:`~tinyq.api.comparison.CompareSettings`.

    Raises:
        BadInputError: The folder or the data are not usable.
        FailedError: The target faulted or hung.
    """
    return _compare(CompareSettings(Path(out), **with_paths(options)), progress)


def estimate(
    model: str | Path,
    *,
    board: str | None = None,
    runtime: str = "aot",
    tflm_kernels: str = "",
    build: bool | None = None,
) -> tuple[EstimateReport, ...]:
    """Flash, RAM and stack of a quantized model on a board, or on all of them.

    Args:
        model: A quantized ``.tflite``.
        board: Id of a board; None for all.
        runtime: "aot" or "tflm".
        tflm_kernels: "cmsis-nn" (also if empty) or "reference".
        build: Whether to build the program for its sizes; None to do so where tables do not know it.

    Raises:
        BadInputError: The model is float, or an argument is not known.
        UnsupportedError: The runtime lacks an operator.
    """
    return _estimate(Path(model), board, runtime, tflm_kernels=tflm_kernels, build=build)


test.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever its name
