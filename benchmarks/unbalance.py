"""A float-equivalent model whose channels are badly out of balance, as some trainings leave them.

The output channels of each convolution and depthwise layer are multiplied by 10^U(-1, 1), which the next layer undoes:
the function stays, but a scale for a whole tensor no longer fits its channels. Writes a ``.tflite``:

    python -m benchmarks.unbalance MODEL OUT.tflite [--seed N]
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from tinyq.frontend import load_model
from tinyq.graph import Graph, write_graph
from tinyq.quantization.transforms.chains import pairs, scale_inputs, scale_outputs

_DECADES = 1.0


def unbalanced(graph: Graph, seed: int = 0) -> Graph:
    """The same float function with channels scaled at random."""
    rng = np.random.default_rng(seed)
    for pair in pairs(graph):
        first, second = graph.ops[pair.first], graph.ops[pair.second]
        if first.kind == "FULLY_CONNECTED":
            continue
        factors = 10.0 ** rng.uniform(-_DECADES, _DECADES, pair.channels)
        arrays = {**scale_outputs(graph, first, factors), **scale_inputs(graph, second, 1 / factors)}
        graph = graph.replace_tensors({i: replace(graph.tensors[i], data=data) for i, data in arrays.items()})
    return graph


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    loaded = load_model(arguments.model)
    arguments.out.write_bytes(write_graph(unbalanced(loaded.graph, arguments.seed)))


if __name__ == "__main__":
    main()
