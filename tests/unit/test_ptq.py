"""From a float graph and ranges to an integer graph."""

from __future__ import annotations

import numpy as np
import pytest

from tests.graphs.floats import Builder, classifier
from tinyq.errors import BadInputError, UnsupportedError
from tinyq.graph import DType, Graph, read_graph, write_graph
from tinyq.graph.options import NoOptions
from tinyq.quantization.affine import INT8, decode, encode
from tinyq.quantization.calibrators import calibrator
from tinyq.quantization.ptq import calibrate, plan, quantize
from tinyq.quantization.scheme import LayerScheme
from tinyq.quantization.statistics import observe


def data_for(graph: Graph, samples: int = 40, seed: int = 3) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    return tuple(
        rng.normal(0, 1, (samples, *graph.tensors[i].shape[1:])).astype(np.float32) for i in graph.inputs
    )  # fmt: skip


def run(tflite: bytes, inputs: list[np.ndarray]) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=tflite)
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).copy()


def quantized(
    graph: Graph, scheme: LayerScheme | None = None, name: str = "minmax", io: DType = DType.INT8
) -> tuple[Graph, tuple[np.ndarray, ...]]:
    inputs = data_for(graph)
    statistics = observe(write_graph(graph), graph, inputs)
    planned = plan(graph, scheme, io)
    return quantize(planned, calibrate(statistics, calibrator(name), planned)), inputs


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_the_integer_model_stays_close_to_the_float_model(seed: int, per_channel: bool) -> None:
    graph = classifier(seed)
    integer, inputs = quantized(graph, LayerScheme(per_channel=per_channel))
    tflite, float_tflite = write_graph(integer), write_graph(graph)
    x = integer.tensors[integer.inputs[0]]
    y = integer.tensors[integer.outputs[0]]
    assert x.dtype is DType.INT8
    assert y.dtype is DType.INT8
    for n in range(10):
        sample = inputs[0][n : n + 1]
        codes = run(tflite, [encode(sample, x.quantization, INT8, DType.INT8)])
        assert np.abs(decode(codes, y.quantization) - run(float_tflite, [sample])).max() < 0.06


def test_every_tensor_of_the_result_is_an_integer_and_survives_the_file() -> None:
    integer, _ = quantized(classifier())
    again = read_graph(write_graph(integer))
    assert not [t.name for t in again.tensors if t.dtype is DType.FLOAT32]
    for ours, read in zip(integer.tensors, again.tensors, strict=True):
        assert (ours.name, ours.shape, ours.dtype) == (read.name, read.shape, read.dtype)
        if ours.quantization is not None:
            assert np.array_equal(ours.quantization.scale, read.quantization.scale)
        if ours.data is not None:
            assert np.array_equal(ours.data, read.data)


def test_pool_and_reshape_share_their_inputs_scale() -> None:
    integer, _ = quantized(classifier())
    for op in integer.ops:
        if op.kind in ("MAX_POOL_2D", "RESHAPE"):
            a, b = integer.tensors[op.inputs[0]].quantization, integer.tensors[op.outputs[0]].quantization
            assert a.scalar == b.scalar


def test_a_sigmoid_is_requantized_before_it_joins_other_values() -> None:
    b = Builder()
    x = b.activation((1, 6))
    y = b.concat([b.logistic(b.dense(x, 3)), b.dense(x, 5)])
    graph = b.graph([x], [y])
    integer, inputs = quantized(graph)
    assert [op.kind for op in integer.ops].count("QUANTIZE") == 1
    sample = inputs[0][:1]
    x_q, y_q = (integer.tensors[i].quantization for i in (integer.inputs[0], integer.outputs[0]))
    codes = run(write_graph(integer), [encode(sample, x_q, INT8, DType.INT8)])
    assert np.abs(decode(codes, y_q) - run(write_graph(graph), [sample])).max() < 3 * y_q.scalar[0]


def test_two_layers_may_share_weights_and_bias() -> None:
    b = Builder()
    x = b.activation((1, 4))
    first = b.dense(x, 4)
    shared = b.ops[-1].inputs
    second = b.op("FULLY_CONNECTED", [first, *shared[1:]], (1, 4), b.ops[-1].options)
    integer, _ = quantized(b.graph([x], [second]))
    for op in integer.ops:
        s_in, _ = integer.tensors[op.inputs[0]].quantization.scalar
        weights, bias = (integer.tensors[t].quantization for t in op.inputs[1:3])
        assert bias.scale == pytest.approx(s_in * weights.scale)


def test_a_channel_without_weights_keeps_its_bias() -> None:
    graph = classifier()
    conv = graph.ops[0]
    weights = graph.tensors[conv.inputs[1]]
    bias = graph.tensors[conv.inputs[2]]
    w, b = weights.data.copy(), bias.data.copy()
    w[2], b[2] = 0.0, 7.5
    w[3], b[3] = 0.0, 0.0
    from dataclasses import replace

    graph = graph.replace_tensors({conv.inputs[1]: replace(weights, data=w), conv.inputs[2]: replace(bias, data=b)})
    integer, _ = quantized(graph)
    new_bias = integer.tensors[conv.inputs[2]]
    assert decode(new_bias.data, new_bias.quantization)[2] == pytest.approx(7.5, rel=1e-6)
    assert np.all(integer.tensors[conv.inputs[1]].quantization.scale > 0)


def test_an_operator_without_an_integer_form_is_named() -> None:
    b = Builder()
    x = b.activation((1, 4))
    graph = b.graph([x], [b.op("CONV_3D", [x], (1, 4), NoOptions(), name="model/wave/Conv3D")])
    with pytest.raises(UnsupportedError, match=r"CONV_3D.*wave"):
        plan(graph)


def test_nan_in_an_activation_names_the_layer_and_the_sample() -> None:
    b = Builder()
    x = b.activation((1, 4), "in")
    y = b.op("LOG", [x], (1, 4), NoOptions(), name="model/logarithm/Log")
    graph = b.graph([x], [y])
    data = np.ones((3, 4), np.float32)
    data[1, 2] = -1.0
    with pytest.raises(BadInputError, match=r"logarithm.*sample 1"):
        observe(write_graph(graph), graph, (data,))


def test_no_samples_is_an_error() -> None:
    graph = classifier()
    with pytest.raises(BadInputError, match="no samples"):
        observe(write_graph(graph), graph, (np.zeros((0, 8, 8, 1), np.float32),))


def test_minmax_codes_equal_those_of_the_ai_edge_quantizer() -> None:
    """An independent quantizer, given the same ranges, must come to the same codes and scales."""
    quantizer = pytest.importorskip("ai_edge_quantizer.quantizer", reason="ai-edge-quantizer is not installed")
    from ai_edge_quantizer import qtyping

    graph = classifier(5)
    planned = plan(graph)
    ranges = calibrate(observe(write_graph(graph), graph, data_for(graph)), calibrator("minmax"), planned)
    ours = {t.name: t for t in quantize(planned, ranges).tensors}
    theirs_quantizer = quantizer.Quantizer(bytearray(write_graph(graph)))
    theirs_quantizer.add_static_config(".*", qtyping.TFLOperationName.ALL_SUPPORTED, 8, 8)
    by_name = {graph.tensors[i].name: {"min": np.array([r.low]), "max": np.array([r.high])} for i, r in ranges.items()}
    theirs = read_graph(bytes(theirs_quantizer.quantize(by_name).quantized_model))
    compared = 0
    for tensor in theirs.tensors:
        if tensor.quantization is None or tensor.name not in ours:
            continue
        mine = ours[tensor.name]
        assert mine.quantization.scale == pytest.approx(tensor.quantization.scale, rel=1e-6)
        assert np.array_equal(mine.quantization.zero_point, tensor.quantization.zero_point)
        if tensor.data is not None:
            assert np.array_equal(mine.data, tensor.data)
        compared += 1
    assert compared >= 10


def test_symmetric_activations_have_no_zero_points_but_where_a_kernel_fixes_them() -> None:
    graph = classifier()
    integer, inputs = quantized(graph, LayerScheme(symmetric=True))
    points = {t: int(integer.tensors[t].quantization.zero_point[0]) for op in integer.ops for t in op.outputs}
    softmax = {op.outputs[0] for op in integer.ops if op.kind == "SOFTMAX"}
    assert softmax
    assert all(point == (-128 if t in softmax else 0) for t, point in points.items())
    assert integer.tensors[integer.inputs[0]].quantization.zero_point[0] == 0
    x, y = integer.tensors[integer.inputs[0]], integer.tensors[integer.outputs[0]]
    codes = run(write_graph(integer), [encode(inputs[0][:1], x.quantization, INT8, DType.INT8)])
    assert np.abs(decode(codes, y.quantization) - run(write_graph(graph), [inputs[0][:1]])).max() < 0.06


def test_one_symmetric_layer_asks_it_of_what_it_reads_and_writes() -> None:
    graph = classifier()
    chosen = next(i for i, op in enumerate(graph.ops) if op.kind == "DEPTHWISE_CONV_2D")
    schemes = [LayerScheme(symmetric=i == chosen) for i in range(len(graph.ops))]
    inputs = data_for(graph)
    planned = plan(graph, schemes, DType.INT8)
    ranges = calibrate(observe(write_graph(graph), graph, inputs), calibrator("minmax"), planned)
    integer = quantize(planned, ranges)
    op = integer.ops[chosen]
    assert [int(integer.tensors[t].quantization.zero_point[0]) for t in (op.inputs[0], op.outputs[0])] == [0, 0]
    assert integer.tensors[integer.outputs[0]].quantization.zero_point[0] == -128
