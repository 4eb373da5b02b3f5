"""Run float, quantized and partly quantized graphs on the same samples, all in one child process.

The interpreter is LiteRT without delegates: it runs every mixture of types and lets activations be read. TFLM remains
the truth; with equal inputs its operators differ from these by at most one code.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq import isolation
from tinyq.data.codes import to_codes, to_values
from tinyq.errors import UnsupportedError
from tinyq.graph import DType, Graph, write_graph

Samples = Sequence[NDArray[Any]]
"""For each input of a model real values ``[N, ...]``."""
Outputs = tuple[NDArray[np.float32], ...]
"""For each output of a model real values ``[N, ...]``."""

_FALLEN = (ValueError, RuntimeError)


def run_graphs(graphs: Iterable[Graph], samples: Samples) -> Generator[Outputs | None, None, None]:
    """Outputs of several graphs, each as soon as it is asked for; None of one that LiteRT cannot run.

    Args:
        graphs: Taken one at a time, so that the next may depend on what the last gave.
        samples: What they all run on.

    Raises:
        BadInputError: The interpreter died.
    """
    return isolation.stream(_outputs, graphs, copied(samples))


def run_graph(graph: Graph, samples: Samples) -> Outputs:
    """Outputs of one graph.

    Raises:
        UnsupportedError: LiteRT cannot run it.
    """
    with closing(run_graphs([graph], samples)) as results:
        outputs = next(results)
    if outputs is None:
        raise UnsupportedError("LiteRT cannot run the model.", "Check that the file is sound.")
    return outputs


def copied(samples: Samples) -> tuple[NDArray[Any], ...]:
    """Arrays of their own, as a mapped one would be pickled with its file's path."""
    return tuple(np.array(x) for x in samples)


class Model:
    """The child's side: one graph, ready to run.

    Raises:
        ValueError, RuntimeError: LiteRT cannot run it.
    """

    def __init__(self, graph: Graph, *, keep_activations: bool = False) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        self.graph = graph
        self._interpreter = Interpreter(
            model_content=write_graph(_bytewise(graph)),
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            experimental_preserve_all_tensors=keep_activations,
            num_threads=1,
        )
        self._interpreter.allocate_tensors()

    def run(self, sample: Iterable[NDArray[Any]]) -> None:
        """Run on one sample of real values."""
        for index, values in zip(self.graph.inputs, sample, strict=True):
            tensor = self.graph.tensors[index]
            codes = to_codes(values, tensor, integers_are_codes=False)
            self._interpreter.set_tensor(index, codes.reshape(tensor.shape))
        self._interpreter.invoke()

    def tensor(self, index: int) -> NDArray[Any]:
        """What a tensor holds, as it is stored; an activation only if they are kept."""
        held: NDArray[Any] = self._interpreter.get_tensor(index)
        return held

    def outputs(self) -> list[NDArray[np.float32]]:
        """Real values of the outputs, without the batch of one."""
        values = [to_values(self.tensor(i), self.graph.tensors[i]) for i in self.graph.outputs]
        return [v[0] if v.shape[:1] == (1,) else v for v in values]


def _outputs(graphs: Iterator[Graph], samples: Samples) -> Iterator[Outputs | None]:
    """The child's side of :func:`run_graphs`."""
    for graph in graphs:
        try:
            model = Model(graph)
            found = []
            for sample in zip(*samples, strict=True):
                model.run(sample)
                found.append(model.outputs())
        except _FALLEN:
            yield None
        else:
            yield tuple(np.stack(each) for each in zip(*found, strict=True))


def _bytewise(graph: Graph) -> Graph:
    """The same model with the codes of 4-bit constants in bytes, which every kernel can read."""
    wide = {i: replace(t, dtype=DType.INT8) for i, t in enumerate(graph.tensors) if t.dtype is DType.INT4}
    return graph.replace_tensors(wide)
