"""Codes by one multiplication are those that two roundings make."""

from __future__ import annotations

import numpy as np
import pytest

from tests import graphs
from tinyq.codegen import paired, weights
from tinyq.codegen.arithmetic import scale_code
from tinyq.codegen.kernel import Node
from tinyq.codegen.ops import conv
from tinyq.codegen.ops.conv_paired_s8 import rows_of
from tinyq.codegen.scale_once import ScaleOnce, scale_once
from tinyq.graph import Graph

_SAMPLES = 300


def _found(graph: Graph, rounded: bool = False) -> tuple[Node, ScaleOnce] | None:
    node = Node(graph, 0)
    rows = rows_of(node)
    scaled = scale_once(
        node, conv.options_of(node).activation, rows, paired.bias_of(node, rows), (0, 255), rounded=rounded
    )
    return None if scaled is None else (node, scaled)


def _code(total: int, addend: int, multiplier: int, rounded: bool) -> int:
    shifted = (total << 8) + addend
    assert -(2**31) <= shifted < 2**31
    return min(max(shifted * multiplier + (rounded << 41) >> 42, -128), 127)


def _expected(total: int, bias: int, multiplier: int, shift: int) -> int:
    return min(max(scale_code(total + bias, multiplier, shift) - 128, -128), 127)


def _totals(low: int, high: int, bias: int, multiplier: int, shift: int) -> list[int]:
    """Sums on both sides of every step, found by halving, and some between."""
    found = {low, high, *np.random.default_rng(0).integers(low, high + 1, _SAMPLES).tolist()}
    for code in range(-127, 128):
        below, above = low, high + 1
        while above - below > 1:
            middle = (below + above) // 2
            reached = _expected(middle, bias, multiplier, shift) >= code
            below, above = (below, middle) if reached else (middle, above)
        found |= {below, min(above, high)}
    return sorted(found)


@pytest.mark.parametrize("rounded", [False, True])
def test_every_step_of_every_channel(rounded: bool) -> None:
    usable = [found for graph in graphs.many(graphs.conv_2d, 200, 5) if (found := _found(graph, rounded)) is not None]
    assert len(usable) > 20
    for node, scaled in usable[:30]:
        original = rows_of(node)
        bias, scaling = paired.bias_of(node, original), weights.requantization(node)
        multipliers, shifts = (np.resize(a, bias.size) for a in (scaling.multipliers, scaling.shifts))
        for i, row in enumerate(original.astype(np.int64)):
            low, high = int(255 * row[row < 0].sum()), int(255 * row[row > 0].sum())
            fixed = (int(bias[i]), int(multipliers[i]), int(shifts[i]))
            for total in _totals(low, high, *fixed):
                # a channel of one code has lost its weights
                left = total if scaled.rows[i].any() else 0
                assert _code(left, int(scaled.scales[i, 0]), int(scaled.scales[i, 1]), rounded) == _expected(
                    total, *fixed
                )


@pytest.mark.parametrize("seed", range(5))
def test_only_outputs_that_begin_at_their_zero_point(seed: int) -> None:
    for graph in graphs.many(graphs.conv_2d, 20, seed):
        quantization = graph.tensors[graph.outputs[0]].quantization
        assert quantization is not None
        if quantization.scalar[1] != -128:
            assert _found(graph) is None
