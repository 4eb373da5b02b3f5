"""The graph: what a ``.tflite`` file holds, typed and immutable, and reading and writing it."""

from tinyq.graph.costs import layer_name, macs, total_macs
from tinyq.graph.hybrid import with_float_weights
from tinyq.graph.load import load_graph
from tinyq.graph.reader import read_graph
from tinyq.graph.types import DType, Graph, Op, Quantization, Signature, Tensor
from tinyq.graph.writer import write_graph

__all__ = [
    "DType", "Graph", "Op", "Quantization", "Signature", "Tensor",
    "layer_name", "load_graph", "macs", "read_graph", "total_macs", "with_float_weights", "write_graph",
]  # fmt: skip
