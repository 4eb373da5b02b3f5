"""The engine's source files, and which of them some headers need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tinyq import resources
from tinyq.errors import FailedError

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def sources() -> Mapping[str, Path]:
    """All ``.c`` and ``.h`` files, by their path relative to ``engine/``; a user's own folder comes first."""
    found: dict[str, Path] = {}
    for root in resources.roots():
        folder = root / "engine"
        for path in sorted(folder.rglob("*.[ch]")):
            found.setdefault(path.relative_to(folder).as_posix(), path)
    return found


def needed(headers: Iterable[str]) -> tuple[str, ...]:
    """The files behind some headers: what they include, and the source files of the same names; sorted.

    Raises:
        FailedError: A file is not there.
    """
    available = sources()
    found: set[str] = set()
    open_files = list(headers)
    while open_files:
        name = open_files.pop()
        if name in found:
            continue
        if name not in available:
            raise FailedError(f"The engine has no file {name!r}.", "Check TINYQ_PATH and the installation.")
        found.add(name)
        open_files += _INCLUDE.findall(available[name].read_text("utf-8"))
        source = f"{name.removesuffix('.h')}.c"
        if name.endswith(".h") and source in available:
            open_files.append(source)
    return tuple(sorted(found))
