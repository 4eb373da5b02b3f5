"""Jinja templates for C."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from tinyq import resources
from tinyq.codegen import literals

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, values: Mapping[str, Any]) -> str:
    """Fill one template of ``templates/``. The filter ``comment`` makes any text safe inside a C comment."""
    folders = tuple(str(root / "templates") for root in resources.roots())
    return _environment(folders).get_template(template).render(values)


@cache
def _environment(folders: tuple[str, ...]) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # C, not HTML: what is not ours passes the comment filter or literals.identifier
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["comment"] = literals.comment
    environment.filters["thousands"] = lambda n: f"{n:,}"
    return environment
