"""Models that keep something between inferences: each sample starts anew, and may be a sequence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.graphs import recurrent
from tinyq.data import load_data
from tinyq.errors import BadInputError
from tinyq.evaluation import run_tflm
from tinyq.evaluation.host_engine import run_chunks
from tinyq.graph import DType, Graph, write_graph


def _variables(rng: np.random.Generator) -> Graph:
    return recurrent.variables(rng, DType.INT8, True)


MAKERS = [recurrent.streaming_keywords, _variables]


@pytest.mark.parametrize("make", MAKERS)
def test_sequences_are_the_same_for_tflm_and_the_engine(make: Callable[[np.random.Generator], Graph]) -> None:
    graph = make(np.random.default_rng(4))
    shape = graph.tensors[graph.inputs[0]].shape[1:]
    codes = np.random.default_rng(5).integers(-128, 128, (3, 6, *shape), np.int8)
    content = write_graph(graph)
    theirs = run_tflm(content, [codes])
    (ours,) = run_chunks(iter([(codes,)]), content)
    for mine, reference in zip(ours, theirs, strict=True):
        assert reference.shape[:2] == (3, 6)
        np.testing.assert_array_equal(mine, reference)
    for start in run_tflm(content, [codes[:, 0]]), next(run_chunks(iter([(codes[:, 0],)]), content)):
        for single, sequence in zip(start, theirs, strict=True):
            np.testing.assert_array_equal(single, sequence[:, 0])


def test_only_models_that_keep_something_take_sequences(tmp_path: Path) -> None:
    graph = recurrent.streaming_keywords(np.random.default_rng(4))
    np.save(tmp_path / "x.npy", np.zeros((3, 6, 10), np.int8))
    assert load_data(str(tmp_path / "x.npy"), graph).inputs[0].shape == (3, 6, 10)
    forgetful = Graph(graph.tensors[:1], graph.ops[-1:], graph.inputs, graph.inputs)
    with pytest.raises(BadInputError, match="6x10"):
        load_data(str(tmp_path / "x.npy"), forgetful)
