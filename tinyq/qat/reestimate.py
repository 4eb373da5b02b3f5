"""Batch normalizations of a trained model, estimated anew.

They were folded into the layers before training, so their statistics are those of the float model. Rounding and
training shift what the layers give; as estimating the statistics anew would (Nagel et al. 2022, arXiv 2203.11086,
section 4.1), this brings the mean and standard deviation of each channel back to what the normalization gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyq import isolation
from tinyq.frontend.extra import ENVIRONMENT
from tinyq.graph import Graph
from tinyq.graph.batch_norm import BatchNorm
from tinyq.qat.plan import Parameters, Plan, bias_of, trained
from tinyq.quantization.op_rules import has_weights

_SAMPLES = 200
_LEAST = 1e-4


def reestimate(
    plan: Plan, parameters: Parameters, batch_norms: Sequence[BatchNorm], inputs: Sequence[NDArray[Any]]
) -> tuple[Parameters, str]:
    """Parameters whose layers give what their batch normalizations gave.

    Args:
        plan: The model.
        parameters: Trained.
        batch_norms: What the float model remembers, by tensor index of the same graph.
        inputs: For each input of the model real values ``[samples, ...]``.

    Returns:
        The parameters, and a sentence for the user on what was done.
    """
    graph = plan.source
    targets = {}
    for op in graph.ops:
        norm = next((n for n in batch_norms if n.tensor == op.outputs[0]), None)
        if norm is None or not has_weights(op) or bias_of(op) < 0:
            continue
        if norm.beta.size == parameters.layers[op.inputs[1]].weights.shape[0 if op.kind != "DEPTHWISE_CONV_2D" else 3]:
            targets[op.outputs[0]] = norm
    if not targets:
        return parameters, "The model has no batch normalizations that could be estimated anew."
    few = tuple(np.asarray(x[:_SAMPLES], np.float32) for x in inputs)
    for op in graph.ops:  # front to back, as each changes what the next ones see
        norm = targets.get(op.outputs[0])
        if norm is None:
            continue
        rounded = trained(plan, _rounded(plan, parameters))
        mean, std = isolation.call(_moments, rounded, op.outputs[0], few, memory_bytes=None, env=ENVIRONMENT)
        layer = parameters.layers[op.inputs[1]]
        factor = np.where((std > _LEAST) & (norm.output_std > _LEAST), norm.output_std / np.maximum(std, _LEAST), 1.0)
        assert layer.bias is not None  # noqa: S101 - bias_of
        shape = [1] * layer.weights.ndim
        shape[0 if op.kind != "DEPTHWISE_CONV_2D" else 3] = -1
        scales = layer.scales * factor if layer.scales.size > 1 else layer.scales
        changed = replace(
            layer,
            weights=(layer.weights * factor.reshape(shape)).astype(np.float32),
            bias=((layer.bias - mean) * factor + norm.output_mean).astype(np.float32),
            scales=np.asarray(scales, np.float32),
        )
        parameters = replace(parameters, layers={**parameters.layers, op.inputs[1]: changed})
    return parameters, f"Batch normalizations that were estimated anew after training: {len(targets)}."


def _rounded(plan: Plan, parameters: Parameters) -> Parameters:
    """Weights as their codes hold them."""
    layers = dict(parameters.layers)
    for op in plan.source.ops:
        if has_weights(op) and op.inputs[1] in plan.weight_grids:
            layer, grid = layers[op.inputs[1]], plan.weight_grids[op.inputs[1]]
            shape = [1] * layer.weights.ndim
            shape[0 if op.kind != "DEPTHWISE_CONV_2D" else 3] = -1
            scales = layer.scales.reshape(shape if layer.scales.size > 1 else [1] * layer.weights.ndim)
            codes = np.clip(np.rint(layer.weights / scales), grid.low, grid.high)
            layers[op.inputs[1]] = replace(layer, weights=np.asarray(codes * scales, np.float32))
    return replace(parameters, layers=layers)


def _moments(
    graph: Graph, tensor: int, inputs: tuple[NDArray[np.float32], ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each channel before the activation; runs in a child process."""
    import tensorflow as tf

    from tinyq.frontend import differentiable

    given = {t: tf.constant(x) for t, x in zip(graph.inputs, inputs, strict=True)}
    values = differentiable.run(graph, given)[1][tensor].numpy()
    rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
    return rows.mean(axis=0), rows.std(axis=0)
