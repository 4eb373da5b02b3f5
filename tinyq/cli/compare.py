"""``tinyq compare``: each layer on the target against the host, and against the float model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("compare")(compare)


def compare(
    run: common.Run,
    data: common.Data = None,
    samples: Annotated[int, typer.Option("--samples", "-n", min=1, help="Use at most so many samples.")] = 3,
    float_model: Annotated[
        Path | None,
        typer.Option("--float-model", help="The float model, where convert kept none.", show_default="the kept one"),
    ] = None,
    emulator: common.Emulator = None,
    runtime: common.Runtime = "aot",
    tflm_root: common.TflmRoot = None,
    tflm_kernels: common.TflmKernels = "",
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds one inference may take.")] = 60.0,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Run a debug build on the emulated board and compare every layer with TFLM on the host.

    Says which layer is the first to differ, in how many values and by how much; and, where there is a float model, how
    far each quantized layer is from it on the same inputs. Exit code 3 means that some layer differs from TFLM.

    Examples:

      tinyq compare out

      tinyq compare out --samples 10 --runtime tflm --json
    """
    from tinyq.api.comparison import CompareSettings
    from tinyq.api.comparison import compare as run_compare
    from tinyq.reporting.compare_console import render_compare

    settings = CompareSettings(
        out=run,
        data=data,
        samples=samples,
        emulator=emulator,
        runtime=runtime,
        tflm_root=tflm_root,
        tflm_kernels=tflm_kernels,
        float_model=float_model,
        timeout=timeout,
    )
    with common.progress(quiet) as progress:
        report = run_compare(settings, progress)
    render_compare(report, common.stderr_console(quiet or as_json))
    if as_json or not sys.stdout.isatty():
        common.emit(report.to_json())
    report.require()
