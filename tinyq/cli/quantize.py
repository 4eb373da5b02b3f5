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
    out: Annotated[Path, typer.Option("-o", "--out", help="The .tflite file to write.", show_default=False)],
    data: common.Data = None,
    quantizer: Annotated[
        str, typer.Option("--quantizer", help="tinyq (ours) or stock (TensorFlow's converter).")
    ] = "tinyq",
    calibrator: common.Calibrator = None,
    recipe: common.Recipe = None,
    scheme: common.Scheme = None,
    accelerator: common.Accelerator = None,
    transform: common.Transforms = None,
    refine: common.Refinements = None,
    judge: common.Judge = "output",
    metric: common.Metric = None,
    calibration_samples: Annotated[
        int | None, typer.Option("--calibration-samples", min=1, help="Default: 200, but at most half of the data.")
    ] = None,
    image_scale: common.ImageScale = None,
    seed: common.Seed = 0,
    trust: common.Trust = False,
    force: common.Force = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Quantize a model to integers, inputs and outputs included.

    Examples:

      tinyq quantize digits.keras --data digits.npz -o digits_int8.tflite

      tinyq quantize digits.keras --data digits.npz --scheme w4a8 --calibrator auto -o digits_w4.tflite
    """
    from tinyq.api.quantization import QuantizeSettings, quantize_file
    from tinyq.reporting.console import render_quantize

    settings = QuantizeSettings(
        model=model,
        data=data,
        quantizer=quantizer,
        calibrator=calibrator,
        recipe=recipe,
        scheme=scheme,
        accelerator=accelerator,
        transforms=common.names(transform),
        refinements=common.names(refine),
        judge=judge,
        metric=metric,
        calibration_samples=calibration_samples,
        image_scale=image_scale,
        seed=seed,
        trust=trust,
    )
    with common.progress(quiet or as_json) as progress:
        report = quantize_file(settings, out, force, progress)
    if as_json:
        common.emit(report.to_json())
    else:
        render_quantize(report, recipe is not None, common.stdout_console(quiet))
