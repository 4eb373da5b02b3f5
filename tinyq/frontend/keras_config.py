"""What a Keras configuration would run when it is loaded; pure inspection, nothing is executed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinyq.errors import BadInputError

# TensorFlow functions that a configuration may name: these compute, the others may read files or run code
_SAFE_MODULES = ("math.", "nn.", "image.", "linalg.", "signal.", "bitwise.", "keras.backend.", "keras.activations.")
_UNSAFE_FUNCTIONS = {"py_function", "numpy_function", "load_op_library", "load_library", "print", "function"}


def refuse_code(config: Any) -> None:
    """Refuse a configuration that brings code of its own.

    Args:
        config: A model's configuration, decoded from JSON.

    Raises:
        BadInputError: A layer is a ``Lambda``, or of a class that Keras does not define; says which.
    """
    for name, kind in _code(config):
        raise BadInputError(
            f"Layer {name!r} is {kind}: loading it would run code from the file.",
            "If you trust whoever made the file, allow it with --trust; custom classes must be importable from here.",
        )


def _code(node: Any) -> Iterator[tuple[str, str]]:
    """(layer name, what it is) of everything in a configuration that would run foreign code."""
    if isinstance(node, list):
        for item in node:
            yield from _code(item)
    if not isinstance(node, dict):
        return
    kind = node.get("class_name")
    if isinstance(kind, str):
        inner = node.get("config")
        name = str(node.get("name") or (inner.get("name") if isinstance(inner, dict) else "") or kind)
        if kind.split(">")[-1] == "Lambda" or kind == "__lambda__":
            yield name, "a Lambda"
        elif kind in ("TFOpLambda", "SlicingOpLambda"):
            function = str(inner.get("function", "")) if isinstance(inner, dict) else ""
            if not _is_safe(function):
                yield name, f"a call of tf.{function}"
        elif _is_custom(node):
            yield name, f"of the custom class {kind}"
    for value in node.values():
        yield from _code(value)


def _is_safe(function: str) -> bool:
    if "." in function:
        return function.startswith(_SAFE_MODULES) or function.startswith("__operators__.")
    return function not in _UNSAFE_FUNCTIONS


def _is_custom(node: dict[str, Any]) -> bool:
    """Keras 3 writes where a class comes from; what the legacy format names is looked up in Keras alone."""
    if "module" not in node:
        return False
    module = node["module"]
    if module is None:
        return node.get("registered_name") is not None
    return str(module).split(".")[0] not in ("keras", "tf_keras", "builtins")
