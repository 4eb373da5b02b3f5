"""AdaRound: round each weight up or down as the layer's output asks, not to the nearest."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import DType, Graph
from tinyq.quantization.affine import INT4_WEIGHTS, INT8_WEIGHTS
from tinyq.quantization.rounding.adaround_solver import AdaRoundSettings, Descent, Problem
from tinyq.quantization.rounding.child import Inputs, Told, in_child
from tinyq.quantization.rounding.gather import Gathered, gather
from tinyq.quantization.rounding.layers import (
    Layer,
    clamp_of,
    grouped,
    layers,
    real_bias,
    real_weights,
    ungrouped,
    weights_of,
)
from tinyq.quantization.rounding.progress import Progress, silent

_STAGE = "adaptive rounding"
_REPORT_EVERY = 50

Array = NDArray[np.float32]


def adaround(
    float_graph: Graph,
    quantized: Graph,
    inputs: Inputs,
    settings: AdaRoundSettings | None = None,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Graph:
    """Choose the codes of all weights by adaptive rounding (Nagel et al. 2020, arXiv 2004.10568).

    Layer by layer in execution order, each code may become either neighbour of the real weight; one that is exact, as
    that of zero is, stays. What is minimised is the error of the layer's output behind its activation, with inputs from
    the layers that are rounded already (asymmetric reconstruction, equation 25). Scales, biases and ranges stay as they
    are. An output channel keeps its old codes if the new ones are no better on samples that were held out. Weights that
    several layers share are left.

    Args:
        float_graph: What was quantized.
        quantized: The result, with weights of 4 or 8 bits; tensors of ``float_graph`` kept their indices.
        inputs: For each input of the model real values ``[samples, ...]``.
        settings: How to optimise.
        seed: Of the sampling; the same seed gives the same codes.
        progress: Told the layers' progress in steps.

    Raises:
        BadInputError: The interpreter died on the model.
    """
    settings = settings or AdaRoundSettings()
    return in_child(_adaround, inputs, float_graph, quantized, settings, seed, progress=progress)


def _adaround(
    inputs: Inputs, float_graph: Graph, quantized: Graph, settings: AdaRoundSettings, seed: int
) -> Generator[Told, None, Graph]:
    todo = [found for found in layers(float_graph, quantized) if _has_own_weights(quantized, found)]
    total = len(todo) * settings.iterations
    for number, layer in enumerate(todo):
        done = number * settings.iterations
        rng = np.random.default_rng([seed, layer.index])
        seen = gather(float_graph, quantized, layer, inputs, settings.positions, rng)
        problem = _problem(float_graph, quantized, layer)
        fit, held = _parts(seen, settings, rng)
        descent = Descent(problem, *fit, settings)
        for step in range(settings.iterations):
            descent.advance()
            if step % _REPORT_EVERY == 0:
                yield _STAGE, done + step, total
        quantized = _with_codes(quantized, layer, problem, descent.codes, held)
    yield _STAGE, total, total
    return quantized


def _has_own_weights(graph: Graph, layer: Layer) -> bool:
    return len(graph.consumers[graph.ops[layer.index].inputs[1]]) == 1


def _problem(float_graph: Graph, quantized: Graph, layer: Layer) -> Problem:
    op, groups = quantized.ops[layer.index], layer.window.groups
    tensor = weights_of(quantized, op)
    assert tensor.quantization is not None  # noqa: S101 - of quantized layers
    shape = [1] * len(tensor.shape)
    shape[tensor.quantization.axis] = -1
    scale = np.broadcast_to(tensor.quantization.scale.astype(np.float64).reshape(shape), tensor.shape)
    real = real_weights(float_graph, float_graph.ops[layer.reference])
    return Problem(
        position=np.asarray(grouped(real / scale, op, groups), np.float32),
        scale=np.asarray(grouped(scale, op, groups)[:, :, :1], np.float32),
        bias=real_bias(quantized, op).reshape(groups, 1, -1).astype(np.float32),
        clamp=clamp_of(quantized, op),
        high=(INT4_WEIGHTS if tensor.dtype is DType.INT4 else INT8_WEIGHTS).high,
    )


def _with_codes(quantized: Graph, layer: Layer, problem: Problem, new: Array, held: tuple[Array, Array]) -> Graph:
    """The graph with new codes in those output channels where held-out samples say that they are better."""
    op = quantized.ops[layer.index]
    tensor = weights_of(quantized, op)
    assert tensor.data is not None  # noqa: S101 - layers() admits constants alone
    old = grouped(tensor.data, op, layer.window.groups).astype(np.float32)
    better = problem.errors(new, *held) < problem.errors(old, *held)
    codes = np.where(better[:, :, None], new, old).astype(np.int8)
    data = np.ascontiguousarray(ungrouped(codes, op, tensor.data.shape))
    return quantized.replace_tensors({op.inputs[1]: replace(tensor, data=data)})


def _parts(
    seen: Gathered, settings: AdaRoundSettings, rng: np.random.Generator
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Patches and targets to fit, in random order, and those to judge by: of other samples, if there are several."""
    samples = seen.patches.shape[1] // seen.per_sample
    order = rng.permutation(samples)
    count = round(samples * settings.held_out)

    def take(chosen: NDArray[np.int64]) -> tuple[Array, Array]:
        places = rng.permutation((chosen[:, None] * seen.per_sample + np.arange(seen.per_sample)).reshape(-1))
        return seen.patches[:, places], seen.targets[:, places]

    return take(order[count:]), take(order[:count] if count else order)
