"""``tinyq convert``: the whole way from a model to a firmware project."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tinyq.cli import common
from tinyq.cli import qat as training


def register(app: typer.Typer) -> None:
    app.command("convert")(convert)


def convert(
    model: common.Model,
    board: common.BoardName,
    out: common.Out,
    optimize: common.Optimize = "balanced",
    data: common.Data = None,
    quantizer: Annotated[
        str, typer.Option("--quantizer", help="tinyq (ours) or stock (TensorFlow's converter).")
    ] = "tinyq",
    calibrator: common.Calibrator = None,
    recipe: common.Recipe = None,
    scheme: common.Scheme = None,
    accelerator: common.Accelerator = None,
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Write the accelerator's compiled model, too (Ethos-U: by Vela).")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 if the accelerator cannot run all of it.")] = False,
    transform: common.Transforms = None,
    refine: common.Refinements = None,
    judge: common.Judge = "output",
    calibration_samples: Annotated[
        int | None, typer.Option("--calibration-samples", min=1, help="Default: 200, but at most half of the data.")
    ] = None,
    evaluation: Annotated[
        bool, typer.Option("--evaluation/--no-evaluation", help="Measure float and int8 on the unseen samples.")
    ] = True,
    metric: common.Metric = None,
    image_scale: common.ImageScale = None,
    qat: Annotated[
        bool, typer.Option("--qat", help="Train first, as 'tinyq qat' does, into the folder OUT.qat; needs --train.")
    ] = False,
    train: training.Train = None,
    bits_weights: training.BitsWeights = 8,
    method: training.Method = "lsq",
    epochs: training.Epochs = 10,
    rate: training.Rate = 1e-3,
    distill: training.Distill = False,
    seed: common.Seed = 0,
    trust: common.Trust = False,
    force: common.Force = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Quantize a model and write a firmware project for a board.

    Examples:

      tinyq convert digits.keras --data digits.npz --board mps2-an386 -o out

      tinyq convert model_int8.tflite --board microbit -o out

      tinyq convert digits.keras --qat --train train.npz --data digits.npz --board mps2-an386 -o out

      tinyq convert kws.keras --data kws.npz --board mps3-an547 --accelerator ethos-u55-128 --compiled -o out
    """
    from tinyq.api.conversion import ConvertSettings
    from tinyq.api.conversion import convert as run
    from tinyq.api.staging import check_output
    from tinyq.errors import BadInputError
    from tinyq.reporting.console import render_convert

    if strict and accelerator is None:
        raise BadInputError("--strict judges an accelerator, and none is named.", "Add --accelerator NAME.")
    if qat:
        from tinyq.api.qat import QatSettings
        from tinyq.api.qat import qat as run_training

        trained = QatSettings(
            model=model,
            train=training.needed(train),
            out=out.parent / f"{out.name}.qat",
            weight_bits=bits_weights,
            method=method,
            epochs=epochs,
            rate=rate,
            distill=distill,
            recipe=recipe,
            image_scale=image_scale,
            seed=seed,
            trust=trust,
            force=force,
        )
        check_output(out, force)
        with training.watcher(quiet or as_json) as watching:
            run_training(trained, watching)
        model = trained.out
    settings = ConvertSettings(
        model=model,
        data=data,
        board=board,
        out=out,
        optimize=optimize,
        quantizer=quantizer,
        calibrator=calibrator,
        recipe=recipe,
        scheme=scheme,
        accelerator=accelerator,
        compiled=compiled,
        transforms=common.names(transform),
        refinements=common.names(refine),
        judge=judge,
        calibration_samples=calibration_samples,
        evaluate=evaluation,
        metric=metric,
        image_scale=image_scale,
        seed=seed,
        trust=trust,
        force=force,
        command=tuple(sys.argv[1:]),
    )
    with common.progress(quiet or as_json) as progress:
        report = run(settings, progress)
    if as_json:
        common.emit(report.to_json())
    else:
        render_convert(report, out, common.stdout_console(quiet))
    if strict and report.acceleration is not None:
        report.acceleration.require()
