"""Metrics: from outputs and labels to one number. One file each.

A module of this package that defines ``METRICS`` adds to the registry; nothing else needs to be edited.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from tinyq.data.function import import_function
from tinyq.errors import BadInputError
from tinyq.evaluation.metric import Metric, custom


@cache
def metrics() -> Mapping[str, Metric]:
    """All metrics by name."""
    found: dict[str, Metric] = {}
    for module in pkgutil.iter_modules(__path__):
        for entry in importlib.import_module(f"{__name__}.{module.name}").METRICS:
            found[entry.name] = entry
    return dict(sorted(found.items()))


def metric(name: str) -> Metric:
    """A metric by name, or a function of the user's by ``module:function``.

    Raises:
        BadInputError: There is none of that name.
    """
    if name in metrics():
        return metrics()[name]
    if ":" in name:
        return custom(name, import_function(name))
    raise BadInputError(f"There is no metric {name!r}.", f"Choose one of {', '.join(metrics())}, or module:function.")
