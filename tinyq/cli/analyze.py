"""``tinyq analyze``: where quantization hurts, why, and what mends it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("analyze")(analyze)


def analyze(
    model: common.Model,
    data: Annotated[
        str,
        typer.Option(
            "--data",
            help="A .npz (x, optionally y), a .npy, a folder of images, or a function as module:function.",
            show_default=False,
        ),
    ],
    scheme: common.Scheme = None,
    recipe: common.Recipe = None,
    calibrator: common.Calibrator = None,
    transform: common.Transforms = None,
    refine: common.Refinements = None,
    samples: Annotated[
        int,
        typer.Option("--samples", "-n", min=1, help="Samples for single layers; whole models get more, see the docs."),
    ] = 64,
    calibration_samples: Annotated[
        int | None, typer.Option("--calibration-samples", min=1, help="Default: 200, but at most half of the data.")
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", help="top1, top5, auc, mse, mae, or module:function.")
    ] = None,
    matrix: Annotated[bool, typer.Option("--matrix", help="Compare all calibrators and transforms instead.")] = False,
    mixed: Annotated[bool, typer.Option("--mixed", help="Choose bit widths layer by layer instead.")] = False,
    budget_error: Annotated[
        float | None, typer.Option("--budget-error", min=0, help="With --mixed: greatest relative output error.")
    ] = None,
    budget_loss: Annotated[
        float | None, typer.Option("--budget-loss", help="With --mixed: greatest loss of the metric, 0.01 is a point.")
    ] = None,
    budget_flash: Annotated[
        int | None, typer.Option("--budget-flash", min=0, help="With --mixed: bytes of weights and biases.")
    ] = None,
    budget_ram: Annotated[
        int | None, typer.Option("--budget-ram", min=0, help="With --mixed: bytes of activations.")
    ] = None,
    budget_cost: Annotated[
        int | None,
        typer.Option("--budget-cost", min=0, help="With --mixed: multiply-accumulates, int16 ones counted twice."),
    ] = None,
    write_recipe: Annotated[
        Path | None, typer.Option("--write-recipe", help="Write the advised or chosen recipe to this file.")
    ] = None,
    image_scale: common.ImageScale = None,
    seed: common.Seed = 0,
    trust: common.Trust = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file of --write-recipe.")] = False,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Say where quantization hurts a float model, layer by layer, why, and which command mends it.

    With --mixed, exit code 3 means that no choice keeps within the budget.

    Examples:

      tinyq analyze digits.keras --data digits.npz

      tinyq analyze digits.keras --data digits.npz --scheme w4a8 --write-recipe mend.yaml

      tinyq analyze digits.keras --data digits.npz --matrix

      tinyq analyze digits.keras --data digits.npz --mixed --budget-flash 16000 --write-recipe mixed.yaml
    """
    from tinyq.analysis.choice import Budget
    from tinyq.api.analysis import AnalyzeSettings
    from tinyq.api.analysis import analyze as run
    from tinyq.errors import ShortfallError
    from tinyq.reporting.analysis_console import render_analysis

    settings = AnalyzeSettings(
        model=model,
        data=data,
        scheme=scheme,
        recipe=recipe,
        calibrator=calibrator,
        transforms=common.names(transform),
        refinements=common.names(refine),
        calibration_samples=calibration_samples,
        samples=samples,
        metric=metric,
        image_scale=image_scale,
        seed=seed,
        trust=trust,
        matrix=matrix,
        mixed=mixed,
        budget=Budget(budget_error, budget_loss, budget_flash, budget_ram, budget_cost),
        write_recipe=write_recipe,
        force=force,
    )
    with common.progress(quiet or as_json) as progress:
        report = run(settings, progress)
    if as_json:
        common.emit(report.to_json())
    else:
        render_analysis(report, common.stdout_console(quiet))
    if report.mixed is not None and report.mixed.chosen is None:
        raise ShortfallError(
            "No choice of bit widths keeps within the budget.", "The table shows what can be had; widen the budget."
        )
