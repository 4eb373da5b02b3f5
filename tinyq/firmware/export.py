"""A model's code in the form that other build systems and IDEs take.

A form is a folder of ``templates/exports`` with a ``format.toml`` (``title``, and ``sources``: where the model's own
files go). Its other files go along, those that end in ``.jinja`` filled in; NAME in a path stands for the model's name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tinyq import __version__, resources
from tinyq.codegen.render import render
from tinyq.errors import BadInputError, FailedError
from tinyq.hardware.cores import core

_META = "format.toml"
_TEMPLATE_SUFFIX = ".jinja"
_COMPILED = (".c", ".S")


@dataclass(frozen=True)
class Format:
    """One form.

    Attributes:
        name: Its folder's.
        title: For people.
        sources: Folder for the model's files, in the form's own.
    """

    name: str
    title: str
    sources: str


@dataclass(frozen=True)
class Code:
    """What is exported.

    Attributes:
        name: Of the model; anything.
        core: The core that it was generated for.
        files: ``model.h``, ``model.c`` and the engine's files, by their names.
        arena_bytes: Working memory.
    """

    name: str
    core: str
    files: Mapping[str, str]
    arena_bytes: int


def formats() -> tuple[Format, ...]:
    """All forms, sorted by name.

    Raises:
        FailedError: A ``format.toml`` is damaged.
    """
    found: dict[str, Format] = {}
    for root in resources.roots():
        for meta in sorted((root / "templates" / "exports").glob(f"*/{_META}")):
            try:
                content = tomllib.loads(meta.read_text("utf-8"))
                one = Format(meta.parent.name, str(content["title"]), str(content["sources"]))
            except (tomllib.TOMLDecodeError, KeyError, UnicodeDecodeError) as error:
                raise FailedError(
                    f"{meta} is no description of a form ({error}).", "It needs title and sources."
                ) from error
            found.setdefault(one.name, one)
    return tuple(found[name] for name in sorted(found))


def export_files(wanted: str, code: Code) -> dict[str, str]:
    """The files of one form by path.

    Raises:
        BadInputError: There is no such form.
    """
    known = {f.name: f for f in formats()}
    if wanted not in known:
        raise BadInputError(f"There is no form {wanted!r}.", f"Choose one of {', '.join(known)}.")
    name = identifier(code.name)
    compiled = sorted(f for f in code.files if f.endswith(_COMPILED))
    values = {
        "name": name,
        "version": _three_numbers(__version__),
        "core": core(code.core),
        "dcore": _dcore(code.core),
        "compiled": compiled,
        "assembler": any(f.endswith(".S") for f in compiled),
        "arena": code.arena_bytes,
    }
    files: dict[str, str] = {}
    for relative, path in _templates(wanted).items():
        target = relative.replace("NAME", name)
        if relative.endswith(_TEMPLATE_SUFFIX):
            text = render(f"exports/{wanted}/{relative}", values)
            files[target.removesuffix(_TEMPLATE_SUFFIX)] = text
        else:
            files[target] = path.read_text("utf-8")
    folder = PurePosixPath(known[wanted].sources.replace("NAME", name))
    return files | {(folder / file).as_posix(): text for file, text in code.files.items()}


def identifier(name: str) -> str:
    """A name that every build system takes: lower-case letters, digits and underscores, a letter first."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    return plain if re.match(r"[a-z]", plain) else f"model_{plain}".rstrip("_")


def _templates(wanted: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in resources.roots():
        folder = root / "templates" / "exports" / wanted
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != _META):
            found.setdefault(path.relative_to(folder).as_posix(), path)
    return found


def _dcore(name: str) -> str:
    """The name of a core as packs have it: "Cortex-M4", "Cortex-M0+"."""
    return f"Cortex-M{name.removeprefix('cortex-m').replace('plus', '+')}"


def _three_numbers(version: str) -> str:
    numbers = re.findall(r"\d+", version)[:3]
    return ".".join([*numbers, "0", "0"][:3])
