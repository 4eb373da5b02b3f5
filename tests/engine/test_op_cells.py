"""Every operator and type of the engine, end to end: generated programs give what TFLM gives."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.harness import Case, run_engine, run_tflm
from tests.engine.op_cells import GROUPS, I8
from tests.graphs import moves
from tinyq.graph import Graph
from tinyq.graph.options import NoOptions


@pytest.mark.parametrize("name", GROUPS)
def test_cells_give_what_tflm_gives(name: str) -> None:
    owned = [(cell, case) for cell in GROUPS[name] for case in cell.cases()]
    cases = [case for _, case in owned]
    for (cell, case), ours, theirs in zip(owned, run_engine(cases), run_tflm(cases), strict=True):
        for run, expected in zip(ours, theirs, strict=True):
            for mine, reference in zip(run.outputs, expected, strict=True):
                cell.assert_close(mine, reference, f"{cell.kind} of {cell.type}: {case.graph.ops}")


def test_padding_of_space_to_batch_is_the_zero_point() -> None:
    """TFLM's kernel leaves it to what its memory happens to hold."""
    b = moves.MoveBuilder(np.random.default_rng(1), I8)
    graph: Graph = b.one(
        "SPACE_TO_BATCH_ND", b.some((1, 3, 1)), [[2], [[2, 3]]], (2, 4, 1), NoOptions()
    )  # fmt: skip
    assert b.quantization is not None
    zero = b.quantization.scalar[1]
    outputs = run_engine([Case(graph, [[np.array([[[1], [2], [3]]], np.int8)]])])[0][0].outputs
    assert outputs[0].reshape(2, 4).tolist() == [[zero, 1, 3, zero], [zero, 2, zero, zero]]
