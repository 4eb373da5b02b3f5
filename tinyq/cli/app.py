"""The Typer application and its commands, in the order of ``--help``."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Annotated, Any

import typer

import tinyq.cli as package
from tinyq import __version__
from tinyq.cli import project_settings

_ORDER = (
    "init", "inspect", "convert", "quantize", "qat", "analyze", "generate", "build", "test", "profile", "compare",
    "estimate", "check", "accelerators", "ops", "export", "report", "sweep", "boards", "doctor",
)  # fmt: skip

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
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    commands: dict[str, Any] = getattr(context.command, "commands", {})
    takes = {name: _options(command) for name, command in commands.items()}
    context.default_map = project_settings.defaults(Path.cwd(), takes)


def _options(command: Any) -> dict[str, str]:
    """Long names of a command's options, without dashes, and the parameters that they set."""
    return {
        opt.removeprefix("--"): parameter.name
        for parameter in command.params
        if parameter.param_type_name == "option"
        for opt in parameter.opts
        if opt.startswith("--")
    }


def _modules() -> list[str]:
    """Modules of this package that may hold a command, in the order of ``--help``."""
    names = (m.name for m in pkgutil.iter_modules(package.__path__))
    return sorted(names, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))


for _name in _modules():
    # a command is a module with a function register; the others are what commands share
    if _name not in ("app", "common", "project_settings"):
        importlib.import_module(f"{package.__name__}.{_name}").register(app)
