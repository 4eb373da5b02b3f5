"""``tinyq test``: accuracy and bit-exactness on the emulated target."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("test")(test)


def test(
    run: common.Run,
    data: common.Data = None,
    samples: Annotated[
        int | None, typer.Option("--samples", "-n", min=1, help="Use at most so many samples.", show_default="all")
    ] = None,
    jobs: common.Jobs = 2,
    min_accuracy: Annotated[
        float | None, typer.Option("--min-accuracy", min=0, max=1, help="Exit 3 below this fraction on the target.")
    ] = None,
    save_outputs: Annotated[
        Path | None, typer.Option("--save-outputs", help="Write inputs, target codes and sample indices as .npz.")
    ] = None,
    emulator: common.Emulator = None,
    port: Annotated[
        str | None, typer.Option("--port", help="A real board's serial port, in place of an emulator: /dev/ttyACM0.")
    ] = None,
    runtime: common.Runtime = "aot",
    tflm_root: common.TflmRoot = None,
    tflm_kernels: common.TflmKernels = "",
    toolchain: common.Toolchain = None,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds one inference may take.")] = 60.0,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Run the firmware on the emulated board and compare it with the host.

    Prints a table for people on standard error, and JSON alone on standard output with --json or when standard output
    is not a terminal. Exit code 3 means: not bit-exact, or below --min-accuracy.

    Examples:

      tinyq test out

      tinyq test out --samples 100 --min-accuracy 0.9 --json

      tinyq test out --port /dev/ttyACM0
    """
    from tinyq.api.target import TestSettings
    from tinyq.api.target import test as run_test
    from tinyq.reporting.console import render_test

    settings = TestSettings(
        out=run,
        data=data,
        samples=samples,
        jobs=jobs if port is None else 1,
        emulator=emulator if port is None else f"serial:{port}",
        runtime=runtime,
        tflm_root=tflm_root,
        tflm_kernels=tflm_kernels,
        toolchain=toolchain,
        timeout=timeout,
        save_outputs=save_outputs,
    )
    with common.progress(quiet) as progress:
        report = run_test(settings, progress)
    render_test(report, common.stderr_console(quiet or as_json))
    if as_json or not sys.stdout.isatty():
        common.emit(report.to_json())
    report.require(min_accuracy)
