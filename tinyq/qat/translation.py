"""Whether what is trained computes what the model computes, layer by layer, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.errors import FailedError
from tinyq.frontend import differentiable
from tinyq.graph import Graph, layer_name, write_graph

_SAMPLES = 2
_TOLERANCE = 1e-3  # of a layer's largest output


def compare(graph: Graph, inputs: Sequence[NDArray[Any]]) -> float:
    """The largest difference of any layer to LiteRT, relative to the layer's largest output; call it in a child.

    Args:
        graph: A float graph.
        inputs: For each input of the model real values ``[samples, ...]``; the first two are looked at.

    Raises:
        FailedError: A layer differs; names the first.
    """
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    few = [np.asarray(x[:_SAMPLES], np.float32) for x in inputs]
    given = {t: tf.constant(x) for t, x in zip(graph.inputs, few, strict=True)}
    ours, _ = differentiable.run(graph, given)
    interpreter = Interpreter(model_content=write_graph(graph), experimental_preserve_all_tensors=True, num_threads=1)
    interpreter.allocate_tensors()
    worst = 0.0
    for n in range(len(few[0])):
        for index, array in zip(graph.inputs, few, strict=True):
            interpreter.set_tensor(index, array[n : n + 1])
        interpreter.invoke()
        for op in graph.ops:
            wanted = interpreter.get_tensor(op.outputs[0]).reshape(-1)
            got = ours[op.outputs[0]].numpy()[n].reshape(-1)
            difference = float(np.abs(wanted - got).max() / max(float(np.abs(wanted).max()), 1e-6))
            if not difference <= _TOLERANCE:
                raise FailedError(
                    f"Layer {layer_name(graph, op)!r} ({op.kind}) gives other values while training than it should.",
                    "Quantize the model after training with 'tinyq quantize', and report this.",
                )
            worst = max(worst, difference)
    return worst
