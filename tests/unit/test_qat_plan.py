"""What training starts from and ends in, without TensorFlow."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.graphs.floats import classifier
from tests.unit.qat_models import planned, samples
from tinyq.data import to_codes
from tinyq.errors import BadInputError, UnsupportedError
from tinyq.evaluation import run_float, run_tflm
from tinyq.frontend import load_model
from tinyq.graph import DType, total_macs, write_graph
from tinyq.qat import checkpoint, compress
from tinyq.qat.channels import remove_channels
from tinyq.qat.plan import Layer, initial, integer, plan, separate, trained
from tinyq.qat.train import State
from tinyq.quantization.pipeline import Choices, prepared, run
from tinyq.quantization.recipe import Recipe, resolve


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("per_channel", [True, False])
def test_training_starts_from_the_quantized_model(bits: int, per_channel: bool) -> None:
    made = planned(bits, per_channel=per_channel)
    assert write_graph(integer(made, initial(made))) == write_graph(made.reference)


def test_training_starts_from_adaptive_rounding_and_bias_correction() -> None:
    made = planned(4, judged=True)
    plain = planned(4)
    assert write_graph(made.reference) != write_graph(plain.reference)
    assert write_graph(integer(made, initial(made))) == write_graph(made.reference)


def test_int16_activations_start_from_the_quantized_model() -> None:
    made = planned(8, activations="int16")
    assert write_graph(integer(made, initial(made))) == write_graph(made.reference)


@pytest.mark.parametrize(("bits", "low", "high"), [(3, -4, 3), (2, -2, 1)])
def test_narrow_codes_live_in_int4(bits: int, low: int, high: int) -> None:
    made = planned(bits)
    graph = integer(made, initial(made))
    held = [t for t in graph.tensors if t.dtype is DType.INT4 and t.data is not None]
    assert held
    for tensor in held:
        assert tensor.data is not None
        assert low <= tensor.data.min() < tensor.data.max() <= high
    x = samples(graph)
    outputs = run_tflm(write_graph(graph), (to_codes(x, graph.tensors[graph.inputs[0]]),))
    assert len(outputs[0]) == len(x)


def test_learned_values_reach_the_integer_model() -> None:
    made = planned(8)
    start = initial(made)
    index = next(iter(made.weight_grids))
    layer = start.layers[index]
    assert layer.bias is not None
    changed = Layer(layer.weights * 0.5, layer.bias + 1.0, layer.scales * 0.25)
    tied = next(t for t in made.tied if not t.fixed)
    moved = dict.fromkeys(tied.members, (0.125, 3))
    parameters = replace(start, layers={**start.layers, index: changed}, activations={**start.activations, **moved})
    graph = integer(made, parameters)
    op = next(o for o in graph.ops if o.inputs[1:2] == (index,))
    weights, bias = graph.tensors[op.inputs[1]], graph.tensors[op.inputs[2]]
    assert weights.quantization is not None and bias.quantization is not None and bias.data is not None
    np.testing.assert_array_equal(weights.quantization.scale, changed.scales)
    assert weights.data is not None
    np.testing.assert_array_equal(weights.data, np.clip(np.rint(changed.weights / _over(changed)), -127, 127))
    np.testing.assert_allclose(
        bias.data * bias.quantization.scale, changed.bias, atol=float(bias.quantization.scale.max())
    )
    held = graph.tensors[tied.members[0]].quantization
    assert held is not None and held.scalar == (0.125, 3)


def _over(layer: Layer) -> NDArray[np.float32]:
    shape = [1] * layer.weights.ndim
    shape[0 if layer.weights.shape[0] == layer.scales.size else 3] = -1
    return layer.scales.reshape(shape)


def test_a_bias_beyond_the_accumulator_widens_its_scale() -> None:
    made = planned(8)
    start = initial(made)
    index, layer = next(iter(start.layers.items()))
    assert layer.bias is not None
    tiny = Layer(layer.weights * 0, layer.bias + 100, np.full_like(layer.scales, 1e-12))
    graph = integer(made, replace(start, layers={**start.layers, index: tiny}))
    op = next(o for o in graph.ops if o.inputs[1:2] == (index,))
    bias = graph.tensors[op.inputs[2]]
    assert bias.data is not None and bias.quantization is not None
    assert np.abs(bias.data).max() <= 1 << 30
    np.testing.assert_allclose(bias.data * bias.quantization.scale, layer.bias + 100, rtol=1e-5)


def test_the_float_model_gets_the_trained_weights() -> None:
    made = planned(8)
    start = initial(made)
    layers = {i: replace(layer, weights=layer.weights + 1) for i, layer in start.layers.items()}
    graph = trained(made, replace(start, layers=layers))
    for index, layer in layers.items():
        np.testing.assert_array_equal(graph.tensors[index].data, layer.weights)
    assert len(graph.ops) == len(made.source.ops)


def test_scales_in_powers_of_two_are_refused() -> None:
    graph = classifier()
    choices = Choices(transforms=(), refinements=())
    done = run(graph, (samples(graph),), resolve(Recipe(scheme="power-of-two"), graph), choices, None)
    with pytest.raises(BadInputError, match="powers of two"):
        plan(done.float_graph, done.planned, done.graph)


def test_an_operator_without_gradient_is_named() -> None:
    made = planned(8)
    ops = tuple(replace(o, kind="TRANSPOSE_CONV") if o.kind == "CONV_2D" else o for o in made.planned.graph.ops)
    with pytest.raises(UnsupportedError, match="TRANSPOSE_CONV"):
        plan(made.source, replace(made.planned, graph=replace(made.planned.graph, ops=ops)), made.reference)


def test_shared_weights_of_unlike_layers_are_parted() -> None:
    graph = classifier()
    weighted = [i for i, o in enumerate(graph.ops) if o.kind == "CONV_2D"]
    assert separate(graph) == graph
    twin = replace(
        graph.ops[weighted[0]], inputs=(graph.ops[weighted[0]].inputs[0], *graph.ops[weighted[0]].inputs[1:])
    )
    other = replace(twin.options, stride_h=2, stride_w=2)  # type: ignore[call-arg]
    shared = replace(graph, ops=(*graph.ops, replace(twin, options=other)))
    parted = separate(shared)
    assert parted.ops[-1].inputs[1] != parted.ops[weighted[0]].inputs[1]
    np.testing.assert_array_equal(parted.tensors[parted.ops[-1].inputs[1]].data, graph.tensors[twin.inputs[1]].data)


def test_channels_that_repeat_others_go_without_loss() -> None:
    graph = classifier()
    first = next(o for o in graph.ops if o.kind == "CONV_2D")
    tensors = list(graph.tensors)
    for position in (1, 2):
        held = tensors[first.inputs[position]]
        assert held.data is not None
        half = held.shape[0] // 2
        data = np.concatenate([held.data[:half], held.data[:half]])
        tensors[first.inputs[position]] = replace(held, data=data)
    twins = replace(graph, tensors=tuple(tensors))
    x = samples(twins, 64)
    small = remove_channels(twins, 0.25, (x,))
    assert total_macs(small) < total_macs(twins)
    assert small.tensors[small.outputs[0]].shape == twins.tensors[twins.outputs[0]].shape
    out = next(o for o in small.ops if o.kind == "CONV_2D").outputs[0]
    assert small.tensors[out].shape[-1] == twins.tensors[out].shape[-1] - twins.tensors[out].shape[-1] // 4
    before, after = (run_float(write_graph(g), (x,))[0] for g in (twins, small))
    assert np.abs(before - after).max() < 0.2


def test_nothing_to_remove_is_said() -> None:
    graph = classifier()
    with pytest.raises(BadInputError, match="lose channels"):
        remove_channels(graph, 0.01, (samples(graph),))


@pytest.mark.parametrize(
    ("sparsity", "channels", "clusters"),
    [("1.5", None, None), ("2:3", None, None), (None, 0.0, None), (None, 1.0, None), (None, None, 2)],
)
def test_impossible_compressions_are_refused(
    sparsity: str | None, channels: float | None, clusters: int | None
) -> None:
    with pytest.raises(BadInputError):
        compress.check(sparsity, channels, clusters)


def test_structure_is_read_from_weights() -> None:
    made = planned(8)
    start = initial(made)
    index, layer = next(iter(start.layers.items()))
    few = Layer(
        np.where(np.arange(layer.weights.size) % 3 == 0, 0, 0.5).reshape(layer.weights.shape).astype(np.float32),
        layer.bias,
        layer.scales,
    )
    found = compress.structure_of(replace(start, layers={**start.layers, index: few}), True, 4)
    assert found.masked == {index}
    assert list(found.clusters) == [index]
    assert found.clusters[index].max() == 1


def test_a_checkpoint_reads_back(tmp_path: Path) -> None:
    state = State(3, (np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, np.int64)))
    held = checkpoint.Checkpoint("abc", 1, b"tflite", state, ({"epoch": 1},))
    path = tmp_path / "x"
    path.write_bytes(checkpoint.pack(held))
    found = checkpoint.unpack(path)
    assert (found.fingerprint, found.stage, found.graph, found.history) == ("abc", 1, b"tflite", ({"epoch": 1},))
    assert found.state.epoch == 3
    for a, b in zip(found.state.variables, state.variables, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BadInputError, match="damaged"):
        checkpoint.unpack(path)


@pytest.mark.parametrize(
    ("name", "layers"),
    [("kws/kws_ref_model", 10), ("ic/pretrainedResnet.h5", 10), ("vww/vww_96.h5", 28), ("ad/ad01.h5", 10)],
)
def test_reference_models_start_from_the_quantized_model(name: str, layers: int) -> None:
    folder = os.environ.get("TINYQ_MLPERF_TINY")
    if not folder:
        pytest.skip("TINYQ_MLPERF_TINY does not name a folder with the MLPerf Tiny models")
    if importlib.util.find_spec("tf_keras") is None:
        pytest.skip("the extra 'keras' is not installed")
    graph = separate(prepared(load_model(Path(folder) / name).graph))
    choices = Choices(transforms=(), refinements=())
    done = run(graph, (samples(graph, 4),), resolve(Recipe(), graph), choices, None)
    made = plan(done.float_graph, done.planned, done.graph)
    weighted = [o for o in graph.ops if o.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")]
    assert len(made.weight_grids) == len(weighted) == layers
    assert write_graph(integer(made, initial(made))) == write_graph(made.reference)
