"""Parse an untrusted model file in a child process."""

from __future__ import annotations

from tinyq import isolation
from tinyq.graph.reader import read_graph
from tinyq.graph.types import Graph


def load_graph(content: bytes, subject: str = "the model") -> Graph:
    """Like :func:`~tinyq.graph.reader.read_graph`, but a file that crashes or stalls the parser harms only a child.

    Raises:
        BadInputError: The bytes are no sound ``.tflite`` file.
    """
    return isolation.call(read_graph, content, subject=subject, timeout=60.0)
