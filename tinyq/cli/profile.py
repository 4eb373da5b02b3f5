"""``tinyq profile``: what each layer costs on the target."""

from __future__ import annotations

from typing import Annotated

import typer

from tinyq.cli import common


def register(app: typer.Typer) -> None:
    app.command("profile")(profile)


def profile(
    run: common.Run,
    data: common.Data = None,
    emulator: common.Emulator = None,
    runtime: common.Runtime = "aot",
    tflm_root: common.TflmRoot = None,
    tflm_kernels: common.TflmKernels = "",
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds one layer may take.")] = 120.0,
    as_json: common.AsJson = False,
    quiet: common.Quiet = False,
) -> None:
    """Run one inference on the emulated board and say what each layer costs.

    For each layer: multiply-accumulates, executed instructions, cycles as modelled for the core (with the method and
    its error), and bytes touched, loaded and stored.

    Examples:

      tinyq profile out

      tinyq profile out --runtime tflm --json
    """
    from tinyq.api.profile import ProfileSettings
    from tinyq.api.profile import profile as run_profile
    from tinyq.reporting.profile_console import render_profile

    settings = ProfileSettings(
        out=run,
        data=data,
        emulator=emulator,
        runtime=runtime,
        tflm_root=tflm_root,
        tflm_kernels=tflm_kernels,
        timeout=timeout,
    )
    with common.progress(quiet or as_json) as progress:
        report = run_profile(settings, progress)
    if as_json:
        common.emit(report.to_json())
    else:
        render_profile(report, common.stdout_console(quiet))
