"""Ranges of activations without data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tinyq.graph import DType, Graph, Tensor
from tinyq.graph.batch_norm import BatchNorm
from tinyq.quantization.affine import Range
from tinyq.quantization.boundaries import Typed
from tinyq.quantization.calibrators import DEFAULT, Calibrator, calibrator
from tinyq.quantization.data_free_moments import Moments, propagate
from tinyq.quantization.ptq import calibrate
from tinyq.quantization.statistics import Statistics

ALPHA = 6.0
"""Standard deviations that a range reaches from the mean, as in Nagel et al. 2019 (arXiv 1906.04721), section 5."""


_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def data_free_ranges(
    planned: Typed,
    statistics: Statistics,
    *,
    choose: Calibrator | None = None,
    batch_norms: Sequence[BatchNorm] = (),
    inputs: Mapping[int, Range] | None = None,
    alpha: float = ALPHA,
) -> dict[int, Range]:
    """Ranges from made-up samples, from what is known of the inputs and, if wanted, from batch normalizations.

    A calibrator does as well on made-up samples as the ranges that batch normalizations give, which are for samples
    that fit badly. The range of an input, where it is known, is worth more than either.

    Args:
        planned: The float graph with the types of its tensors.
        statistics: What :func:`tinyq.quantization.statistics.observe` sees on made-up samples.
        choose: Calibrator; the default one if None.
        batch_norms: Normalizations whose outputs get :func:`batch_norm_ranges` instead. They must hold for
            ``planned.graph``; see :func:`surviving`.
        inputs: Ranges of inputs that are known, by tensor index.
        alpha: Standard deviations that a range of a normalization reaches from the mean.

    Returns:
        A range for every tensor that becomes an integer.
    """
    found = calibrate(statistics, choose or calibrator(DEFAULT), planned)
    remembered = {n.tensor for n in batch_norms}
    moments = propagate(planned.graph, batch_norms, {}, alpha)
    known = {t: m.range for t, m in moments.items() if t in remembered} | dict(inputs or {})
    return {t: known.get(planned.copies.get(t, t), range_) for t, range_ in found.items()}


def batch_norm_ranges(
    graph: Graph, batch_norms: Sequence[BatchNorm], inputs: Mapping[int, Range], alpha: float = ALPHA
) -> dict[int, Range]:
    """Ranges from batch normalizations alone, without samples and without running anything.

    A normalized tensor reaches from the least ``beta - alpha |gamma|`` of its channels to the greatest
    ``beta + alpha |gamma|``, through the activation behind it (Nagel et al. 2019, arXiv 1906.04721, section 5). The
    moments of other tensors follow from those before them, as if channels were independent.

    Args:
        graph: A float graph.
        batch_norms: Normalizations that hold for it.
        inputs: Range of each input that is known, by tensor index; nothing else tells them.
        alpha: Standard deviations that a range reaches from the mean.

    Returns:
        Tensor index -> range; tensors that nothing is known of are missing.
    """
    given = {t: Moments.uniform(r, _channels(graph, t)) for t, r in inputs.items()}
    return {t: m.range for t, m in propagate(graph, batch_norms, given, alpha).items()}


def surviving(batch_norms: Sequence[BatchNorm], before: Graph, after: Graph) -> tuple[BatchNorm, ...]:
    """Normalizations that a transform of the graph left as they were.

    A transform that scales or shifts the output of a layer, as equalization does, changes the layer's bias; one that
    only undoes such a change at the layer's input does not.

    Args:
        batch_norms: Normalizations of ``before``.
        before, after: The graph before and after; tensors have the same indices.
    """
    return tuple(n for n in batch_norms if _unchanged(before, after, n.tensor))


def _unchanged(before: Graph, after: Graph, tensor: int) -> bool:
    if tensor not in before.producers or tensor not in after.producers:
        return False
    old, new = before.ops[before.producers[tensor]], after.ops[after.producers[tensor]]
    if (old.kind, old.inputs, old.options) != (new.kind, new.inputs, new.options):
        return False
    added = old.input(2) if old.kind in _WEIGHTED else -1
    constants = (t for t in old.inputs if t >= 0 and before.tensors[t].is_constant)
    same = {t: _equal(before.tensors[t], after.tensors[t]) for t in constants}
    # a bias of zeros stays the same whatever it is multiplied by; then the weights must tell
    telling = added in same and np.any(before.tensors[added].data)
    return same[added] if telling else all(same.values())


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.data is not None and b.data is not None and np.array_equal(a.data, b.data)


def _channels(graph: Graph, tensor: int) -> int:
    shape = graph.tensors[tensor].shape
    return shape[-1] if shape and graph.tensors[tensor].dtype is DType.FLOAT32 else 1
