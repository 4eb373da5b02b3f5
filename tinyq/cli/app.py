"""The Typer application and its commands, in the order of ``--help``."""

from __future__ import annotations

from typing import Annotated

import typer

from tinyq import __version__
from tinyq.cli import accelerators, analyze, boards, build, check, convert, doctor, estimate, generate, quantize, test

app = typer.Typer(
    name="tinyq",
    help="From a trained Keras model to a microcontroller: quantize, generate C, build, and measure on the target.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tinyq {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


for module in (convert, quantize, analyze, generate, build, test, estimate, check, accelerators, boards, doctor):
    module.register(app)
