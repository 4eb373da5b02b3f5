"""Write the parts of the documentation that follow from the code: ``python -m scripts.reference``.

- docs/schemas/COMMAND.json: the JSON Schema of what a command prints with ``--json``
- docs/reference.md: every command with its options, and the functions of the Python package
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import typer

import tinyq
from tinyq.cli import app
from tinyq.reporting.schemas import REPORTS, schema

DOCS = Path(__file__).resolve().parents[1] / "docs"
INTRODUCTION = """# Reference

Written by `python -m scripts.reference` from the code itself.

Exit codes of every command: 0 done; 1 failed; 2 bad input; 3 done, but below what was asked; 130 interrupted. Options
may also stand in `[tool.tinyq]` of `pyproject.toml`; the command line wins over that, and both win over a recipe.

## Commands
"""


def pages() -> dict[str, str]:
    """Path below docs/ -> content of every generated file."""
    found = {f"schemas/{name}.json": json.dumps(schema(name), indent=2) + "\n" for name in sorted(REPORTS)}
    return {**found, "reference.md": "\n".join([INTRODUCTION, *_commands(), *_functions()])}


def _commands() -> Iterator[str]:
    commands: dict[str, Any] = getattr(typer.main.get_command(app), "commands", {})
    for name, command in commands.items():
        shown = [p for p in command.params if p.name != "help"]
        arguments = [p for p in shown if p.param_type_name == "argument"]
        yield f"### tinyq {name}\n"
        about, _, examples = inspect.cleandoc(command.help).partition("Examples:")
        yield about.strip() + "\n"
        usage = " ".join([_metavar(p) for p in arguments] + ["[OPTIONS]"] * (len(shown) > len(arguments)))
        lines = [f"tinyq {name} {usage}".rstrip(), *(line.strip() for line in examples.splitlines() if line.strip())]
        yield "```sh\n" + "\n".join(lines) + "\n```\n"
        if name in REPORTS:
            yield f"`--json` follows [schemas/{name}.json](schemas/{name}.json).\n"
        if shown:
            yield "| | | default |\n|---|---|---|"
            yield from (_row(p) for p in shown)
            yield ""


def _metavar(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _row(parameter: Any) -> str:
    argument = parameter.param_type_name == "argument"
    names = [_metavar(parameter)] if argument else [*parameter.opts, *parameter.secondary_opts]
    shown = ", ".join(f"`{n}`" for n in names)
    return f"| {shown} | {_escaped(parameter.help or '')} | {_default(parameter)} |"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if isinstance(parameter.show_default, str):
        return _escaped(parameter.show_default)
    if parameter.default is None or parameter.default is False or parameter.default == "":
        return ""
    if parameter.default is True:
        return f"`{parameter.opts[0]}`"
    return f"`{parameter.default}`"


def _functions() -> Iterator[str]:
    yield "## Python\n"
    yield "Functions of the package `tinyq`, typed; each returns the report that its command prints with `--json`.\n"
    for name in sorted(n for n in tinyq.__all__ if not n.startswith("_")):
        function = getattr(tinyq, name)
        yield f"### tinyq.{name}\n"
        yield f"```python\n{_signature(name, function)}\n```\n"
        yield _docstring(inspect.getdoc(function) or "") + "\n"


def _signature(name: str, function: Any) -> str:
    """As in the source; defaults that are objects have their names, and options spread out theirs."""
    parts, options = [], ""
    for parameter in inspect.signature(function).parameters.values():
        kind = parameter.kind
        if kind is inspect.Parameter.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        if kind is inspect.Parameter.VAR_KEYWORD:
            options = _options(function, parameter)
            continue
        default = parameter.default
        value = "" if default is parameter.empty else f" = {getattr(default, '__name__', repr(default))}"
        parts.append(f"{parameter.name}: {parameter.annotation}{value}")
    lines = [f"    {part}," for part in parts] + ([options] if options else [])
    returns = inspect.signature(function).return_annotation
    return f"{name}(\n" + "\n".join(lines) + f"\n) -> {returns}"


def _options(function: Any, parameter: inspect.Parameter) -> str:
    """The keys of a ``**options: Unpack[SomeTypedDict]``."""
    named = re.fullmatch(r"Unpack\[(\w+)\]", str(parameter.annotation))
    if not named:
        return f"    **{parameter.name}: {parameter.annotation},"
    keys = get_type_hints(vars(inspect.getmodule(function))[named[1]])
    return "\n".join(f"    {key}: {_type_name(value)} = ...," for key, value in keys.items())


def _type_name(value: Any) -> str:
    text = value.__name__ if isinstance(value, type) and not getattr(value, "__args__", None) else str(value)
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])", "", text)


def _docstring(text: str) -> str:
    """Markdown of a docstring with sections Args, Returns and Raises."""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", text).replace("``", "`")
    lines, inside = [], False
    for line in text.splitlines():
        if re.fullmatch(r"(Args|Returns|Raises):", line):
            inside = True
            lines += [f"**{line[:-1]}**", ""]
        elif inside and re.match(r" {4}\S", line):
            key, colon, rest = line.strip().partition(": ")
            lines.append(f"- `{key}`: {rest}" if colon else f"- {line.strip()}")
        elif inside and line.startswith("     "):
            lines.append(f"  {line.strip()}")
        else:
            lines.append(line)
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def main() -> None:
    for path, content in pages().items():
        file = DOCS / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    for file in (DOCS / "schemas").glob("*.json"):
        if file.stem not in REPORTS:
            file.unlink()


if __name__ == "__main__":
    main()
