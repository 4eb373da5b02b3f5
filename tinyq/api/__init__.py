"""The Python API, which the command line is made of: each function takes paths and settings and returns a report."""

from __future__ import annotations

from pathlib import Path

from tinyq.api.conversion import ConvertSettings
from tinyq.api.conversion import convert as _convert
from tinyq.api.conversion import generate_project as generate
from tinyq.api.progress import Progress, silent
from tinyq.api.quantization import QuantizeSettings, quantize_file
from tinyq.api.target import TestSettings, build
from tinyq.api.target import test as _test
from tinyq.reporting.models import BuildReport, ConvertReport, QuantizeReport, TestReport

__all__ = [
    "BuildReport",
    "ConvertReport",
    "Progress",
    "QuantizeReport",
    "TestReport",
    "build",
    "convert",
    "generate",
    "quantize",
    "test",
]


def convert(
    model: str | Path,
    *,
    board: str,
    out: str | Path,
    data: str | None = None,
    quantizer: str = "tinyq",
    calibrator: str | None = None,
    calibration_samples: int | None = None,
    recipe: str | Path | None = None,
    scheme: str | None = None,
    metric: str | None = None,
    image_scale: str | None = None,
    evaluate: bool = True,
    seed: int = 0,
    trust: bool = False,
    force: bool = False,
    progress: Progress = silent,
) -> ConvertReport:
    """Quantize a model, write its firmware project into ``out``, and measure it on the host.

    Args:
        model: A ``.keras``, ``.h5`` or ``.tflite`` file or a SavedModel folder.
        board: Id of a board.
        out: The folder to write.
        data: A ``.npz``, a ``.npy``, a folder of images, or ``module:function``; without it samples are made up.
        quantizer: "tinyq", or "stock" for TensorFlow's converter.
        calibrator: Name of a calibrator, or "auto" to try all.
        calibration_samples: At most so many; None for min(200, half of the data).
        recipe: A recipe file.
        scheme: Name of a scheme for the whole model.
        metric: A metric's name or ``module:function``; None for the one that suits the model.
        image_scale: What 8-bit pixels of an image folder become: "0..255", "0..1" or "-1..1".
        evaluate: Measure the float and the integer model on the unseen samples.
        seed: Seed of the split.
        trust: Load Keras models that carry code.
        force: Replace ``out`` if tinyq wrote it.
        progress: Told how far the work is.

    Raises:
        BadInputError: The model, the data or an argument is not usable.
        ShortfallError: The model does not fit on the board.
    """
    settings = ConvertSettings(
        model=Path(model),
        data=data,
        quantizer=quantizer,
        calibrator=calibrator,
        calibration_samples=calibration_samples,
        recipe=Path(recipe) if recipe is not None else None,
        scheme=scheme,
        image_scale=image_scale,
        seed=seed,
        trust=trust,
        board=board,
        out=Path(out),
        metric=metric,
        evaluate=evaluate,
        force=force,
        command=("python", "tinyq.convert"),
    )
    return _convert(settings, progress)


def quantize(
    model: str | Path,
    *,
    out: str | Path,
    data: str | None = None,
    quantizer: str = "tinyq",
    calibrator: str | None = None,
    calibration_samples: int | None = None,
    recipe: str | Path | None = None,
    scheme: str | None = None,
    image_scale: str | None = None,
    seed: int = 0,
    trust: bool = False,
    force: bool = False,
    progress: Progress = silent,
) -> QuantizeReport:
    """Quantize a model into one ``.tflite`` file. Arguments as for :func:`convert`.

    Raises:
        BadInputError: The model, the data or an argument is not usable.
    """
    settings = QuantizeSettings(
        model=Path(model),
        data=data,
        quantizer=quantizer,
        calibrator=calibrator,
        calibration_samples=calibration_samples,
        recipe=Path(recipe) if recipe is not None else None,
        scheme=scheme,
        image_scale=image_scale,
        seed=seed,
        trust=trust,
    )
    return quantize_file(settings, Path(out), force, progress)


def test(
    out: str | Path,
    *,
    data: str | None = None,
    samples: int | None = None,
    jobs: int = 2,
    emulator: str = "qemu",
    runtime: str = "aot",
    tflm_root: str | Path | None = None,
    timeout: float = 60.0,
    save_outputs: str | Path | None = None,
    progress: Progress = silent,
) -> TestReport:
    """Build what :func:`convert` wrote, run it on the emulated board, and compare it with the host.

    Args:
        out: The folder that ``convert`` wrote.
        data: Other data than the conversion's.
        samples: At most so many; None for all unseen ones.
        jobs: Emulators to run at once.
        emulator: Name of the emulator.
        runtime: "aot" or "tflm".
        tflm_root: TFLM checkout, for the "tflm" runtime.
        timeout: Seconds that one inference may take on the emulator.
        save_outputs: A ``.npz`` to write inputs, target codes and sample indices to.
        progress: Told how far the work is.

    Raises:
        BadInputError: The folder or the data are not usable.
        FailedError: The target faulted or hung.
    """
    settings = TestSettings(
        out=Path(out),
        data=data,
        samples=samples,
        jobs=jobs,
        emulator=emulator,
        runtime=runtime,
        tflm_root=Path(tflm_root) if tflm_root is not None else None,
        timeout=timeout,
        save_outputs=Path(save_outputs) if save_outputs is not None else None,
    )
    return _test(settings, progress)


test.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever its name
