"""What the commands share: options that mean the same everywhere, and how errors reach the user."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from tinyq.api.progress import Progress

_FILE_COLUMNS = 120

Model = Annotated[
    Path,
    typer.Argument(help="A .keras or .h5 file, a SavedModel folder, or a .tflite file.", show_default=False),
]
Out = Annotated[Path, typer.Option("-o", "--out", help="The folder to write.", show_default=False)]
Run = Annotated[Path, typer.Argument(help="A folder that 'tinyq convert' wrote.", show_default=False)]
Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="A .npz (x, optionally y), a .npy, a folder of images or .wav files, or a function as module:function.",
        show_default=False,
    ),
]
BoardName = Annotated[str, typer.Option("--board", help="The board to build for; see 'tinyq boards'.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of every random choice.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Emulators to run at once.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no tables.")]
Emulator = Annotated[
    str | None,
    typer.Option(
        "--emulator",
        help="qemu, embedded (Unicorn, a plain Python package) or renode.",
        show_default="the first that is installed",
    ),
]
Toolchain = Annotated[
    str | None,
    typer.Option(
        "--toolchain",
        help="gnu (arm-none-eabi-gcc) or zig (a plain Python package).",
        show_default="the first that is installed",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an output folder that tinyq wrote.")]
Runtime = Annotated[str, typer.Option("--runtime", help="aot (generated C) or tflm (the official interpreter).")]
Optimize = Annotated[
    str, typer.Option("--optimize", help="What generated code is best at: balanced, speed, size or ram.")
]
TflmRoot = Annotated[
    Path | None,
    typer.Option("--tflm-root", envvar="TFLM_ROOT", help="A TFLM checkout with its microlite library built."),
]
TflmKernels = Annotated[
    str,
    typer.Option(
        "--tflm-kernels", help="TFLM's kernels: cmsis-nn or reference.", show_default="cmsis-nn where it was built"
    ),
]
ImageScale = Annotated[
    str | None,
    typer.Option("--image-scale", help="Values of image folders: 0..255, 0..1 or -1..1.", show_default="0..255"),
]
Calibrator = Annotated[
    str | None,
    typer.Option(
        "--calibrator", help="How ranges are chosen: mse, percentile, kl, ..., batch-norm, or auto to try all."
    ),
]
Recipe = Annotated[Path | None, typer.Option("--recipe", help="A YAML or JSON file that says what each layer gets.")]
Scheme = Annotated[
    str | None, typer.Option("--scheme", help="w8a8 (default), 16x8, w4a8, power-of-two, ... for the whole model.")
]
Accelerator = Annotated[
    str | None,
    typer.Option("--accelerator", help="Quantize as this accelerator wants it; see 'tinyq accelerators'."),
]
Transforms = Annotated[
    list[str] | None,
    typer.Option("--transform", help="A transform to try (equalize, ...); repeatable. none for none at all."),
]
Refinements = Annotated[
    list[str] | None,
    typer.Option("--refine", help="A refinement to try (adaround, bias-correction, ...); repeatable. none for none."),
]
Judge = Annotated[
    str,
    typer.Option("--judge", help="What decides on held-out samples: output (its error) or metric (needs labels)."),
]
Metric = Annotated[str | None, typer.Option("--metric", help="top1, top5, auc, mse, mae, or module:function.")]
Trust = Annotated[bool, typer.Option("--trust", help="Load Keras models that carry code (Lambda, custom layers).")]


def names(given: list[str] | None) -> tuple[str, ...] | None:
    """Repeated options as names; ``none`` stands for an empty list."""
    if given is None:
        return None
    return tuple(name for name in given if name != "none")


def printable(text: str) -> str:
    """Text for a terminal: names from model files may hold characters that would steer it."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def stderr_console(quiet: bool = False) -> Console:
    """Where people read; standard output is for results."""
    return _console(sys.stderr, quiet)


def stdout_console(quiet: bool = False) -> Console:
    """Where results for people go."""
    return _console(sys.stdout, quiet)


def _console(stream: TextIO, quiet: bool) -> Console:
    from rich.console import Console
    from rich.text import Text

    class SafeConsole(Console):
        """Shows characters that would steer the terminal as what they are."""

        def render_str(self, text: str, **kwargs: Any) -> Text:
            return super().render_str(printable(text), **kwargs)

    return SafeConsole(file=stream, quiet=quiet, highlight=False, width=_width(stream))


def _width(stream: TextIO) -> int | None:
    """Columns to fill: the terminal's, or enough for every table where the output goes to a file."""
    return None if stream.isatty() else _FILE_COLUMNS


@contextmanager
def progress(quiet: bool) -> Iterator[Progress]:
    """A progress display on standard error; silent without a terminal."""
    console = stderr_console(quiet)
    if quiet or not console.is_terminal:
        yield lambda stage, done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    with Bars(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, transient=True,
    ) as bars:  # fmt: skip
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show


def emit(text: str) -> None:
    """Print a result on standard output."""
    typer.echo(text)
