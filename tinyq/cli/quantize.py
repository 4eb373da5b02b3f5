"""``tinyq quantize``: a model and data in, a full-integer ``.tflite`` out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("quantize")(quantize)


def quantize(
    model: common.Model,
    data: common.Data,
    out: Annotated[Path, typer.Option("-o", "--out", help="The .tflite file to write.", show_default=False)],
    quantizer: Annotated[
        str, typer.Option("--quantizer", help="tinyq (ours) or stock (TensorFlow's converter).")
    ] = "tinyq",
    calibrator: Annotated[
        str | None, typer.Option("--calibrator", help="How ranges are chosen: mse, percentile, minmax, ...")
    ] = None,
    calibration_samples: Annotated[
        int | None, typer.Option("--calibration-samples", min=1, help="Default: 200, but at most half of the data.")
    ] = None,
    image_scale: common.ImageScale = None,
    seed: common.Seed = 0,
    trust: common.Trust = False,
    force: common.Force = False,
    quiet: common.Quiet = False,
) -> None:
    """Quantize a model to int8, inputs and outputs included.

    Example:

      tinyq quantize digits.keras --data digits.npz -o digits_int8.tflite
    """
    from tinyq.api.quantization import QuantizeSettings, quantize_file

    settings = QuantizeSettings(
        model=model,
        data=data,
        quantizer=quantizer,
        calibrator=calibrator,
        calibration_samples=calibration_samples,
        image_scale=image_scale,
        seed=seed,
        trust=trust,
    )
    with common.progress(quiet) as progress:
        size = quantize_file(settings, out, force, progress)
    common.stdout_console(quiet).print(f"{out}: {size:,} bytes, int8")
