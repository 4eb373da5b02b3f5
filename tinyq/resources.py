"""Where engine sources, templates, boards and accelerators are found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def roots() -> list[Path]:
    """Folders that hold ``boards/``, ``accelerators/``, ``templates/`` and ``engine/``, first match wins.

    The folders named in ``TINYQ_PATH`` come first, so that a user's file can replace a shipped one.
    """
    own = [Path(p) for p in os.environ.get("TINYQ_PATH", "").split(os.pathsep) if p]
    installed = _PACKAGE / "_data"
    return [*own, installed if installed.is_dir() else _PACKAGE.parent]


def folder(kind: str) -> Path:
    """The shipped folder of one kind, for example ``engine``."""
    return roots()[-1] / kind


def files(kind: str, pattern: str) -> Iterator[Path]:
    """All files of one kind that match a glob pattern, each name once, sorted by name."""
    found: dict[str, Path] = {}
    for root in roots():
        for path in (root / kind).glob(pattern):
            found.setdefault(path.name, path)
    yield from (found[name] for name in sorted(found))
