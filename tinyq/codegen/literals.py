"""C text: identifiers, comments, numbers, arrays and initializers. Nothing from a model reaches C but through here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.codegen.kernel import Ref, Value

LINE_LENGTH = 120
_NAME_LENGTH = 40
_COMMENT_LENGTH = 200
_INDENT = "    "

_C_TYPES = {
    "int8": "int8_t", "uint8": "uint8_t", "int16": "int16_t", "uint16": "uint16_t", "int32": "int32_t",
    "uint32": "uint32_t", "int64": "int64_t", "float32": "float", "bool": "uint8_t",
}  # fmt: skip


def identifier(text: str) -> str:
    """The part of a C identifier that reminds of some text: lower-case letters, digits and underscores; may be ""."""
    ascii_only = text.encode("ascii", "replace").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")[:_NAME_LENGTH].rstrip("_")


def comment(text: str) -> str:
    """Text that is harmless inside a C comment: one line, printable ASCII, neither a comment's end nor a trigraph."""
    plain = text.encode("unicode_escape").decode("ascii")
    if len(plain) > _COMMENT_LENGTH:
        plain = plain[:_COMMENT_LENGTH] + "..."
    plain = re.sub(r"\?(?=\?)", "? ", plain)
    return re.sub(r"/(?=\*)", "/ ", re.sub(r"\*(?=/)", "* ", plain))


def c_type(data: NDArray[Any]) -> str:
    """The C type of an array's elements.

    Raises:
        KeyError: There is none.
    """
    return _C_TYPES[data.dtype.name]


def number(value: int | float | np.generic, dtype: np.dtype[Any] | None = None) -> str:
    """A literal for an element of a type, or for an ``int`` or ``float``."""
    if dtype is not None and dtype.kind in "biu":
        value = int(value)
        special = {-(2**31): "INT32_MIN", -(2**63): "INT64_MIN"}.get(value)
        return special or (f"INT64_C({value})" if dtype.itemsize == 8 else str(value))
    if isinstance(value, int):
        return "INT32_MIN" if value == -(2**31) else str(value)
    single = np.float32(value)
    if math.isnan(single):
        return "NAN"
    if math.isinf(single):
        return "INFINITY" if single > 0 else "-INFINITY"
    text = str(single)  # the shortest that reads back as the same float
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def array(data: NDArray[Any]) -> str:
    """The elements as lines of an initializer: indented, in columns of one width, as many as fit a line."""
    flat = np.asarray(data).reshape(-1)
    texts = [number(x, flat.dtype) for x in flat]
    width = max(len(t) for t in texts)
    fit = (LINE_LENGTH - len(_INDENT) + 1) // (width + 2)
    columns = next(n for n in (64, 32, 16, 8, 4, 2, 1) if n <= max(fit, 1))
    lines = (", ".join(t.rjust(width) for t in texts[i : i + columns]) for i in range(0, len(texts), columns))
    return "\n".join(f"{_INDENT}{line}," for line in lines)


def initializer(members: Mapping[str, Value], resolve: Callable[[Ref], str], depth: int = 1) -> str:
    """The members of a structure as lines ``.name = value,``; nested structures are indented."""
    indent = _INDENT * depth
    lines = []
    for name, value in members.items():
        if isinstance(value, Mapping):
            inner = initializer(value, resolve, depth + 1)
            lines.append(f"{indent}.{name} = {{\n{inner}\n{indent}}},")
        else:
            lines.append(f"{indent}.{name} = {_value(value, resolve)},")
    return "\n".join(lines)


def _value(value: Value, resolve: Callable[[Ref], str]) -> str:
    if isinstance(value, Ref):
        return resolve(value)
    if isinstance(value, tuple):
        return "{" + ", ".join(_value(v, resolve) for v in value) + "}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f".{k} = {_value(v, resolve)}" for k, v in value.items()) + "}"
    return value if isinstance(value, str) else number(value)
