"""What is fuzzed: each target takes any bytes, and may only end well or with an error that is meant for users."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from tinyq.api.inspection import describe
from tinyq.codegen import generate
from tinyq.data.arrays import read_npz
from tinyq.errors import TinyqError
from tinyq.folding import fold
from tinyq.graph import read_graph, write_graph
from tinyq.quantization.recipe import read_recipe, resolve

Target = Callable[[bytes], bool]
"""Whether the input was accepted. Any exception but those for users is a bug."""


def model(content: bytes) -> bool:
    """Read a ``.tflite``, describe it, write it again, fold it and generate its C; accepted if it can be read."""
    try:
        graph = read_graph(content)
    except TinyqError:
        return False
    describe(graph, content, kind="", origin="", name="", notes=())
    with suppress(TinyqError):
        write_graph(graph)
    with suppress(TinyqError):
        generate(fold(graph).graph, core="host")
    return True


def recipe(content: bytes) -> bool:
    """Read a recipe and apply it to a model."""
    from tests.graphs.floats import classifier

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.yaml"
        path.write_bytes(content)
        try:
            resolve(read_recipe(path), classifier())
        except TinyqError:
            return False
    return True


def archive(content: bytes) -> bool:
    """Read a ``.npz``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        path.write_bytes(content)
        try:
            read_npz(path)
        except TinyqError:
            return False
    return True


TARGETS: Mapping[str, Target] = {"model": model, "recipe": recipe, "archive": archive}
