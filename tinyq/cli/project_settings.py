"""Defaults of options from ``[tool.tinyq]`` in ``pyproject.toml``; what the command line says wins over them.

A key of the table itself holds for every command that has such an option; one of ``[tool.tinyq.convert]`` for that
command alone, and over the former.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinyq.errors import BadInputError

FILE = "pyproject.toml"
Options = Mapping[str, str]
"""Long name of an option, without dashes -> name of the parameter that it sets."""


def defaults(folder: Path, commands: Mapping[str, Options]) -> dict[str, dict[str, Any]]:
    """Defaults for each command, as Click's ``default_map`` has them.

    Args:
        folder: Where to look for ``pyproject.toml``; it or the nearest folder above that has one.
        commands: What each command takes.

    Raises:
        BadInputError: The file is no TOML, or the table names what no command has.
    """
    file = _nearest(folder.resolve())
    if file is None:
        return {}
    try:
        with file.open("rb") as stream:
            table = tomllib.load(stream).get("tool", {}).get("tinyq", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError) as error:
        raise BadInputError(f"{file} cannot be read ({error}).", "Mend its syntax.") from error
    if not isinstance(table, dict):
        raise BadInputError(f"[tool.tinyq] in {file} is no table.", "Write options as key = value below it.")
    return _spread(table, commands, file)


def _nearest(folder: Path) -> Path | None:
    return next((file for d in (folder, *folder.parents) if (file := d / FILE).is_file()), None)


def _spread(table: Mapping[str, Any], commands: Mapping[str, Options], file: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {name: {} for name in commands}
    everywhere = {k: v for k, v in table.items() if not isinstance(v, dict)}
    known = {option for options in commands.values() for option in options}
    for key, value in everywhere.items():
        if key not in known:
            raise _unknown(f"[tool.tinyq] in {file}", key, known)
        for name, options in commands.items():
            if key in options:
                found[name][options[key]] = value
    for name, part in table.items():
        if not isinstance(part, dict):
            continue
        if name not in commands:
            raise _unknown(f"[tool.tinyq.{name}] in {file}", name, set(commands))
        for key, value in part.items():
            if key not in commands[name]:
                raise _unknown(f"[tool.tinyq.{name}] in {file}", key, set(commands[name]))
            found[name][commands[name][key]] = value
    return {name: values for name, values in found.items() if values}


def _unknown(where: str, key: str, known: set[str]) -> BadInputError:
    near = difflib.get_close_matches(key, sorted(known), 3, 0.4) or sorted(known)[:8]
    return BadInputError(f"{where} names {key!r}, which tinyq does not have.", f"Nearest: {', '.join(near)}.")
