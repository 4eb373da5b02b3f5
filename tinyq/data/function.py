"""Call a function of the user's for data."""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.data.raw import RawData
from tinyq.errors import BadInputError


def import_function(spec: str) -> Any:
    """The function that ``module:function`` names; modules of the current folder come first.

    Raises:
        BadInputError: There is no such module or function, or importing it fails.
    """
    module_name, _, name = spec.partition(":")
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
        for part in name.split("."):
            found = getattr(found, part)
    except Exception as error:  # the user's own code
        raise BadInputError(
            f"{spec} could not be imported ({type(error).__name__}: {error}).",
            f"Check that module {module_name!r} lies in the current folder or is installed, and defines {name!r}.",
        ) from error
    finally:
        sys.path.remove(here)
    if not callable(found):
        raise BadInputError(f"{spec} is not a function.", "Name a function that returns x, (x, y) or a dictionary.")
    return found


def read_function(spec: str) -> RawData:
    """Data from ``module:function``, which returns x, (x, y), or a dictionary as a ``.npz`` would hold it.

    Raises:
        BadInputError: It cannot be called, or returns something else.
    """
    function = import_function(spec)
    try:
        result = function()
    except Exception as error:  # the user's own code
        raise BadInputError(
            f"{spec} failed ({type(error).__name__}: {error}).", "Call it by itself to see why."
        ) from error
    labels = None
    if isinstance(result, tuple):
        if len(result) != 2:
            raise BadInputError(f"{spec} returned {len(result)} things.", "Return x, (x, y) or a dictionary.")
        result, labels = result
    arrays = dict(result) if isinstance(result, Mapping) else {"x": result}
    if labels is None:
        labels = arrays.pop("y", None)
    digest = hashlib.sha256()
    plain = {str(name): _array(value, spec, digest) for name, value in sorted(arrays.items())}
    return RawData(plain, None if labels is None else _array(labels, spec, digest), digest.hexdigest())


def _array(value: Any, spec: str, digest: Any) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except Exception as error:  # ragged lists and foreign types
        raise BadInputError(f"{spec} returned what is no array ({error}).", "Return NumPy arrays.") from error
    if array.dtype.kind == "O":
        raise BadInputError(f"{spec} returned Python objects instead of numbers.", "Return NumPy arrays of one shape.")
    digest.update(f"{array.dtype.str}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)
    return array
