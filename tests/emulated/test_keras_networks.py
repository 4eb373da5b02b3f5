"""Networks that Keras made, quantized here and run on an emulated Cortex-M4, all in one program."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.emulated.conftest import write_project
from tests.graphs.keras_networks import float_networks
from tests.graphs.merged import merged
from tinyq.api import convert
from tinyq.api import test as tested
from tinyq.data import to_codes, to_values
from tinyq.data.shapes import sample_shape
from tinyq.emulation.run import run_samples
from tinyq.evaluation import run_float, run_tflm
from tinyq.firmware.build import build_project
from tinyq.graph import Graph, read_graph, write_graph
from tinyq.hardware.boards import load_board
from tinyq.quantization.calibrators import calibrators
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.statistics import observe

pytestmark = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="the keras extra is missing")
M4 = "mps2-an386"
STEPS = 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keras")


@pytest.fixture(scope="module")
def networks(folder: Path) -> dict[str, Graph]:
    return {name: read_graph(content) for name, content in float_networks(folder).items()}


def _inputs(graph: Graph, count: int, seed: int) -> NDArray[np.float32]:
    """Samples for a network with one input; of one that keeps states sequences."""
    shape = sample_shape(graph.tensors[graph.inputs[0]])
    steps = (STEPS,) if graph.keeps_state else ()
    return np.random.default_rng(seed).normal(0, 1, (count, *steps, *shape)).astype(np.float32)


def _quantized(graph: Graph) -> Graph:
    planned = plan(graph)
    seen = observe(write_graph(graph), graph, (_inputs(graph, 8, 0),))
    return quantize(planned, calibrate(seen, calibrators()["minmax"], planned))


def test_networks_give_what_tflm_gives_for_50_inferences(networks: dict[str, Graph], tmp_path: Path) -> None:
    """Those that keep a state see one sequence, the others 50 samples; and all stay near what Keras computes."""
    graphs = {name: _quantized(graph) for name, graph in networks.items()}
    codes = {
        name: to_codes(_inputs(g, 1 if g.keeps_state else STEPS, 1), g.tensors[g.inputs[0]])
        for name, g in graphs.items()
    }
    expected = {name: run_tflm(write_graph(g), [codes[name]]) for name, g in graphs.items()}
    for name, graph in graphs.items():
        values = to_values(codes[name], graph.tensors[graph.inputs[0]])
        (wanted,) = run_float(write_graph(networks[name]), [values])
        got = to_values(expected[name][0], graph.tensors[graph.outputs[0]])
        assert np.corrcoef(got.reshape(-1), wanted.reshape(-1))[0, 1] > 0.9, name
    board = load_board(M4)
    firmware = build_project(write_project(tmp_path / "firmware", M4, merged(list(graphs.values()))), board=board)
    (inference,) = run_samples(firmware.elf, board, [tuple(x.tobytes() for x in codes.values())]).inferences
    for (name, outputs), mine in zip(expected.items(), inference.outputs, strict=True):
        assert mine == outputs[0].tobytes(), name


@pytest.mark.parametrize("name", ["streaming keywords"])
def test_recurrent_models_go_the_whole_way(networks: dict[str, Graph], folder: Path, name: str, tmp_path: Path) -> None:
    data = tmp_path / "data.npy"
    np.save(data, _inputs(networks[name], 6, 2))
    convert(folder / f"{name}.keras", board=M4, out=tmp_path / "out", data=str(data))
    report = tested(tmp_path / "out")
    assert report.bit_exact.equal == report.bit_exact.total == 3
