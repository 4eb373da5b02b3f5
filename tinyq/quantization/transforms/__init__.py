"""Transforms of the float graph before it is quantized. One file each.

A module of this package that defines ``TRANSFORMS`` adds to the registry; nothing else needs to be edited.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache

from tinyq.errors import BadInputError
from tinyq.graph import Graph
from tinyq.quantization.statistics import Statistics

Transform = Callable[[Graph, Statistics], Graph]
"""A float graph and what was seen of its activations in, a float graph out; tensor indices stay valid."""


@cache
def transforms() -> Mapping[str, Transform]:
    """All transforms by name."""
    found: dict[str, Transform] = {}
    for module in pkgutil.iter_modules(__path__):
        found.update(getattr(importlib.import_module(f"{__name__}.{module.name}"), "TRANSFORMS", {}))
    return dict(sorted(found.items()))


def transform(name: str) -> Transform:
    """A transform by name.

    Raises:
        BadInputError: There is none of that name.
    """
    if name not in transforms():
        raise BadInputError(f"There is no transform {name!r}.", f"Choose from {', '.join(transforms())}.")
    return transforms()[name]
