"""Layer by layer: what quantization did to each output, in the whole quantized model and of the layer alone.

Values come from LiteRT, an approximation of TFLM within one code of each operator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from tinyq import isolation
from tinyq.analysis.difference import Difference, Meter
from tinyq.analysis.partial import Rounded, one_layer
from tinyq.analysis.runs import Model, Outputs, Samples, copied
from tinyq.analysis.subject import float_outputs
from tinyq.errors import UnsupportedError
from tinyq.graph import Graph
from tinyq.quantization.rounding.progress import Progress, silent

_STAGE = "quantize layer by layer"


@dataclass(frozen=True)
class Isolated:
    """One operator quantized, everything else float.

    Attributes:
        output: What it did to the operator's first float output.
        outputs: What the model gave, ``[N, ...]`` each.
    """

    output: Difference
    outputs: Outputs


def cumulative(graph: Graph, quantized: Graph, samples: Samples) -> Mapping[int, Difference]:
    """Tensor index -> what the wholly quantized model did to that activation.

    Args:
        graph: What was quantized.
        quantized: The result, in which the tensors of ``graph`` kept their indices.
        samples: For each input real values ``[N, ...]``.

    Raises:
        UnsupportedError: LiteRT cannot run one of the two.
    """
    wanted = tuple(t for op in graph.ops for t in float_outputs(graph, op))
    found = isolation.call(_cumulative, graph, quantized, wanted, copied(samples))
    if found is None:
        raise UnsupportedError("LiteRT cannot run the quantized model.", "Choose another scheme.")
    return found


def isolated(
    graph: Graph, quantized: Graph, samples: Samples, progress: Progress = silent
) -> Mapping[int, Isolated | None]:
    """Operator index -> what the quantization of that operator's weights and outputs alone does.

    Inputs of the model are quantized with the operators that read them. None where LiteRT has no kernel; operators
    whose outputs stay float are left out.

    Args:
        graph: What was quantized.
        quantized: The result, in which the tensors of ``graph`` kept their indices.
        samples: For each input real values ``[N, ...]``.
        progress: Told the number of operators done.

    Raises:
        BadInputError: The interpreter died.
    """
    todo = []
    for i, op in enumerate(graph.ops):
        outputs = float_outputs(graph, op)
        if outputs and quantized.tensors[outputs[0]].quantization is not None:
            todo.append(i)
    jobs = ((one_layer(graph, quantized, i), float_outputs(graph, graph.ops[i])[0]) for i in todo)
    found: dict[int, Isolated | None] = {}
    with closing(isolation.stream(_isolated, jobs, graph, copied(samples))) as results:
        for done, (index, result) in enumerate(zip(todo, results, strict=True)):
            found[index] = result
            progress(_STAGE, done + 1, len(todo))
    return found


def _cumulative(
    graph: Graph, quantized: Graph, wanted: tuple[int, ...], samples: Samples
) -> dict[int, Difference] | None:
    """The child's side of :func:`cumulative`."""
    try:
        reference, other = Model(graph, keep_activations=True), Model(quantized, keep_activations=True)
    except (ValueError, RuntimeError):
        return None
    meters = {t: Meter(quantized.tensors[t]) for t in wanted}
    for sample in zip(*samples, strict=True):
        reference.run(sample)
        other.run(sample)
        for tensor, meter in meters.items():
            meter.add(reference.tensor(tensor), other.tensor(tensor))
    return {t: m.result() for t, m in meters.items()}


def _isolated(jobs: Iterator[tuple[Rounded, int]], graph: Graph, samples: Samples) -> Iterator[Isolated | None]:
    """The child's side of :func:`isolated`."""
    reference = Model(graph, keep_activations=True)
    for job, tensor in jobs:
        codes = job.codes[tensor]
        try:
            other = Model(job.graph, keep_activations=True)
            meter = Meter(job.graph.tensors[codes])
            outputs = []
            for sample in zip(*samples, strict=True):
                reference.run(sample)
                other.run(sample)
                meter.add(reference.tensor(tensor), other.tensor(codes))
                outputs.append(other.outputs())
        except (ValueError, RuntimeError):
            yield None
        else:
            yield Isolated(meter.result(), tuple(np.stack(each) for each in zip(*outputs, strict=True)))
