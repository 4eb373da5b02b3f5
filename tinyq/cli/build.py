"""``tinyq build``: the ELF of a converted model."""

from __future__ import annotations

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("build")(build)


def build(
    run: common.Run,
    runtime: common.Runtime = "aot",
    tflm_root: common.TflmRoot = None,
    tflm_kernels: common.TflmKernels = "",
    toolchain: common.Toolchain = None,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Build the firmware of a converted model.

    Examples:

      tinyq build out

      tinyq build out --runtime tflm --tflm-root ~/tflite-micro
    """
    from tinyq.api.target import build as run_build
    from tinyq.reporting.console import render_build

    report = run_build(run, runtime=runtime, tflm_root=tflm_root, tflm_kernels=tflm_kernels, toolchain=toolchain)
    if as_json:
        common.emit(report.to_json())
    else:
        render_build(report, common.stdout_console(quiet))
