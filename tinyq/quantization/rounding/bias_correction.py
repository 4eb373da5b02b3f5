"""Bias correction: take the mean error that quantization causes out of each layer's bias."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq.graph import Graph
from tinyq.quantization.rounding.child import Inputs, Told, in_child
from tinyq.quantization.rounding.gather import gather
from tinyq.quantization.rounding.layers import (
    Layer,
    grouped,
    layers,
    real_bias,
    real_weights,
    with_bias,
)
from tinyq.quantization.rounding.progress import Progress, silent

_STAGE = "bias correction"
_POSITIONS = 16384

Array = NDArray[np.float64]


def empirical_bias_correction(
    float_graph: Graph,
    quantized: Graph,
    inputs: Inputs,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Graph:
    """Correct biases by what layers give on data (Nagel et al. 2019, arXiv 1906.04721, section 4.2 and appendix D).

    Layer by layer in execution order, so that each sees inputs from corrected layers, each output channel's bias is
    moved by the difference of the means, before the activation, of the float and the quantized layer.

    Args:
        float_graph: What was quantized.
        quantized: The result; tensors of ``float_graph`` kept their indices.
        inputs: For each input of the model real values ``[samples, ...]``.
        seed: Of the output positions that are sampled, where there are many.
        progress: Told the number of layers done.

    Raises:
        BadInputError: The interpreter died on the model.
    """
    return in_child(_correct, inputs, float_graph, quantized, seed, progress=progress)


def _correct(inputs: Inputs, float_graph: Graph, quantized: Graph, seed: int) -> Generator[Told, None, Graph]:
    todo = layers(float_graph, quantized)
    for number, layer in enumerate(todo):
        yield _STAGE, number, len(todo)
        op, groups = quantized.ops[layer.index], layer.window.groups
        rng = np.random.default_rng([seed, layer.index])
        seen = gather(float_graph, quantized, layer, inputs, _POSITIONS, rng)
        weights = grouped(real_weights(quantized, op), op, groups)
        # means commute with the sum of products
        mean = seen.patches.mean(axis=1, dtype=np.float64)[:, None, :]
        given = (mean @ weights.transpose(0, 2, 1)).reshape(-1) + real_bias(quantized, op)
        wanted = seen.targets.mean(axis=1, dtype=np.float64).reshape(-1)
        quantized = with_bias(quantized, layer, wanted - given)
    yield _STAGE, len(todo), len(todo)
    return quantized


def analytic_bias_correction(float_graph: Graph, quantized: Graph, means: Mapping[int, NDArray[Any]]) -> Graph:
    """Correct biases by the expected input of each layer (Nagel et al. 2019, arXiv 1906.04721, section 4.2.1).

    With an error e of the weights, a layer's output is off by e E[x] on average, whatever the data. Errors of the
    inputs are not seen, and zeros that pad the border are taken for inputs.

    Args:
        float_graph: What was quantized.
        quantized: The result; tensors of ``float_graph`` kept their indices.
        means: Expected value of each channel of activations of ``float_graph``, by tensor index, ``[channels]``: from
            statistics of data, or from batch normalizations. Layers whose input has none are left as they are.
    """
    for layer in layers(float_graph, quantized):
        source = float_graph.ops[layer.reference].inputs[0]
        channels = np.size(means[source]) if source in means else 0
        if channels and layer.window.channels % channels == 0:
            quantized = with_bias(quantized, layer, -_expected_error(float_graph, quantized, layer, means[source]))
    return quantized


def _expected_error(float_graph: Graph, quantized: Graph, layer: Layer, means: NDArray[Any]) -> Array:
    """How far each output is off on average, ``[outputs]``."""
    op, window = quantized.ops[layer.index], layer.window
    real = real_weights(float_graph, float_graph.ops[layer.reference])
    error = grouped(real_weights(quantized, op) - real, op, window.groups)
    # a dense layer may read a whole image, channels last
    channels = np.resize(np.asarray(means, np.float64), window.channels).reshape(window.groups, 1, -1)
    expected = np.tile(channels, window.kernel[0] * window.kernel[1])
    return np.asarray((error * expected).sum(axis=2).reshape(-1))
