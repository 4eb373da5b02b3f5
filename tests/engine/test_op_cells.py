"""Every operator and type of the engine, end to end: generated programs give what TFLM gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.engine.harness import Case, Codes, run_engine, run_tflm
from tests.engine.op_cells import GROUPS, I8
from tests.graphs import moves
from tests.graphs.merged import merged
from tinyq.graph import Graph
from tinyq.graph.options import NoOptions

_TOGETHER = 30  # models in one, which compile in the time of two


@pytest.mark.parametrize("name", GROUPS)
def test_cells_give_what_tflm_gives(name: str) -> None:
    owned = [(cell, case) for cell in GROUPS[name] for case in cell.cases()]
    cases = [case for _, case in owned]
    for (cell, case), ours, theirs in zip(owned, _engine_outputs(cases), run_tflm(cases), strict=True):
        for mine_of, expected in zip(ours, theirs, strict=True):
            for mine, reference in zip(mine_of, expected, strict=True):
                cell.assert_close(mine, reference, f"{cell.kind} of {cell.type}: {case.graph.ops}")


def _engine_outputs(cases: Sequence[Case]) -> list[list[Codes]]:
    """Outputs of each sample of each case, of which many are one program."""
    kinds: dict[tuple[int, bool], list[int]] = {}
    for i, case in enumerate(cases):
        kinds.setdefault((len(case.samples), case.graph.keeps_state), []).append(i)
    parts = [k[i : i + _TOGETHER] for k in kinds.values() for i in range(0, len(k), _TOGETHER)]
    whole = [_merged([cases[i] for i in part]) for part in parts]
    found: dict[int, list[Codes]] = {i: [] for i in range(len(cases))}
    for part, runs in zip(parts, run_engine(whole), strict=True):
        for run in runs:
            outputs = iter(run.outputs)
            for i in part:
                found[i].append([next(outputs) for _ in cases[i].graph.outputs])
    return [found[i] for i in range(len(cases))]


def _merged(cases: Sequence[Case]) -> Case:
    samples = zip(*(case.samples for case in cases), strict=True)
    return Case(merged([case.graph for case in cases]), [[x for sample in step for x in sample] for step in samples])


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
